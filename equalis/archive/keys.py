"""The runner's key: a PKCS#12 file, self-issued once on a fresh machine (trust.md, "Keys")."""

from __future__ import annotations

import os
import secrets
import stat
import sys
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import pkcs12

VALIDITY = timedelta(days=3650)
PROFILE = x509.KeyUsage(
    digital_signature=True, content_commitment=True, key_encipherment=False, data_encipherment=False,
    key_agreement=False, key_cert_sign=False, crl_sign=False, encipher_only=False, decipher_only=False,
)  # fmt: skip


class KeyFileError(Exception):
    """The runner's key cannot be used; the text says why and how to mend it."""


@dataclass(frozen=True, slots=True)
class RunnerKey:
    """The key file and its passphrase; ``made`` when it was issued just now."""

    pkcs12: bytes
    passphrase: bytes
    made: bool


def load(folder: Path) -> RunnerKey:
    """The runner's key in a folder; made there when there is none. Raises KeyFileError."""
    path, word = folder / "runner.p12", folder / "runner.passphrase"
    made = not path.exists()
    if made:
        folder.mkdir(parents=True, exist_ok=True)
        passphrase = secrets.token_hex(16).encode()
        _private(word, passphrase)
        _private(path, self_issued(passphrase, datetime.now(UTC)))
    for file in (path, word):
        _check_mode(file)
    return RunnerKey(path.read_bytes(), word.read_bytes().strip(), made)


def _private(path: Path, content: bytes) -> None:
    path.unlink(missing_ok=True)
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as stream:
        stream.write(content)


def _check_mode(path: Path) -> None:
    """Refuse a key that others may read (Windows has no such modes; its ACLs protect the profile)."""
    try:
        mode = path.stat().st_mode
    except OSError as error:
        message = f"{path} cannot be read: {error.strerror}"
        raise KeyFileError(message) from None
    if sys.platform != "win32" and stat.S_IMODE(mode) & 0o077:
        message = f"{path} may be read by others; run: chmod 600 {path}"
        raise KeyFileError(message)


def self_issued(passphrase: bytes, now: datetime) -> bytes:
    """A PKCS#12 with a new P-256 key and its own certificate."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "equalis runner (self-issued)")])
    identifier = x509.SubjectKeyIdentifier.from_public_key(key.public_key())
    certificate = (
        x509.CertificateBuilder().subject_name(name).issuer_name(name).public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(minutes=5)).not_valid_after(now + VALIDITY)
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(PROFILE, critical=True)
        .add_extension(identifier, critical=False)
        .sign(key, hashes.SHA256())
    )  # fmt: skip
    protection = serialization.BestAvailableEncryption(passphrase)
    return pkcs12.serialize_key_and_certificates(b"equalis runner", key, certificate, None, protection)
