"""What every SOAP service verifies of a caller before it looks at the content."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from cryptography import x509
from lxml import etree

from equalis.services.port import Call, RefusalError
from equalis.wire import http_message, jwt, saml, strict_xml, wssecurity
from equalis.wire.unreadable import UnreadableError
from equalis.wire.xmldsig import BadSignatureError

SKEW = timedelta(minutes=5)
"""How far a caller's clock may be off (modelled)."""


def client(call: Call) -> bytes:
    """The TLS client certificate; refused when there is none."""
    if not call.client_certificate:
        code = "wsse:FailedAuthentication"
        raise RefusalError(code, "mutual TLS: no client certificate was presented", 403)
    return call.client_certificate


def signed_parts(call: Call, root: etree._Element, wanted: frozenset[str]) -> None:
    """Refuse a request unless one sound signature of the TLS client covers the wanted parts."""
    own = client(call)
    try:
        signature = wssecurity.verify(root)
    except (BadSignatureError, UnreadableError) as error:
        code = "wsse:InvalidSecurity"
        raise RefusalError(code, str(error)) from None
    if missing := sorted(wanted - signature.parts):
        code, text = "wsse:InvalidSecurity", f"the signature does not cover {', '.join(missing)}"
        raise RefusalError(code, text)
    if signature.weak:
        code, text = "wsse:UnsupportedAlgorithm", f"{signature.weak[0]} is not accepted"
        raise RefusalError(code, text)
    if signature.certificate != own:
        code = "wsse:FailedCheck"
        raise RefusalError(code, "signed by another certificate than the TLS client's")
    try:
        lifetime(x509.load_der_x509_certificate(own), call.now)
    except ValueError as error:
        code = "wsse:InvalidSecurityToken"
        raise RefusalError(code, f"the certificate cannot be read: {error}") from None


def lifetime(certificate: x509.Certificate, now: datetime) -> None:
    """Refuse a certificate outside its validity."""
    if not certificate.not_valid_before_utc <= now <= certificate.not_valid_after_utc:
        code = "wsse:InvalidSecurityToken"
        raise RefusalError(code, "the certificate is expired or not yet valid")


def fresh_timestamp(call: Call, root: etree._Element) -> None:
    """Refuse a Timestamp that is expired, or created outside the allowed skew."""
    try:
        created, expires = wssecurity.timestamp(root)
    except UnreadableError as error:
        code = "wsse:InvalidSecurity"
        raise RefusalError(code, str(error)) from None
    if abs(created - call.now) > SKEW or expires < call.now - SKEW or expires <= created:
        code = "wsse:MessageExpired"
        raise RefusalError(code, "the Timestamp is expired or not yet valid")


def assertion(call: Call, content: bytes, audience: str) -> saml.Assertion:
    """The IdP's assertion in an element; refused unless authentic, valid now, and for us."""
    code = "wst:FailedAuthentication"
    try:
        found = saml.verify(strict_xml.parse(content), call.peers["idp"].certificate)
    except (BadSignatureError, UnreadableError) as error:
        raise RefusalError(code, str(error)) from None
    if not (found.not_before <= call.now + SKEW and call.now < found.not_on_or_after):
        text = "the assertion is expired or not yet valid"
        raise RefusalError(code, text)
    if found.audiences and audience not in found.audiences:
        text = f"the assertion is for {', '.join(found.audiences)}"
        raise RefusalError(code, text)
    return found


def bearer(call: Call, audience: str) -> Mapping[str, Any]:
    """The claims of the bearer token: of this environment's IdP, for this service, valid now; else 401."""
    client(call)
    token = http_message.bearer(call.message)
    code = "UNAUTHORIZED"
    if not token:
        raise RefusalError(code, "no bearer token", 401)
    try:
        claims = jwt.verify(token, call.peers["idp"].public_pem)
    except BadSignatureError as error:
        raise RefusalError(code, str(error), 401) from None
    if not in_force(claims, call.now, SKEW) or audience not in words(claims.get("aud")):
        raise RefusalError(code, "the bearer token is expired or for another service", 401)
    return claims


def in_force(claims: Mapping[str, Any], now: datetime, skew: timedelta = timedelta(0)) -> bool:
    """Whether a moment lies between `nbf` and `exp` (RFC 7519 §4.1: numbers of seconds); a claim of another type is never in force."""
    starts, ends = claims.get("nbf", 0), claims.get("exp", 0)
    if not all(isinstance(item, int | float) and not isinstance(item, bool) for item in (starts, ends)):
        return False
    return bool(starts <= (now + skew).timestamp() and now.timestamp() < ends)


def words(claim: object) -> tuple[str, ...]:
    """The words of a claim that is one or several (RFC 7519 §4.1.3); whatever else stands there is none."""
    listed = claim if isinstance(claim, list | tuple) else (claim,)
    return tuple(item for item in listed if isinstance(item, str))


def word(claim: object) -> str:
    """The first word of a claim, empty when it has none."""
    return next(iter(words(claim)), "")
