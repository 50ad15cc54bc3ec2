"""Every way to seal that is none: signed by a key of the forger's own, wrong in one thing."""

from __future__ import annotations

import hashlib
import struct
from collections.abc import Callable
from datetime import timedelta
from typing import Any

from asn1crypto import cms, core
from asn1crypto import x509 as asn1_x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, rsa

from equalis.archive import seal as sealing
from tests.archive.forging import DAY, NOW, OTHER, Signer, seal, signer

SHA1 = hashes.SHA1()  # noqa: S303 - what must be refused


def changed(content: bytes, by: Signer, change: Callable[[Any, Any], None], hashed: hashes.HashAlgorithm | None = None) -> bytes:
    """A seal with something else in its signed data, signed again."""
    info = cms.ContentInfo.load(seal(content, by))
    signed = info["content"]
    (told,) = signed["signer_infos"]
    change(signed, told)
    told["signature"] = by.sign(told["signed_attrs"].untag().dump(force=True), hashed)
    return bytes(cms.ContentInfo({"content_type": "signed_data", "content": cms.SignedData({
        name: signed[name] for name in ("version", "digest_algorithms", "encap_content_info", "certificates", "signer_infos")
    })}).dump(force=True))  # fmt: skip


def _choice(certificate: bytes) -> cms.CertificateChoices:
    return cms.CertificateChoices("certificate", asn1_x509.Certificate.load(certificate))


def carrying(content: bytes, by: Signer, first: Signer) -> bytes:
    """A seal that carries another certificate before the one that signed."""
    info = cms.ContentInfo.load(seal(content, by))
    signed = info["content"]
    # a SET is sorted when it is dumped by asn1crypto: the bytes are joined by hand
    both = first.certificate + by.certificate
    told = cms.SignedData({name: signed[name] for name in ("version", "digest_algorithms", "encap_content_info", "signer_infos")})
    parts = [told[name].dump() for name in ("version", "digest_algorithms", "encap_content_info")]
    body = b"".join((*parts, _tlv(0xA0, both), told["signer_infos"].dump()))
    return _tlv(0x30, core.ObjectIdentifier("1.2.840.113549.1.7.2").dump() + _tlv(0xA0, _tlv(0x30, body)))


def _tlv(tag: int, body: bytes) -> bytes:
    size = len(body)
    head = bytes([size]) if size < 128 else bytes([0x81, size]) if size < 256 else b"\x82" + struct.pack(">H", size)
    return bytes([tag]) + head + body


def _attribute(told: Any, kind: str) -> Any:
    return next(item for item in told["signed_attrs"] if item["type"].native == kind)


def _without(kind: str) -> Callable[[Any, Any], None]:
    def change(_signed: Any, told: Any) -> None:
        told["signed_attrs"] = cms.CMSAttributes([item for item in told["signed_attrs"] if item["type"].native != kind])

    return change


def _generalized(_signed: Any, told: Any) -> None:
    kept = [item for item in told["signed_attrs"] if item["type"].native != "signing_time"]
    told["signed_attrs"] = cms.CMSAttributes([*kept, {"type": "signing_time", "values": [cms.Time({"generalized_time": core.GeneralizedTime(NOW)})]}])


def _digested(content: bytes, name: str) -> Callable[[Any, Any], None]:
    """Everything by another digest algorithm."""

    def change(signed: Any, told: Any) -> None:
        signed["digest_algorithms"] = [{"algorithm": name}]
        told["digest_algorithm"] = {"algorithm": name}
        told["signature_algorithm"] = {"algorithm": f"{name}_ecdsa"}
        _attribute(told, "message_digest")["values"] = [hashlib.new(name, content).digest()]

    return change


def _rsa(content: bytes, _pinned: Signer) -> bytes:
    return changed(content, signer(rsa.generate_private_key(65537, 2048)), lambda _signed, told: told.__setitem__("signature_algorithm", {"algorithm": "sha256_rsa"}))


