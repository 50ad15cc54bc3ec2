"""The test PKI of the embedded environment, made on first use; its names say EMBEDDED."""

from __future__ import annotations

import ipaddress
import os
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.x509.oid import ExtendedKeyUsageOID

from equalis.model.embedded import ANSWERED
from equalis.services.port import Identity

YEARS = timedelta(days=3650)
OTHER_PARTY = "other-party"
"""Whoever equalis plays itself: a pharmacy, another practice."""
_PARTIES = ("gateway", "solution", OTHER_PARTY, *ANSWERED)


@dataclass(frozen=True, slots=True)
class Pki:
    """The folder with the keys, and each party's identity in memory."""

    folder: Path
    authority: bytes
    identities: dict[str, Identity]

    @property
    def authority_file(self) -> Path:
        """The PEM of the authority that the solution must trust."""
        return self.folder / "authority.pem"

    @property
    def credentials(self) -> dict[str, str]:
        """The test identity of the solution and the authority to trust, as PEM."""
        certificate, key = self.files("solution")
        return {"authority": self.authority.decode(), "certificate": certificate.read_text(), "key": key.read_text()}

    def files(self, party: str) -> tuple[Path, Path]:
        """The certificate and key files of a party."""
        return self.folder / f"{party}.pem", self.folder / f"{party}.key"


def load(folder: Path, hosts: Sequence[str] = (), lifetime: timedelta = YEARS) -> Pki:
    """The PKI in a folder; made there when it is missing, incomplete or about to expire.

    ``hosts`` are names besides localhost that the gateway's certificate shall have.
    """
    names = [f"{party}.{kind}" for party in (*_PARTIES, *DISGUISES) for kind in ("pem", "key")]
    complete = all((folder / name).is_file() for name in ("authority.pem", *names))
    if not complete or _expiring(folder / "authority.pem"):
        _make(folder, ("localhost", *hosts), lifetime)
    identities = {party: _identity(folder, party) for party in _PARTIES}
    identities["stranger"] = _identity(folder, "unknown-authority")
    return Pki(folder, (folder / "authority.pem").read_bytes(), identities)


def _expiring(path: Path) -> bool:
    certificate = x509.load_pem_x509_certificate(path.read_bytes())
    return certificate.not_valid_after_utc < datetime.now(UTC) + timedelta(days=30)


def _identity(folder: Path, party: str) -> Identity:
    certificate = x509.load_pem_x509_certificate((folder / f"{party}.pem").read_bytes())
    public = certificate.public_key().public_bytes(
        serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
    )
    der = certificate.public_bytes(serialization.Encoding.DER)
    return Identity((folder / f"{party}.key").read_bytes(), der, public)


DISGUISES = ("unknown-authority", "expired-certificate", "wrong-name")


def _make(folder: Path, hosts: Sequence[str], lifetime: timedelta) -> None:
    """Make the authority, every party, and the wrong server certificates of the disturbances."""
    folder.mkdir(parents=True, exist_ok=True)
    now = datetime.now(UTC)
    span = (now - timedelta(hours=1), now + lifetime)
    authority_key, authority = _authority("equalis EMBEDDED test authority", span)
    stranger_key, stranger = _authority("equalis EMBEDDED unknown authority", span)
    issuer, other = (authority, authority_key), (stranger, stranger_key)
    for party in _PARTIES:
        _write(folder, party, *_leaf(f"equalis EMBEDDED {party}", issuer, span, hosts))
    past = (now - timedelta(days=30), now - timedelta(days=1))
    _write(folder, "unknown-authority", *_leaf("equalis EMBEDDED gateway", other, span, hosts))
    _write(folder, "expired-certificate", *_leaf("equalis EMBEDDED gateway", issuer, past, hosts))
    _write(folder, "wrong-name", *_leaf("equalis EMBEDDED gateway", issuer, span, ("elsewhere.invalid",)))
    (folder / "authority.pem").write_bytes(authority.public_bytes(serialization.Encoding.PEM))


def _key() -> rsa.RSAPrivateKey:
    return rsa.generate_private_key(public_exponent=65537, key_size=2048)


def _name(common: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, common)])


def _authority(common: str, span: tuple[datetime, datetime]) -> tuple[rsa.RSAPrivateKey, x509.Certificate]:
    key = _key()
    usage = x509.KeyUsage(
        digital_signature=False, content_commitment=False, key_encipherment=False, data_encipherment=False,
        key_agreement=False, key_cert_sign=True, crl_sign=True, encipher_only=False, decipher_only=False,
    )  # fmt: skip
    certificate = (
        x509.CertificateBuilder().subject_name(_name(common)).issuer_name(_name(common))
        .public_key(key.public_key()).serial_number(x509.random_serial_number())
        .not_valid_before(span[0]).not_valid_after(span[1])
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .add_extension(usage, critical=True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
        .sign(key, hashes.SHA256())
    )  # fmt: skip
    return key, certificate


def _general(host: str) -> x509.GeneralName:
    """A name or an address as a certificate has it."""
    try:
        return x509.IPAddress(ipaddress.ip_address(host))
    except ValueError:
        return x509.DNSName(host)


def _leaf(
    common: str, issuer: tuple[x509.Certificate, rsa.RSAPrivateKey],
    span: tuple[datetime, datetime], hosts: Sequence[str],
) -> tuple[x509.Certificate, rsa.RSAPrivateKey]:  # fmt: skip
    key = _key()
    names: list[x509.GeneralName] = [_general(host) for host in hosts]
    if "localhost" in hosts:
        names += [x509.IPAddress(ipaddress.ip_address(address)) for address in ("127.0.0.1", "::1")]
    usages = [ExtendedKeyUsageOID.SERVER_AUTH, ExtendedKeyUsageOID.CLIENT_AUTH]
    authority_id = x509.AuthorityKeyIdentifier.from_issuer_public_key(issuer[1].public_key())
    certificate = (
        x509.CertificateBuilder().subject_name(_name(common)).issuer_name(issuer[0].subject)
        .public_key(key.public_key()).serial_number(x509.random_serial_number())
        .not_valid_before(span[0]).not_valid_after(span[1])
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(x509.SubjectAlternativeName(names), critical=False)
        .add_extension(x509.ExtendedKeyUsage(usages), critical=False)
        .add_extension(authority_id, critical=False)
        .sign(issuer[1], hashes.SHA256())
    )  # fmt: skip
    return certificate, key


def _write(folder: Path, party: str, certificate: x509.Certificate, key: rsa.RSAPrivateKey) -> None:
    (folder / f"{party}.pem").write_bytes(certificate.public_bytes(serialization.Encoding.PEM))
    path = folder / f"{party}.key"
    path.unlink(missing_ok=True)
    content = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as stream:
        stream.write(content)
