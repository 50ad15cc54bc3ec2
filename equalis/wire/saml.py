"""SAML 2.0 assertions: the signature, the conditions, and the attributes (OASIS core 2005)."""

from __future__ import annotations

import base64
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from lxml import etree

from equalis.wire import typed, xmldsig
from equalis.wire.strict_xml import text
from equalis.wire.unreadable import UnreadableError
from equalis.wire.xmldsig import DS, BadSignatureError

ASSERTION: Final = "urn:oasis:names:tc:SAML:2.0:assertion"


@dataclass(frozen=True, slots=True)
class Assertion:
    """What a verified assertion says. ``audiences`` is empty when it restricts none."""

    id: str
    issuer: str
    not_before: datetime
    not_on_or_after: datetime
    audiences: tuple[str, ...]
    attributes: dict[str, str]


def verify(assertion: etree._Element, certificate: bytes) -> Assertion:
    """Verify the enveloped signature of an assertion with the issuer's own certificate.

    Raises BadSignatureError when the signature does not cover the assertion itself, and
    UnreadableError when the assertion lacks what every assertion has.
    """
    signatures = assertion.findall(f"{{{DS}}}Signature")
    if len(signatures) != 1:
        message = f"the assertion has {len(signatures)} signatures where one is due"
        raise BadSignatureError(message)
    signed = xmldsig.verify(signatures[0], certificate)
    if len(signed.covered) != 1 or signed.covered[0] is not assertion:
        message = "the signature covers another element than the assertion"
        raise BadSignatureError(message)
    if signed.weak:
        message = f"the assertion is signed with {signed.weak[0]}"
        raise BadSignatureError(message)
    return _read(assertion)


def signer(document: etree._Element) -> bytes | None:
    """The certificate (DER) that the signature of the first assertion in a document names; not a reason to trust it."""
    path = f".//{{{ASSERTION}}}Assertion/{{{DS}}}Signature/{{{DS}}}KeyInfo//{{{DS}}}X509Certificate"
    named = document.find(path)
    try:
        return None if named is None else base64.b64decode("".join(text(named).split()), validate=True)
    except ValueError:
        return None


def _read(assertion: etree._Element) -> Assertion:
    found = assertion.findall(f"{{{ASSERTION}}}Conditions")
    if len(found) != 1:
        message = f"the assertion has {len(found)} Conditions where one is due"
        raise UnreadableError(message)
    conditions = found[0]
    # by their place, never by their name alone: what stands inside the Signature is not signed
    attributes = {
        node.get("Name") or "": text(value)
        for node in assertion.findall(f"{{{ASSERTION}}}AttributeStatement/{{{ASSERTION}}}Attribute")
        for value in node.findall(f"{{{ASSERTION}}}AttributeValue")[:1]
    }
    issuer = assertion.find(f"{{{ASSERTION}}}Issuer")
    return Assertion(
        id=assertion.get("ID") or "",
        issuer="" if issuer is None else text(issuer).strip(),
        not_before=_instant(conditions, "NotBefore"),
        not_on_or_after=_instant(conditions, "NotOnOrAfter"),
        audiences=tuple(text(node).strip() for node in conditions.findall(f"{{{ASSERTION}}}AudienceRestriction/{{{ASSERTION}}}Audience")),
        attributes=attributes,
    )


def _instant(conditions: etree._Element, name: str) -> datetime:
    moment = typed.parse("instant", conditions.get(name) or "")
    if not isinstance(moment, datetime):
        message = f"the assertion has no {name}"
        raise UnreadableError(message)
    return moment
