"""JSON Web Tokens with explicit algorithms (RFC 7519, RFC 8725), through joserfc."""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from typing import Any

from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import RSAKey

from equalis.wire.xmldsig import BadSignatureError

ALGORITHM = "RS256"


@lru_cache(maxsize=32)
def _key(pem: bytes) -> RSAKey:
    """A key read once: reading a private key checks its primes, which takes longer than signing."""
    return RSAKey.import_key(pem)


def sign(claims: Mapping[str, Any], key_pem: bytes) -> str:
    """Make a signed token."""
    return jwt.encode({"alg": ALGORITHM, "typ": "JWT"}, dict(claims), _key(key_pem))


def verify(token: str, public_pem: bytes) -> Mapping[str, Any]:
    """The claims of a token whose signature holds; raises BadSignatureError.

    The algorithm is fixed and the key is an RSA key: ``none`` and HS256 are refused.
    """
    try:
        claims: Any = jwt.decode(token, _key(public_pem), algorithms=[ALGORITHM]).claims
    except (JoseError, ValueError, TypeError, KeyError, AttributeError, RecursionError) as error:
        message = f"the bearer token is not authentic: {error}"
        raise BadSignatureError(message) from None
    if not isinstance(claims, Mapping):
        message = "the bearer token holds no claims"
        raise BadSignatureError(message)
    return claims
