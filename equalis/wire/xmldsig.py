"""XML signatures verified with xmlsec (XML Signature 1.1, exclusive C14N 1.0).

The key is always given by the caller: KeyInfo is never trusted. A signature made with weaker
algorithms than the profile asks is still verified, and the report names them, so that a judge can
say "signed with SHA-1" instead of "invalid".
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final, cast

import xmlsec
from lxml import etree
from xmlsec import constants

DS: Final = "http://www.w3.org/2000/09/xmldsig#"
EXCLUSIVE: Final = "http://www.w3.org/2001/10/xml-exc-c14n#"
_OASIS: Final = "http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss-"
WSSE: Final = _OASIS + "wssecurity-secext-1.0.xsd"
WSU: Final = _OASIS + "wssecurity-utility-1.0.xsd"
XML: Final = "http://www.w3.org/XML/1998/namespace"
ID_ATTRIBUTES: Final = (f"{{{WSU}}}Id", "Id", "ID", f"{{{XML}}}id")

_C14N = (
    constants.TransformExclC14N, constants.TransformExclC14NWithComments,
    constants.TransformInclC14N, constants.TransformInclC14NWithComments,
    constants.TransformInclC14N11, constants.TransformInclC14N11WithComments,
)  # fmt: skip
_METHODS = (
    constants.TransformRsaSha1, constants.TransformRsaSha224, constants.TransformRsaSha256,
    constants.TransformRsaSha384, constants.TransformRsaSha512, constants.TransformEcdsaSha1,
    constants.TransformEcdsaSha256, constants.TransformEcdsaSha384, constants.TransformEcdsaSha512,
)  # fmt: skip
_DIGESTS = (
    constants.TransformSha1, constants.TransformSha224, constants.TransformSha256,
    constants.TransformSha384, constants.TransformSha512,
)  # fmt: skip
_TRANSFORMS = (*_C14N, constants.TransformEnveloped)
PROFILE: Final = frozenset(
    transform.href
    for transform in (
        constants.TransformRsaSha256, constants.TransformSha256,
        constants.TransformExclC14N, constants.TransformEnveloped,
    )
)  # fmt: skip
"""The algorithms of ra-pid.md §2: RSA-SHA256, SHA-256, exclusive C14N (and enveloped, for SAML)."""

MOST_REFERENCES, MOST_TRANSFORMS = 32, 4
"""Each reference and each transform reads what it covers once more."""

_WITH_ID = etree.XPath(
    "//*[@Id or @ID or @xml:id or @u:Id]", namespaces={"u": WSU}, smart_strings=False
)
MOST_ATTRIBUTES, MOST_PREFIXES, MOST_STEPS = 500, 100, 2 * 10**8
"""Attributes, and the prefixes in scope of each element, are sorted one by one where XML is made canonical."""
_DECLARED = re.compile(rb"xmlns(?::[^\s=]+)?=")
_COUNTED = etree.XPath("count(//*)")
_CROWDED = etree.XPath(f"boolean(//*[count(@*) > {MOST_ATTRIBUTES}])")
_FRAGMENT = re.compile(r"#([^\W\d][\w.\-]*)\Z")


class BadSignatureError(Exception):
    """A signature that does not hold; the text says why."""


class AlteredError(BadSignatureError):
    """A signature that does not match the bytes it covers: they were altered after it was made."""


@dataclass(frozen=True, slots=True)
class Signed:
    """What a valid signature covers, and how: elements of the caller's own tree."""

    covered: tuple[etree._Element, ...]
    algorithms: tuple[str, ...]

    @property
    def weak(self) -> tuple[str, ...]:
        """The algorithms outside the profile, by their URI."""
        return tuple(name for name in self.algorithms if name not in PROFILE)


def verify(signature: etree._Element, certificate: bytes) -> Signed:
    """Verify one ds:Signature with the key of a DER certificate; raises BadSignatureError.

    Only ``""`` and ``#id`` references are followed, and an id must be unique in the document:
    nothing outside the document is ever read.
    """
    info = one(signature, "SignedInfo")
    one(signature, "SignatureValue")
    if signature.find(f"{{{DS}}}Object") is not None:
        message = "a ds:Object is not allowed"
        raise BadSignatureError(message)
    algorithms = _algorithms(info)
    names = reference_ids(info)
    root = signature.getroottree().getroot()
    wanted = {name for name in names if name is not None}
    covered = find_ids(root, wanted)
    context = xmlsec.SignatureContext()
    for transform in (*_METHODS, *_C14N):
        context.enable_signature_transform(transform)
    for transform in (*_TRANSFORMS, *_DIGESTS):
        context.enable_reference_transform(transform)
    try:
        context.key = xmlsec.Key.from_memory(certificate, constants.KeyDataFormatCertDer)
        copy_root, copy = private_copy(signature)
        register(context, find_ids(copy_root, wanted))
        context.verify(copy)
    except xmlsec.VerificationError:
        message = "the signature does not match what it signs"
        raise AlteredError(message) from None
    except (xmlsec.Error, etree.LxmlError, ValueError, TypeError, SystemError) as error:
        message = f"the signature cannot be verified ({error})"
        raise BadSignatureError(message) from None
    nodes = tuple(root if name is None else covered[name][0] for name in names)
    return Signed(nodes, algorithms)


