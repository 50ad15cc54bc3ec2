"""XML signatures made with xmlsec: for the answers of the embedded services only."""

from __future__ import annotations

import base64
from collections.abc import Sequence

import xmlsec
from lxml import etree
from xmlsec import constants

from equalis.wire import xmldsig
from equalis.wire.xmldsig import DS, EXCLUSIVE


def sign_references(
    parent: etree._Element, ids: Sequence[str], key_pem: bytes, certificate: bytes, keyinfo_id: str,
    prefixes: str = "",
) -> None:  # fmt: skip
    """Append to ``parent`` a signature over elements by id, with X509Data in KeyInfo.

    ``keyinfo_id`` may itself stand among ``ids``: mySecu signs the Body and the KeyInfo.
    ``prefixes`` is an InclusiveNamespaces PrefixList (exclusive C14N 1.0 §3.1).
    """
    signature = _template([(f"#{name}", False) for name in ids], prefixes)
    parent.append(signature)
    keyinfo = _x509(signature, certificate)
    keyinfo.set("Id", keyinfo_id)
    _fill(signature, key_pem)


def sign_enveloped(assertion: etree._Element, key_pem: bytes, certificate: bytes, reference: str = "") -> None:
    """Sign a SAML element, the signature after its Issuer (SAML 2.0 core §5.4).

    ``reference`` names another element than the assertion itself: a wrapping attack, to be refused.
    """
    signature = _template([(f"#{reference or assertion.get('ID')}", not reference)])
    assertion.insert(1, signature)
    _x509(signature, certificate)
    _fill(signature, key_pem)


def _template(references: Sequence[tuple[str, bool]], prefixes: str = "") -> etree._Element:
    signature = etree.Element(f"{{{DS}}}Signature", nsmap={"ds": DS})
    info = etree.SubElement(signature, f"{{{DS}}}SignedInfo")
    etree.SubElement(info, f"{{{DS}}}CanonicalizationMethod", Algorithm=EXCLUSIVE)
    method = constants.TransformRsaSha256.href
    etree.SubElement(info, f"{{{DS}}}SignatureMethod", Algorithm=method)
    for uri, enveloped in references:
        reference = etree.SubElement(info, f"{{{DS}}}Reference", URI=uri)
        transforms = etree.SubElement(reference, f"{{{DS}}}Transforms")
        if enveloped:
            name = constants.TransformEnveloped.href
            etree.SubElement(transforms, f"{{{DS}}}Transform", Algorithm=name)
        exclusive = etree.SubElement(transforms, f"{{{DS}}}Transform", Algorithm=EXCLUSIVE)
        if prefixes:
            listed = f"{{{EXCLUSIVE}}}InclusiveNamespaces"
            etree.SubElement(exclusive, listed, nsmap={"ec": EXCLUSIVE}, PrefixList=prefixes)
        digest = constants.TransformSha256.href
        etree.SubElement(reference, f"{{{DS}}}DigestMethod", Algorithm=digest)
        etree.SubElement(reference, f"{{{DS}}}DigestValue")
    etree.SubElement(signature, f"{{{DS}}}SignatureValue")
    return signature


def _x509(signature: etree._Element, certificate: bytes) -> etree._Element:
    keyinfo = etree.SubElement(signature, f"{{{DS}}}KeyInfo")
    holder = etree.SubElement(keyinfo, f"{{{DS}}}X509Data")
    value = etree.SubElement(holder, f"{{{DS}}}X509Certificate")
    value.text = base64.b64encode(certificate).decode()
    return keyinfo


def _fill(signature: etree._Element, key_pem: bytes) -> None:
    """Sign in a private copy, then copy the values back: the caller's tree keeps its form."""
    root, copy = xmldsig.private_copy(signature)
    context = xmlsec.SignatureContext()
    context.key = xmlsec.Key.from_memory(key_pem, constants.KeyDataFormatPem)
    names = xmldsig.reference_ids(xmldsig.one(copy, "SignedInfo"))
    xmldsig.register(context, xmldsig.find_ids(root, {name for name in names if name}))
    context.sign(copy)
    for tag in ("DigestValue", "SignatureValue"):
        qualified = f"{{{DS}}}{tag}"
        for mine, theirs in zip(signature.iter(qualified), copy.iter(qualified), strict=True):
            # a DigestValue is itself signed, so it keeps the very text that xmlsec wrote
            mine.text = theirs.text if tag == "DigestValue" else "".join((theirs.text or "").split())
