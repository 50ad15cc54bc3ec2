"""X.509 certificates that a message brings: read for their key, never a reason to trust it."""

from __future__ import annotations

import base64
import binascii

from cryptography import x509
from cryptography.exceptions import InternalError, UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.utils import CryptographyDeprecationWarning

from equalis.wire.xmldsig import BadSignatureError

RSA_BITS = range(1024, 16385)
"""The sizes of RSA keys that a signature is checked with: a larger one costs more time than any message is worth."""
CURVES = (ec.SECP256R1, ec.SECP384R1, ec.SECP521R1)


def encoded(text: str) -> bytes:
    """The bytes (DER) of a certificate in base64, whose key can check signatures; raises BadSignatureError."""
    try:
        der = base64.b64decode("".join(text.split()), validate=True)
    except (ValueError, binascii.Error):
        message = "the certificate in the message is not base64"
        raise BadSignatureError(message) from None
    public_key(der)
    return der


def public_key(der: bytes) -> rsa.RSAPublicKey | ec.EllipticCurvePublicKey:
    """The key of a certificate, RSA or on a curve of NIST; raises BadSignatureError."""
    try:
        certificate = x509.load_der_x509_certificate(der)
        key, serial = certificate.public_key(), certificate.serial_number
    except (ValueError, TypeError, x509.InvalidVersion, UnsupportedAlgorithm, InternalError, CryptographyDeprecationWarning):
        message = "the certificate in the message cannot be read"
        raise BadSignatureError(message) from None
    if serial <= 0:  # the library only warns
        message = "the serial number of the certificate is not positive (RFC 5280 §4.1.2.2)"
        raise BadSignatureError(message)
    if isinstance(key, rsa.RSAPublicKey) and key.key_size in RSA_BITS:
        return key
    if isinstance(key, ec.EllipticCurvePublicKey) and isinstance(key.curve, CURVES):
        return key
    message = "the key of the certificate is of a kind or size that signs nothing here"
    raise BadSignatureError(message)