def _another_hash(content: bytes, _pinned: Signer) -> bytes:
    """A certificate signed with SHA-1 (its library refuses, so it is signed by hand)."""
    by = signer()
    loaded = asn1_x509.Certificate.load(by.certificate)
    loaded["tbs_certificate"]["signature"] = {"algorithm": "sha1_ecdsa"}
    loaded["signature_algorithm"] = {"algorithm": "sha1_ecdsa"}
    loaded["signature_value"] = by.sign(loaded["tbs_certificate"].dump(force=True), SHA1)
    return seal(content, Signer(by.key, loaded.dump(force=True)))


def _doubled(content: bytes, pinned: Signer) -> bytes:
    """Two signatures, each valid, by two certificates."""
    mine = signer(name=OTHER)
    other = cms.ContentInfo.load(seal(content, mine))["content"]["signer_infos"][0]
    return changed(content, pinned, lambda signed, told: (
        signed.__setitem__("certificates", [_choice(pinned.certificate), _choice(mine.certificate)]), signed.__setitem__("signer_infos", [told, other]), None)[-1])  # fmt: skip


def _other_extension(content: bytes, _pinned: Signer) -> bytes:
    """A certificate with its key usage twice."""
    by = signer()
    loaded = asn1_x509.Certificate.load(by.certificate)
    extensions = loaded["tbs_certificate"]["extensions"]
    loaded["tbs_certificate"]["extensions"] = [*extensions, extensions[1]]
    loaded["signature_value"] = by.sign(loaded["tbs_certificate"].dump(force=True))
    return seal(content, Signer(by.key, loaded.dump(force=True)))


def _unsigned(content: bytes, by: Signer) -> bytes:
    return changed(content, by, lambda _signed, told: told.__setitem__("unsigned_attrs", [{"type": "1.2.3.4", "values": [core.Integer(1)]}]))


def _identified(content: bytes, by: Signer) -> bytes:
    def change(_signed: Any, told: Any) -> None:
        told["version"] = "v3"
        told["sid"] = cms.SignerIdentifier("subject_key_identifier", core.OctetString(b"x" * 20).retag({"implicit": 0}))

    return changed(content, by, change)


def _indefinite(content: bytes, by: Signer) -> bytes:
    """The outermost length left open, which BER allows."""
    good = seal(content, by)
    return b"\x30\x80" + good[4:] + b"\0\0"


def _lengthened(content: bytes, by: Signer) -> bytes:
    """A length with a zero before it, which BER allows."""
    good = seal(content, by)
    return b"\x30\x83\x00" + good[2:]


def _tail_in_value(content: bytes, by: Signer) -> bytes:
    """A byte behind the two numbers of the signature value."""
    attributes, _ = sealing._only_encoding(by.certificate, content, NOW, b"")
    return sealing._only_encoding(by.certificate, content, NOW, by.sign(attributes) + b"\0")[1]


def _impostor(content: bytes, _pinned: Signer) -> bytes:
    """A certificate that names itself its issuer, and another key signed it."""
    return seal(content, signer(issuer_key=ec.generate_private_key(ec.SECP256R1())))


def _issued(content: bytes, _pinned: Signer) -> bytes:
    return seal(content, signer(issuer=OTHER, issuer_key=ec.generate_private_key(ec.SECP256R1())))


def _spliced(content: bytes, by: Signer) -> bytes:
    """The certificate's words changed after it was signed: it is valid for longer."""
    loaded = asn1_x509.Certificate.load(by.certificate)
    loaded["tbs_certificate"]["validity"]["not_after"] = asn1_x509.Time({"utc_time": core.UTCTime(NOW + 9 * DAY)})
    return seal(content, Signer(by.key, loaded.dump(force=True)))


