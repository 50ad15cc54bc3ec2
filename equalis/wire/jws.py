"""Detached JSON Web Signatures over the bytes of a body, with explicit algorithms (RFC 7515 Appendix F, RFC 8725)."""

from __future__ import annotations

import base64
import binascii
from dataclasses import dataclass

from cryptography.exceptions import InternalError, UnsupportedAlgorithm
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from joserfc import errors, jws
from joserfc.errors import JoseError
from joserfc.jwk import ECKey, RSAKey
from joserfc.jws import JWSRegistry
from joserfc.registry import HeaderParameter

from equalis.model.values import Record
from equalis.wire import certificates, strict_json
from equalis.wire.unreadable import UnreadableError
from equalis.wire.xmldsig import AlteredError, BadSignatureError

ALGORITHMS = ("RS256", "PS256", "ES256")
"""What is accepted: `none` and the symmetric ones never are."""
PARTS = 3
SMALLEST = 2048


class _Registry(JWSRegistry):
    """A certificate in the header, and a whole prescription as payload, are longer than what the library allows by default."""

    max_header_length = 1 << 14
    max_payload_length = 1 << 20


_SIGNING_TIME = {"sigT": HeaderParameter("Signing time (ETSI TS 119 182-1 §5.2.1)", "str")}
_REGISTRIES = {name: _Registry(_SIGNING_TIME, [name], strict_check_header=False) for name in ALGORITHMS}
"""One algorithm each; `sigT` is understood, also where `crit` names it."""


@dataclass(frozen=True, slots=True)
class Detached:
    """A signature that holds: its algorithm, and the certificate (DER) that made it."""

    algorithm: str
    certificate: bytes


def protected(text: str) -> Record:
    """The protected header of a JWS, not verified; raises UnreadableError when it is none."""
    parts = text.split(".")
    try:
        content = base64.urlsafe_b64decode(parts[0] + "=" * (-len(parts[0]) % 4))
    except (ValueError, binascii.Error):
        content = b""
    if len(parts) != PARTS or not content:
        message = "the signature is no compact JWS"
        raise UnreadableError(message)
    value = strict_json.read(content)
    if not isinstance(value, dict):
        message = "the protected header of the JWS is no object"
        raise UnreadableError(message)
    return value


def verify(text: str, body: bytes) -> Detached:
    """Check a detached JWS over a body; raises BadSignatureError, AlteredError when only the bytes do not fit.

    The key is that of the first certificate of `x5c`; its algorithm must be one of ALGORITHMS and fit the key.
    """
    try:
        header = protected(text)
    except UnreadableError as error:
        raise BadSignatureError(str(error)) from None
    algorithm = str(header.get("alg"))
    if algorithm not in ALGORITHMS:
        message = f"the algorithm {algorithm[:40]} is none of {', '.join(ALGORITHMS)}"
        raise BadSignatureError(message)
    if text.split(".")[1]:
        message = "the JWS carries a payload of its own; a detached one has none"
        raise BadSignatureError(message)
    certificate = _certificate(header)
    try:
        jws.deserialize_compact(text, _key(certificate), registry=_REGISTRIES[algorithm], payload=body)
    except errors.BadSignatureError:
        message = "the signature does not hold over the body"
        raise AlteredError(message) from None
    except (JoseError, ValueError, TypeError, KeyError, AttributeError, UnsupportedAlgorithm, InternalError) as error:
        message = f"the signature cannot be checked: {error}"
        raise BadSignatureError(message) from None
    return Detached(algorithm, certificate)


def _certificate(header: Record) -> bytes:
    chain = header.get("x5c")
    first = chain[0] if isinstance(chain, tuple) and chain else None
    try:
        if isinstance(first, str):
            return base64.b64decode(first, validate=True)
    except ValueError:  # not base64, or not ASCII
        pass
    message = "the protected header has no certificate (x5c)"
    raise BadSignatureError(message)


def _key(certificate: bytes) -> RSAKey | ECKey:
    public = certificates.public_key(certificate)
    if isinstance(public, rsa.RSAPublicKey) and public.key_size < SMALLEST:
        message = f"a key of {public.key_size} bits signs no JWS; {SMALLEST} are the least (RFC 7518 §3.3)"
        raise BadSignatureError(message)
    pem = public.public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo)
    return RSAKey.import_key(pem) if isinstance(public, rsa.RSAPublicKey) else ECKey.import_key(pem)
