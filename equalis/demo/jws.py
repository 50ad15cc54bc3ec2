"""A detached JSON Web Signature over the bytes of a message (RFC 7515, Appendix F), with `cryptography` alone."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from datetime import datetime

from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import padding, rsa

from equalis.demo.defects import Switches
from equalis.demo.signing import Identity, zulu


def detached(content: bytes, identity: Identity, signed_at: datetime, defects: Switches) -> str:
    """The compact JWS without its payload: RS256, our certificate in x5c, the moment of signing in sigT."""
    algorithm = "none" if "rx-algorithm-none" in defects else "HS256" if "rx-symmetric-signature" in defects else "RS256"
    head = {"alg": algorithm, "x5c": [identity.encoded], "sigT": zulu(signed_at)}
    if "rx-signature-without-certificate" in defects:
        del head["x5c"]
    if "rx-signs-other-bytes" in defects:
        content = json.dumps(json.loads(content), indent=1, ensure_ascii=False).encode()
    first = _base64(json.dumps(head).encode())
    whole = first + b"." + _base64(content)
    return f"{first.decode()}..{_base64(_signature(algorithm, whole, identity, defects)).decode()}"


def _signature(algorithm: str, content: bytes, identity: Identity, defects: Switches) -> bytes:
    if algorithm == "none":
        return b""
    if algorithm == "HS256":
        public = identity.key.public_key().public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo)
        return hmac.digest(public, content, hashlib.sha256)
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048) if "rx-signs-with-another-key" in defects else identity.key
    return key.sign(content, padding.PKCS1v15(), hashes.SHA256())


def _base64(content: bytes) -> bytes:
    return base64.urlsafe_b64encode(content).rstrip(b"=")