SEALS: dict[str, Callable[[bytes, Signer], bytes]] = {
    "the pinned certificate before the one that signed": lambda content, pinned: carrying(content, signer(name=OTHER), pinned),
    "another certificate before the pinned one that signed": lambda content, pinned: carrying(content, pinned, signer(name=OTHER)),
    "the pinned certificate twice": lambda content, pinned: carrying(content, pinned, pinned),
    "two signatures by two certificates": _doubled,
    "the same signature twice": lambda content, pinned: changed(content, pinned, lambda signed, told: signed.__setitem__("signer_infos", [told, told])),
    "no signature": lambda content, pinned: changed(content, pinned, lambda signed, _told: signed.__setitem__("signer_infos", [])),
    "no certificate": lambda content, pinned: changed(content, pinned, lambda signed, _told: signed.__setitem__("certificates", [])),
    "a certificate that had expired": lambda content, _pinned: seal(content, signer(ends=NOW - timedelta(seconds=1))),
    "a certificate that is not valid yet": lambda content, _pinned: seal(content, signer(begins=NOW + timedelta(seconds=1))),
    "an RSA key": _rsa,
    "another curve": lambda content, _pinned: seal(content, signer(ec.generate_private_key(ec.SECP384R1()))),
    "a smaller curve": lambda content, _pinned: seal(content, signer(ec.generate_private_key(ec.SECP224R1()))),
    "a certificate signed with SHA-1": _another_hash,
    "a certificate signed with SHA-512": lambda content, _pinned: seal(content, signer(hashed=hashes.SHA512())),
    "digests of SHA-1": lambda content, pinned: changed(content, pinned, _digested(content, "sha1"), SHA1),
    "digests of SHA-512": lambda content, pinned: changed(content, pinned, _digested(content, "sha512"), hashes.SHA512()),
    "a certificate of another issuer": _issued,
    "a certificate that names itself its issuer": _impostor,
    "a certificate changed after it was signed": _spliced,
    "a certificate without a key usage": lambda content, _pinned: seal(content, signer(plain=True)),
    "a certificate of an authority": lambda content, _pinned: seal(content, signer(usage={"key_cert_sign": True})),
    "a certificate for keys only": lambda content, _pinned: seal(content, signer(usage={"digital_signature": False, "content_commitment": False, "key_encipherment": True})),
    "a certificate without non-repudiation": lambda content, _pinned: seal(content, signer(usage={"content_commitment": False})),
    "a key usage that is not critical": lambda content, _pinned: seal(content, signer(critical=False)),
    "a key usage that stands twice": _other_extension,
    "bytes behind the signature file": lambda content, pinned: seal(content, pinned) + b"\0",
    "another signature file behind it": lambda content, pinned: seal(content, pinned) + seal(content, signer()),
    "unsigned attributes": _unsigned,
    "a length left open": _indefinite,
    "a length with a zero": _lengthened,
    "bytes inside the signature value": _tail_in_value,
    "a signer named by his key": _identified,
    "no signing time": lambda content, pinned: changed(content, pinned, _without("signing_time")),
    "a signing time of another kind": lambda content, pinned: changed(content, pinned, _generalized),
    "no reference to the certificate": lambda content, pinned: changed(content, pinned, _without("signing_certificate_v2")),
    "the content inside": lambda content, pinned: changed(content, pinned, lambda signed, _told: signed.__setitem__("encap_content_info", {"content_type": "data", "content": content})),
    "other content": lambda content, pinned: seal(content + b"\n", pinned),
    "a key that is not the certificate's": lambda content, pinned: seal(content, Signer(ec.generate_private_key(ec.SECP256R1()), pinned.certificate)),
    "PEM": lambda content, pinned: b"-----BEGIN CMS-----\n" + seal(content, pinned) + b"\n-----END CMS-----\n",
    "nothing": lambda _content, _pinned: b"",
    "too much": lambda content, pinned: seal(content, pinned) + bytes(20_000),
}  # fmt: skip
"""Every way to seal that is none, by what is wrong with it; the second argument is the signer that somebody pins."""
ALREADY_REFUSED = {
    "no signature", "no certificate", "a certificate of another issuer", "a certificate that names itself its issuer",
    "a certificate changed after it was signed", "a certificate for keys only", "a key usage that stands twice",
    "bytes inside the signature value", "no reference to the certificate", "other content",
    "a key that is not the certificate's",
}  # fmt: skip
"""What the script refused from the beginning."""
