"""Detached signatures over bytes: what holds, and what never does."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import dsa, ec, ed448, ed25519, padding, rsa
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature
from hypothesis import given
from hypothesis import strategies as st

from equalis.wire import jws
from equalis.wire.unreadable import UnreadableError
from equalis.wire.xmldsig import AlteredError, BadSignatureError

BODY = '{"nom": "Gonçalves"}'.encode()
RSA_KEY = rsa.generate_private_key(public_exponent=65537, key_size=2048)
EC_KEY = ec.generate_private_key(ec.SECP256R1())


def certificate(key: rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey) -> bytes:
    name, now = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "test")]), datetime.now(UTC)
    made = x509.CertificateBuilder().subject_name(name).issuer_name(name).public_key(key.public_key()).serial_number(1)
    signed = made.not_valid_before(now).not_valid_after(now + timedelta(days=1)).sign(key, hashes.SHA256())
    return signed.public_bytes(serialization.Encoding.DER)


def encoded(content: bytes) -> str:
    return base64.urlsafe_b64encode(content).rstrip(b"=").decode()


def made(algorithm: str, head: dict[str, object], body: bytes = BODY) -> str:
    """A detached JWS, by hand: another implementation than the one that checks it."""
    first = encoded(json.dumps({"alg": algorithm, **head}).encode())
    content = f"{first}.{encoded(body)}".encode()
    if algorithm == "ES256":
        r, s = decode_dss_signature(EC_KEY.sign(content, ec.ECDSA(hashes.SHA256())))
        value = r.to_bytes(32, "big") + s.to_bytes(32, "big")
    elif algorithm == "PS256":
        value = RSA_KEY.sign(content, padding.PSS(padding.MGF1(hashes.SHA256()), 32), hashes.SHA256())
    elif algorithm == "HS256":
        public = RSA_KEY.public_key().public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo)
        value = hmac.digest(public, content, hashlib.sha256)
    else:
        value = b"" if algorithm == "none" else RSA_KEY.sign(content, padding.PKCS1v15(), hashes.SHA256())
    return f"{first}..{encoded(value)}"


RSA_HEAD: dict[str, object] = {"x5c": [base64.b64encode(certificate(RSA_KEY)).decode()], "sigT": "2026-11-24T10:00:00Z"}
EC_HEAD: dict[str, object] = {"x5c": [base64.b64encode(certificate(EC_KEY)).decode()]}


@pytest.mark.parametrize(("algorithm", "head"), [("RS256", RSA_HEAD), ("PS256", RSA_HEAD), ("ES256", EC_HEAD)])
def test_the_three_asymmetric_algorithms_hold_over_the_very_bytes(algorithm: str, head: dict[str, object]) -> None:
    """RS256, PS256 and ES256; one byte more and it is altered."""
    text = made(algorithm, head)
    assert jws.verify(text, BODY).algorithm == algorithm
    with pytest.raises(AlteredError):
        jws.verify(text, BODY + b" ")


def test_a_header_that_marks_the_signing_time_critical_is_understood_and_another_is_not() -> None:
    """RFC 7515 §4.1.11: what `crit` names must be understood."""
    assert jws.verify(made("RS256", {**RSA_HEAD, "crit": ["sigT"]}), BODY).algorithm == "RS256"
    with pytest.raises(BadSignatureError, match="cannot be checked"):
        jws.verify(made("RS256", {**RSA_HEAD, "crit": ["exp"], "exp": 1}), BODY)


@pytest.mark.parametrize("algorithm", ["none", "HS256", "RS512", "dir", ""])
def test_no_other_algorithm_is_looked_at(algorithm: str) -> None:
    """None, HS256 keyed by the public key, and whatever else the header asks for."""
    with pytest.raises(BadSignatureError, match="is none of RS256, PS256, ES256"):
        jws.verify(made(algorithm, RSA_HEAD), BODY)


@pytest.mark.parametrize(
    ("text", "what"),
    [
        ("a.b", "no compact JWS"), ("", "no compact JWS"), ("e30.x.y", "none of"), (made("RS256", {}), "no certificate"), (made("RS256", {"x5c": ["%"]}), "no certificate"),
        (made("RS256", {"x5c": ["AAAA"]}), "cannot be read"), (made("RS256", RSA_HEAD).replace("..", ".e30."), "payload of its own"),
        (made("RS256", EC_HEAD), "cannot be checked"), (made("ES256", RSA_HEAD), "cannot be checked"),
    ],
)  # fmt: skip
def test_what_is_no_signature_says_why(text: str, what: str) -> None:
    """Not a JWS, no certificate, one that cannot be read, an attached payload, a key of the other kind."""
    with pytest.raises(BadSignatureError, match=what):
        jws.verify(text, BODY)


@given(st.text(max_size=200))
def test_any_text_is_refused_and_nothing_else_happens(text: str) -> None:
    """No reader of a signature fails in any other way."""
    with pytest.raises(BadSignatureError):
        jws.verify(text, BODY)
    with pytest.raises(UnreadableError):
        jws.protected(text)


KEYS: dict[str, Any] = {
    "Ed25519": ed25519.Ed25519PrivateKey.generate(), "Ed448": ed448.Ed448PrivateKey.generate(), "P-521": ec.generate_private_key(ec.SECP521R1()), "P-384": ec.generate_private_key(ec.SECP384R1()),
    "secp256k1": ec.generate_private_key(ec.SECP256K1()), "brainpool": ec.generate_private_key(ec.BrainpoolP256R1()), "P-192": ec.generate_private_key(ec.SECP192R1()),
    "DSA": dsa.generate_private_key(2048), "RSA 1024": rsa.generate_private_key(public_exponent=65537, key_size=1024),  # noqa: S505 - refused
}  # fmt: skip


@pytest.mark.parametrize("algorithm", ["RS256", "PS256", "ES256"])
@pytest.mark.parametrize("kind", [*(pytest.param(kind, marks=pytest.mark.mends("9")) for kind in ("brainpool", "P-192", "RSA 1024")), "Ed25519", "Ed448", "DSA", "P-521", "P-384", "secp256k1"])
def test_a_certificate_with_another_key_is_a_bad_signature(kind: str, algorithm: str) -> None:
    """Whatever the curve or the size: never an exception of a library."""
    key = KEYS[kind]
    name, now = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "test")]), datetime.now(UTC)
    made = x509.CertificateBuilder().subject_name(name).issuer_name(name).public_key(key.public_key()).serial_number(1)
    signed = made.not_valid_before(now).not_valid_after(now + timedelta(days=1)).sign(EC_KEY, hashes.SHA256())
    head: dict[str, object] = {"x5c": [base64.b64encode(signed.public_bytes(serialization.Encoding.DER)).decode()]}
    with pytest.raises(BadSignatureError):
        jws.verify(made_with(algorithm, head), BODY)


def made_with(algorithm: str, head: dict[str, object]) -> str:
    """A JWS whose signature is any bytes."""
    return f"{encoded(json.dumps({'alg': algorithm, **head}).encode())}..{encoded(bytes(64))}"


@pytest.mark.parametrize(
    "chain",
    [pytest.param(["é"], marks=pytest.mark.mends("9")), pytest.param(["\u0663"], marks=pytest.mark.mends("9")), [], {}, None, [None], [[]], [1], "AAAA", ["AAA"], [True]],
)
def test_an_x5c_of_any_form_is_a_bad_signature(chain: object) -> None:
    """Not ASCII, not base64, not a list, not a text."""
    with pytest.raises(BadSignatureError):
        jws.verify(made_with("RS256", {"x5c": chain}), BODY)


@pytest.mark.parametrize(
    "head",
    [
        {"crit": 5}, {"crit": []}, {"crit": ["alg"]}, {"crit": ["b64"], "b64": False}, {"b64": False}, {"b64": "x"}, {"kid": 5}, {"jwk": 5}, {"jku": "http://127.0.0.1/"}, {"sigT": 5}, {"typ": []}, {"cty": 5},
        {"x5t": 1}, {"x5u": 1}, {"a": [[[]]]}, {"crit": ["sigT"], "sigT": None}, {"crit": "sigT"}, {"crit": [None]}, {"crit": [{}]},
    ],
    ids=str,
)  # fmt: skip
def test_a_header_of_odd_types_is_a_bad_signature(head: dict[str, object]) -> None:
    """Each registered member, and what it may not be."""
    with pytest.raises(BadSignatureError):
        jws.verify(made_with("RS256", {**RSA_HEAD, **head}), BODY)


@pytest.mark.mends("9")
def test_numbers_without_bound_in_a_header_are_unreadable() -> None:
    """The header is JSON like any other."""
    head = b'{"alg": "RS256", "x": 1e99999999999999999999}'
    text = f"{encoded(head)}..{encoded(bytes(64))}"
    with pytest.raises(BadSignatureError):
        jws.verify(text, BODY)
    with pytest.raises(UnreadableError):
        jws.protected(text)
