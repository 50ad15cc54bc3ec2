"""WS-Security signatures: what the demonstration solution signs, xmlsec verifies, and no tampering passes."""

from __future__ import annotations

import re
from datetime import UTC, datetime

import pytest

from equalis.demo import signing
from equalis.demo.signing import Identity, Outline
from equalis.gateway.pki import Pki
from equalis.wire import soap, wssecurity
from equalis.wire.unreadable import UnreadableError
from equalis.wire.xmldsig import BadSignatureError

NOW = datetime(2026, 11, 22, tzinfo=UTC)


@pytest.fixture(scope="module")
def identity(keys: Pki) -> Identity:
    """The solution's identity."""
    certificate, key = keys.files("solution")
    return Identity.load(certificate.read_text(), key.read_text(), keys.authority.decode())


@pytest.fixture(scope="module")
def signed(identity: Identity) -> bytes:
    """A message with Timestamp, token and Body signed."""
    outline = Outline({"timestamp": signing.timestamp(NOW)}, "<a>1</a>", ("timestamp", "token", "body"), token=True)
    return signing.envelope(outline, identity)


def verify(content: bytes) -> wssecurity.Signature:
    return wssecurity.verify(soap.envelope(content))


def test_two_independent_implementations_agree(signed: bytes) -> None:
    """What `cryptography` signed after the standard library's C14N, xmlsec verifies."""
    found = verify(signed)
    assert found.parts == {"timestamp", "token", "body"}
    assert not found.weak


def test_a_weaker_algorithm_is_verified_and_named(identity: Identity) -> None:
    """RSA-SHA1 holds, and the report says so, so that a judge can name it."""
    found = verify(signing.envelope(Outline({}, "<a/>", ("body",), sha1=True), identity))
    assert any("rsa-sha1" in name for name in found.weak)


@pytest.mark.parametrize(
    ("pattern", "replacement"),
    [
        (rb"<a>1</a>", b"<a>2</a>"),
        (rb'URI="#body"', b'URI="#timestamp"'),
        (rb"<wsu:Created>2026", b"<wsu:Created>2027"),
        (rb'URI="#body"', b'URI="http://127.0.0.1/body"'),
        (rb"<ds:SignatureValue>.", b"<ds:SignatureValue>"),
        (rb'wsu:Id="timestamp"', b'wsu:Id="body"'),
    ],
)
def test_tampering_does_not_pass(signed: bytes, pattern: bytes, replacement: bytes) -> None:
    """Any change of what is signed, or of the signature, is refused."""
    changed = re.sub(pattern, replacement, signed, count=1)
    assert changed != signed
    with pytest.raises(BadSignatureError):
        verify(changed)


def test_a_wrapped_body_is_not_the_body(signed: bytes) -> None:
    """The signed Body moved into the header, with another Body in its place, is not `body`."""
    body = re.search(rb"<soap:Body.*</soap:Body>", signed)
    assert body is not None
    evil = b'<soap:Body xmlns:soap="' + signing.SOAP.encode() + b'"><a>666</a></soap:Body>'
    moved = signed.replace(body[0], evil).replace(b"</wsse:Security>", b"</wsse:Security><w>" + body[0] + b"</w>")
    assert "body" not in verify(moved).parts


def test_a_message_without_a_security_header_is_unreadable() -> None:
    """No header, no signature: the message says so."""
    content = f'<s:Envelope xmlns:s="{signing.SOAP}"><s:Body/></s:Envelope>'.encode()
    with pytest.raises(UnreadableError, match="wsse:Security"):
        verify(content)
