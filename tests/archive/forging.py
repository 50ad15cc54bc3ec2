"""What a forger makes: signers, seals and containers, right but for what is changed in them."""

from __future__ import annotations

import hashlib
import io
import struct
import zipfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.hazmat.primitives.serialization import Encoding

from equalis.archive import container
from equalis.archive import seal as sealing
from equalis.archive.container import MANIFEST, SIGNATURE
from equalis.archive.keys import PROFILE

NOW = datetime.now(UTC).replace(microsecond=0)
DAY = timedelta(days=1)
Entries = list[tuple[str, bytes]]
OTHER = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "another runner")])
NAME = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "equalis runner (self-issued)")])
USAGE = {name: getattr(PROFILE, name) for name in (
    "digital_signature", "content_commitment", "key_encipherment", "data_encipherment", "key_agreement", "key_cert_sign", "crl_sign")}  # fmt: skip


@dataclass(frozen=True)
class Signer:
    """A key and its certificate."""

    key: Any
    certificate: bytes

    @property
    def fingerprint(self) -> str:
        return hashlib.sha256(self.certificate).hexdigest()

    def sign(self, content: bytes, hashed: hashes.HashAlgorithm | None = None) -> bytes:
        hashed = hashed or hashes.SHA256()
        if isinstance(self.key, rsa.RSAPrivateKey):
            return self.key.sign(content, padding.PKCS1v15(), hashed)
        return bytes(self.key.sign(content, ec.ECDSA(hashed)))


def signer(  # noqa: PLR0913 - one parameter for each thing that may be wrong
    key: Any = None, *, begins: datetime = NOW - DAY, ends: datetime = NOW + DAY, usage: Mapping[str, bool] | None = None, critical: bool = True,
    hashed: hashes.SHA512 | None = None, name: x509.Name = NAME, issuer: x509.Name | None = None, issuer_key: Any = None, plain: bool = False,
) -> Signer:  # fmt: skip
    """A self-issued signer as equalis makes them, but for what is said."""
    key = key or ec.generate_private_key(ec.SECP256R1())
    builder = (
        x509.CertificateBuilder().subject_name(name).issuer_name(issuer or name).public_key(key.public_key())
        .serial_number(x509.random_serial_number()).not_valid_before(begins).not_valid_after(ends)
    )  # fmt: skip
    if not plain:
        said = x509.KeyUsage(**{**USAGE, **(usage or {})}, encipher_only=False, decipher_only=False)
        builder = builder.add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True).add_extension(said, critical=critical)
    return Signer(key, builder.sign(issuer_key or key, hashed or hashes.SHA256()).public_bytes(Encoding.DER))


def seal(content: bytes, by: Signer, when: datetime = NOW) -> bytes:
    """A seal in the only form that there is."""
    attributes, _ = sealing._only_encoding(by.certificate, content, when, b"")
    return sealing._only_encoding(by.certificate, content, when, by.sign(attributes))[1]


def entries(path: Path) -> Entries:
    """The entries of a zip, in their order."""
    with zipfile.ZipFile(path) as archive:
        return [(info.filename, archive.read(info)) for info in archive.infolist()]


def zipped(path: Path, found: Entries, change: Callable[[zipfile.ZipInfo], None] = lambda _info: None) -> Path:
    """A zip of entries, in this order, in the form of a bundle but for what is changed."""
    with zipfile.ZipFile(path, "w") as archive:
        for name, content in found:
            info = container._info("x")
            info.filename = info.orig_filename = name
            change(info)
            archive.writestr(info, content)
    return path


def written(
    path: Path, files: Mapping[str, bytes], sealed: Callable[[bytes], bytes], change: Callable[[bytes], bytes] = lambda listing: listing,
) -> Path:  # fmt: skip
    """A bundle of files, its manifest changed before it is sealed."""
    listing = change(container.manifest(files))
    found = {**files, MANIFEST: listing, SIGNATURE: sealed(listing)}
    return zipped(path, [("mimetype", container.MIMETYPE.encode()), *((name, found[name]) for name in sorted(found))])


def _places(content: bytes, name: str) -> tuple[int, int]:
    """Where the header of a file and its line in the directory begin."""
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        return archive.getinfo(name).header_offset, content.rindex(name.encode()) - 46


def flagged(content: bytes, name: str, flag: int) -> bytes:
    """A flag of a file set, in both places."""
    local, central = _places(content, name)
    return _put(_put(content, local + 6, struct.pack("<H", flag)), central + 8, struct.pack("<H", flag))


def checksum(content: bytes, name: str) -> bytes:
    """Another checksum of a file, in both places."""
    local, central = _places(content, name)
    return _put(_put(content, local + 14, b"\0\0\0\0"), central + 16, b"\0\0\0\0")


def renamed(content: bytes, name: str, local_name: bytes, listed_name: bytes) -> bytes:
    """Other names of a file, as long as its own, before its bytes and in the directory."""
    local, central = _places(content, name)
    return _put(_put(content, local + 30, local_name), central + 46, listed_name)


def _put(content: bytes, place: int, piece: bytes) -> bytes:
    return content[:place] + piece + content[place + len(piece) :]