def one(parent: etree._Element, name: str) -> etree._Element:
    """The only child of that name in the ds namespace; raises BadSignatureError."""
    found = parent.findall(f"{{{DS}}}{name}")
    if len(found) != 1:
        message = f"{len(found)} {name} where one is due"
        raise BadSignatureError(message)
    return found[0]


def _algorithms(info: etree._Element) -> tuple[str, ...]:
    references = info.findall(f"{{{DS}}}Reference")
    if not 0 < len(references) <= MOST_REFERENCES:
        message = f"the signature has {len(references) or 'no'} Reference{'s' if references else ''}; from one to {MOST_REFERENCES} are followed"
        raise BadSignatureError(message)
    if any(sum(1 for _ in reference.iter(f"{{{DS}}}Transform")) > MOST_TRANSFORMS for reference in references):
        message = f"a Reference has more than {MOST_TRANSFORMS} transforms"
        raise BadSignatureError(message)
    if any(len((listed.get("PrefixList") or "").split()) > MOST_PREFIXES for listed in info.iter(f"{{{EXCLUSIVE}}}InclusiveNamespaces")):
        message = f"a PrefixList has more than {MOST_PREFIXES} prefixes"
        raise BadSignatureError(message)
    groups = (
        ((one(info, "SignatureMethod"),), _METHODS),
        ((one(info, "CanonicalizationMethod"),), _C14N),
        (tuple(one(reference, "DigestMethod") for reference in references), _DIGESTS),
        (tuple(step for r in references for step in r.iter(f"{{{DS}}}Transform")), _TRANSFORMS),
    )
    seen: dict[str, None] = {}
    for nodes, allowed in groups:
        known = {transform.href for transform in allowed}
        for node in nodes:
            name = node.get("Algorithm") or ""
            if name not in known:
                message = f"the algorithm {name or '(none)'} is not supported"
                raise BadSignatureError(message)
            seen[name] = None
    return tuple(seen)


def reference_ids(info: etree._Element) -> list[str | None]:
    """The id of each Reference, None for the whole document; raises BadSignatureError."""
    names: list[str | None] = []
    for reference in info.findall(f"{{{DS}}}Reference"):
        uri = reference.get("URI")
        found = _FRAGMENT.match(uri) if uri else None
        if uri != "" and found is None:
            message = f"the reference {uri!r} leaves the document"
            raise BadSignatureError(message)
        names.append(found[1] if found else None)
    return names


def find_ids(root: etree._Element, wanted: set[str]) -> dict[str, tuple[etree._Element, str]]:
    """Each wanted id with its element and attribute; raises BadSignatureError if not unique."""
    found: dict[str, tuple[etree._Element, str]] = {}
    for node in cast("list[etree._Element]", _WITH_ID(root)):
        for attribute in ID_ATTRIBUTES:
            value = node.get(attribute)
            if value is None or value not in wanted:
                continue
            if value in found:
                message = f"the id {value!r} stands twice"
                raise BadSignatureError(message)
            found[value] = (node, attribute)
    if missing := sorted(wanted - found.keys()):
        message = f"nothing has the id {missing[0]!r} that the signature refers to"
        raise BadSignatureError(message)
    return found


def private_copy(signature: etree._Element) -> tuple[etree._Element, etree._Element]:
    """A fresh document with the same signature: the caller's table of ids stays untouched. Raises BadSignatureError for one
    whose canonical form would take a time that grows with its square.
    """
    tree = signature.getroottree()
    parser = etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False)
    tag = f"{{{DS}}}Signature"
    position = list(tree.getroot().iter(tag)).index(signature)
    content = etree.tostring(tree, encoding="UTF-8")
    prefixes, elements = len(set(_DECLARED.findall(content))), float(str(_COUNTED(tree)))
    times = sum(1 for _ in signature.iter(f"{{{DS}}}Reference"))
    if _CROWDED(tree) or times * prefixes**2 * elements > MOST_STEPS:
        message = f"{prefixes} prefixes in {elements:.0f} elements, or one with more than {MOST_ATTRIBUTES} attributes, are too many to be made canonical"
        raise BadSignatureError(message)
    root = etree.fromstring(content, parser)
    return root, list(root.iter(tag))[position]


def register(
    context: xmlsec.SignatureContext, found: dict[str, tuple[etree._Element, str]]
) -> None:
    """Tell xmlsec which attributes are ids (it knows xml:id by itself)."""
    for node, attribute in found.values():
        name = etree.QName(attribute)
        if name.namespace is None:
            context.register_id(node, name.localname)
        elif name.namespace != XML:
            context.register_id(node, name.localname, name.namespace)
