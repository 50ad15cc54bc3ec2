"""WS-Security 1.0 headers (OASIS 2004): tokens, Timestamp, and what the signature covers."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from lxml import etree

from equalis.wire import certificates, soap, typed, xmldsig
from equalis.wire.strict_xml import text
from equalis.wire.unreadable import UnreadableError
from equalis.wire.xmldsig import DS, WSSE, WSU, BadSignatureError

X509V3: Final = (
    "http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss-x509-token-profile-1.0#X509v3"
)
SAML: Final = "urn:oasis:names:tc:SAML:2.0:assertion"


@dataclass(frozen=True, slots=True)
class Signature:
    """One verified signature of a Security header.

    ``parts`` name what is covered: ``body``, ``timestamp``, ``token``, ``username-token``,
    ``key-info``, ``assertion``. ``certificate`` is the DER of the signer; ``key_info`` says how it is
    named: ``x509-data`` or ``token-reference``.
    """

    parts: frozenset[str]
    weak: tuple[str, ...]
    certificate: bytes
    key_info: str = ""


def security(root: etree._Element) -> etree._Element:
    """The Security header; raises UnreadableError when there is none or more than one."""
    header = soap.header(root)
    found = [] if header is None else header.findall(f"{{{WSSE}}}Security")
    if len(found) != 1:
        message = f"{len(found)} wsse:Security headers where one is due"
        raise UnreadableError(message)
    return found[0]


def verify(root: etree._Element) -> Signature:
    """Verify the signature of a Security header; raises BadSignatureError or UnreadableError.

    The certificate comes from the message; whether it may be trusted is for the caller to say.
    """
    header = security(root)
    found = header.findall(f"{{{DS}}}Signature")
    if len(found) != 1:
        message = f"{len(found)} signatures in the Security header where one is due"
        raise BadSignatureError(message)
    certificate = signer(header, found[0])
    signed = xmldsig.verify(found[0], certificate)
    direct = found[0].find(f"{{{DS}}}KeyInfo/{{{DS}}}X509Data")
    parts = frozenset(_parts(root, found[0], signed.covered))
    return Signature(parts, signed.weak, certificate, "token-reference" if direct is None else "x509-data")


_NAMES: Final = {
    f"{{{WSU}}}Timestamp": "timestamp",
    f"{{{WSSE}}}BinarySecurityToken": "token",
    f"{{{WSSE}}}UsernameToken": "username-token",
    f"{{{SAML}}}Assertion": "assertion",
}


def _parts(root: etree._Element, signature: etree._Element, covered: tuple[etree._Element, ...]) -> Iterator[str]:
    """Name what is covered by its place, not by its tag alone, and only where nothing of its kind is left out:
    wrapping must not pass, nor a signed one beside an unsigned one that is read.
    """
    header = security(root)
    named = {soap.body(root): "body"} | dict.fromkeys(signature.findall(f"{{{DS}}}KeyInfo"), "key-info")
    for tag, name in _NAMES.items():
        kind = header.findall(tag)
        if all(node in covered for node in kind):
            named |= dict.fromkeys(kind, name)
    yield from (named.get(node, "another element") for node in covered)


def signer(header: etree._Element, signature: etree._Element) -> bytes:
    """The DER certificate that KeyInfo names: X509Data, or a reference to a token."""
    keyinfo = xmldsig.one(signature, "KeyInfo")
    direct = keyinfo.find(f"{{{DS}}}X509Data/{{{DS}}}X509Certificate")
    if direct is not None:
        return certificates.encoded(text(direct))
    reference = keyinfo.find(f"{{{WSSE}}}SecurityTokenReference/{{{WSSE}}}Reference")
    uri = "" if reference is None else reference.get("URI") or ""
    for token in header.findall(f"{{{WSSE}}}BinarySecurityToken"):
        if uri == f"#{token.get(f'{{{WSU}}}Id')}" and token.get("ValueType") == X509V3:
            return certificates.encoded(text(token))
    message = "KeyInfo names no certificate: neither X509Data nor a token of this header"
    raise BadSignatureError(message)


def timestamp(root: etree._Element) -> tuple[datetime, datetime]:
    """Created and Expires of the only Timestamp (WS-Security 1.0 §10); raises UnreadableError when one is missing."""
    found = _only(root, f"{{{WSU}}}Timestamp")
    if found is None:
        message = "the Security header has no wsu:Timestamp"
        raise UnreadableError(message)
    moments = []
    for name in ("Created", "Expires"):
        node = found.find(f"{{{WSU}}}{name}")
        if node is None:
            message = f"the wsu:Timestamp has no {name}"
            raise UnreadableError(message)
        moments.append(typed.parse("instant", text(node)))
    created, expires = moments
    if not isinstance(created, datetime) or not isinstance(expires, datetime):
        message = "the wsu:Timestamp holds no instants"
        raise UnreadableError(message)
    return created, expires


def _only(root: etree._Element, tag: str) -> etree._Element | None:
    """The child of the Security header with a tag, None when there is none; raises UnreadableError when there are several."""
    found = security(root).findall(tag)
    if len(found) > 1:
        message = f"{len(found)} {etree.QName(tag).localname} in the Security header where one is due"
        raise UnreadableError(message)
    return found[0] if found else None


def opaque_token(root: etree._Element, value_type: str) -> str:
    """The text of the first BinarySecurityToken of a type, empty when there is none."""
    for token in security(root).findall(f"{{{WSSE}}}BinarySecurityToken"):
        if token.get("ValueType") == value_type:
            return "".join(text(token).split())
    return ""


def username(root: etree._Element) -> dict[str, str]:
    """The fields of a UsernameToken (profile 1.0): Username, Password, Nonce, Created."""
    found = _only(root, f"{{{WSSE}}}UsernameToken")
    if found is None:
        return {}
    return {etree.QName(node).localname: text(node) for node in found.iterchildren(tag="{*}*")}
