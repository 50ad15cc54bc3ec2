"""Detached CAdES-B signatures, ECDSA P-256 with SHA-256 (ETSI EN 319 122-1).

pyHanko makes them. They are checked by rebuilding: three parts are free (certificate, signing time,
signature value), the rest has exactly one encoding, so that no byte of a signature file can change
unnoticed. Signatures laid out by other tools are refused, on purpose.
"""

from __future__ import annotations

import asyncio
import hashlib
from dataclasses import dataclass
from datetime import UTC, datetime

from asn1crypto import cms, core, tsp
from asn1crypto import x509 as asn1_x509
from cryptography import x509
from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric import utils as ec_utils

from equalis.archive.keys import PROFILE, RunnerKey

MAX_BYTES = 16_384
_UTC_TIME_YEARS = range(1950, 2050)


class SealError(Exception):
    """Bytes that are not exactly one valid seal of what they should seal; the text says why."""


@dataclass(frozen=True, slots=True)
class Seal:
    """A seal that holds: the signer's certificate (DER) and the time that the signer claims."""

    certificate: bytes
    claimed: datetime

    @property
    def fingerprint(self) -> str:
        """The SHA-256 of the certificate, in hex: what a relying party pins."""
        return hashlib.sha256(self.certificate).hexdigest()

    @property
    def subject(self) -> str:
        """The common name of the signer."""
        return x509.load_der_x509_certificate(self.certificate).subject.rfc4514_string()


def sign(content: bytes, key: RunnerKey, now: datetime) -> bytes:
    """Seal bytes; not to be called from inside a running event loop."""
    from pyhanko.sign.signers import pdf_cms  # noqa: PLC0415 - a second of import, only to seal

    when = now.astimezone(UTC).replace(microsecond=0)
    if when.year not in _UTC_TIME_YEARS:
        message = "the signing time does not fit UTCTime"
        raise SealError(message)
    signer = pdf_cms.SimpleSigner.load_pkcs12_data(key.pkcs12, other_certs=(), passphrase=key.passphrase)
    if signer is None:
        message = "the runner's key cannot be opened with its passphrase"
        raise SealError(message)
    settings = pdf_cms.PdfCMSSignedAttributes(signing_time=when)
    made = asyncio.run(signer.async_sign_general_data(
        content, "sha256", detached=True, use_cades=True, signed_attr_settings=settings
    ))  # fmt: skip
    return bytes(made.dump())


def verify(seal: bytes, content: bytes) -> Seal:
    """Check a seal over bytes; raises SealError. Which signer to trust is for the caller to say."""
    if len(seal) > MAX_BYTES:
        message = "the signature file is too long"
        raise SealError(message)
    try:
        certificate, when, signature = _free_parts(seal)
        attributes, expected = _only_encoding(certificate, content, when, signature)
    except Exception as error:
        message = "the signature file cannot be read"
        raise SealError(message) from error
    if expected != seal:
        message = "the signature is not one over these bytes in its only form"
        raise SealError(message)
    _check_signer(certificate, when, signature, attributes)
    return Seal(certificate, when)


def _free_parts(seal: bytes) -> tuple[bytes, datetime, bytes]:
    signed = cms.ContentInfo.load(seal, strict=True)["content"]
    (choice,) = signed["certificates"]
    (signer,) = signed["signer_infos"]
    (when,) = [item["values"][0].native for item in signer["signed_attrs"]
               if item["type"].native == "signing_time"]  # fmt: skip
    if not isinstance(when, datetime) or when.tzinfo is None:
        message = "no signing time"
        raise SealError(message)
    return bytes(choice.chosen.dump()), when, bytes(signer["signature"].native)


def _only_encoding(
    certificate: bytes, content: bytes, when: datetime, signature: bytes
) -> tuple[bytes, bytes]:
    """The signed attributes, and the whole file, as they must be for these parts."""
    loaded = asn1_x509.Certificate.load(certificate, strict=True)
    serial = loaded["tbs_certificate"]["serial_number"]
    sha256 = {"algorithm": "sha256"}
    issuer = [asn1_x509.GeneralName({"directory_name": loaded.issuer})]
    identifier = tsp.ESSCertIDv2({
        "hash_algorithm": sha256, "cert_hash": hashlib.sha256(certificate).digest(),
        "issuer_serial": {"issuer": issuer, "serial_number": serial},
    })  # fmt: skip
    attributes = cms.CMSAttributes([
        {"type": "content_type", "values": ["data"]},
        {"type": "message_digest", "values": [hashlib.sha256(content).digest()]},
        {"type": "signing_certificate_v2", "values": [{"certs": [identifier]}]},
        {"type": "signing_time", "values": [cms.Time({"utc_time": core.UTCTime(when)})]},
    ])  # fmt: skip
    signed = bytes(attributes.dump())
    signer = cms.SignerInfo({
        "version": "v1",
        "sid": {"issuer_and_serial_number": {"issuer": loaded.issuer, "serial_number": serial}},
        "digest_algorithm": sha256, "signed_attrs": attributes,
        "signature_algorithm": {"algorithm": "sha256_ecdsa"}, "signature": signature,
    })  # fmt: skip
    data = cms.SignedData({
        "version": "v1", "digest_algorithms": [sha256], "encap_content_info": {"content_type": "data"},
        "certificates": [cms.CertificateChoices("certificate", loaded)], "signer_infos": [signer],
    })  # fmt: skip
    return signed, bytes(cms.ContentInfo({"content_type": "signed_data", "content": data}).dump())


def _check_signer(certificate: bytes, when: datetime, signature: bytes, attributes: bytes) -> None:
    """The key is P-256, the certificate has the runner's profile, and the signature holds."""
    try:
        loaded = x509.load_der_x509_certificate(certificate)
        key = loaded.public_key()
        usage = loaded.extensions.get_extension_for_class(x509.KeyUsage)
        if not isinstance(key, ec.EllipticCurvePublicKey) or not isinstance(key.curve, ec.SECP256R1):
            message = "the signer's key is not P-256"
            raise SealError(message)
        if loaded.signature_algorithm_oid != x509.SignatureAlgorithmOID.ECDSA_WITH_SHA256:
            message = "the signer's certificate is not ECDSA with SHA-256"
            raise SealError(message)
        if not usage.critical or usage.value != PROFILE:
            message = "the signer's certificate is not for signatures"
            raise SealError(message)
        if not loaded.not_valid_before_utc <= when <= loaded.not_valid_after_utc:
            message = "the signing time is outside the certificate's validity"
            raise SealError(message)
        loaded.verify_directly_issued_by(loaded)
        if ec_utils.encode_dss_signature(*ec_utils.decode_dss_signature(signature)) != signature:
            message = "the signature value has another encoding"
            raise SealError(message)
        key.verify(signature, attributes, ec.ECDSA(hashes.SHA256()))
    except (InvalidSignature, UnsupportedAlgorithm, ValueError, TypeError, x509.DuplicateExtension,
            x509.ExtensionNotFound, x509.InvalidVersion, x509.UnsupportedGeneralNameType) as error:  # fmt: skip
        message = "the signature or the signer's certificate does not hold"
        raise SealError(message) from error
