"""The bundle: an ASiC-E container with CAdES (ETSI EN 319 162-1), written one way only.

Entries are stored, not deflated: the same files give the same bytes everywhere, and reading means
rebuilding the container and comparing, so that no byte of the zip's own structures can differ.
"""

from __future__ import annotations

import base64
import errno
import hashlib
import stat
import tempfile
import zipfile
import zlib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import IO
from xml.sax.saxutils import quoteattr

from lxml import etree

from equalis.archive import private_files
from equalis.wire import strict_xml
from equalis.wire.unreadable import UnreadableError

MIMETYPE = "application/vnd.etsi.asic-e+zip"
MANIFEST = "META-INF/ASiCManifest001.xml"
SIGNATURE = "META-INF/signature001.p7s"
ASIC = "http://uri.etsi.org/02918/v1.2.1#"
DS = "http://www.w3.org/2000/09/xmldsig#"
SHA256 = "http://www.w3.org/2001/04/xmlenc#sha256"
MAX_TOTAL = 1 << 30
_EPOCH = (1980, 1, 1, 0, 0, 0)
_CHUNK = 1 << 20


class ContainerError(Exception):
    """A file that is not exactly a bundle of ours; the text says why."""


def manifest(files: Mapping[str, bytes]) -> bytes:
    """The manifest of data objects with their digests (EN 319 162-1 §A.4), one a line."""
    lines = [
        '<?xml version="1.0" encoding="UTF-8"?>',
        f'<asic:ASiCManifest xmlns:asic="{ASIC}" xmlns:ds="{DS}">',
        f'<asic:SigReference URI="{SIGNATURE}" MimeType="application/pkcs7-signature"/>',
    ]
    for name in sorted(files):
        digest = base64.b64encode(hashlib.sha256(files[name]).digest()).decode()
        lines.append(
            f"<asic:DataObjectReference URI={quoteattr(name)}>"
            f'<ds:DigestMethod Algorithm="{SHA256}"/><ds:DigestValue>{digest}</ds:DigestValue>'
            "</asic:DataObjectReference>"
        )
    lines.append("</asic:ASiCManifest>")
    return ("\n".join(lines) + "\n").encode()


def listed(content: bytes) -> dict[str, str]:
    """The name and digest of each data object of a manifest; raises ContainerError."""
    try:
        root = strict_xml.parse(content)
    except UnreadableError as error:
        message = f"the manifest cannot be read: {error}"
        raise ContainerError(message) from None
    found: dict[str, str] = {}
    for reference in root.findall(f"{{{ASIC}}}DataObjectReference"):
        name = reference.get("URI") or ""
        if name in found:
            message = f"the manifest lists {name!r} twice"
            raise ContainerError(message)
        found[name] = _digest(reference)
    return found


def _digest(reference: etree._Element) -> str:
    method, value = reference.find(f"{{{DS}}}DigestMethod"), reference.find(f"{{{DS}}}DigestValue")
    if method is None or value is None or method.get("Algorithm") != SHA256:
        message = "the manifest has a reference without a SHA-256 digest"
        raise ContainerError(message)
    try:
        return base64.b64decode(strict_xml.text(value), validate=True).hex()
    except ValueError:
        message = "the manifest has a digest that is not base64"
        raise ContainerError(message) from None


def write(path: Path, files: Mapping[str, bytes]) -> None:
    """Write a container: the mimetype first, then every file by name. Raises OSError."""
    partial = path.with_name(path.name + ".part")
    with private_files.create(partial) as stream:
        _write(stream, ((name, files[name]) for name in sorted(files)))
    partial.replace(path)


def _write(stream: IO[bytes], files: Iterable[tuple[str, bytes]]) -> None:
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_STORED) as archive:
        archive.writestr(_info("mimetype"), MIMETYPE)
        for name, content in files:
            archive.writestr(_info(name), content)


def _info(name: str) -> zipfile.ZipInfo:
    info = zipfile.ZipInfo(name, _EPOCH)
    info.create_system = 3
    info.external_attr = 0o644 << 16
    return info


@dataclass(frozen=True, slots=True)
class Container(Mapping[str, bytes]):
    """The files of a container that was found to be whole; each is read when asked for."""

    archive: zipfile.ZipFile
    names: tuple[str, ...]

    def __getitem__(self, name: str) -> bytes:
        """The bytes of a file; raises KeyError."""
        return self.archive.read(name)

    def __contains__(self, name: object) -> bool:
        """Whether a file of that name is there."""
        return name in self.archive.NameToInfo

    def __iter__(self) -> Iterator[str]:
        """The names, in the order of the container."""
        return iter(self.names)

    def __len__(self) -> int:
        """How many files there are."""
        return len(self.names)


def read(path: Path) -> Container:
    """Open a container; raises ContainerError unless its bytes are exactly what ``write`` makes."""
    try:
        archive = zipfile.ZipFile(path)
    except (zipfile.BadZipFile, *_DAMAGE) as error:
        message = f"not a zip that can be read: {error}"
        raise ContainerError(message) from None
    except OSError as error:
        raise _located(error) from None
    try:
        infos = archive.infolist()
        _check_names(infos)
        names = [info.filename for info in infos[1:]]
        with tempfile.TemporaryFile() as rebuilt:
            _write(rebuilt, ((name, archive.read(name)) for name in sorted(names)))
            same = _same(path, rebuilt)
        if not same:
            message = "the zip differs from the only form that a bundle has: something was changed in it"
            raise ContainerError(message)
    except (zipfile.BadZipFile, *_DAMAGE) as error:
        archive.close()
        message = f"not a zip that can be read: {error}"
        raise ContainerError(message) from None
    except OSError as error:
        archive.close()
        raise _located(error) from None
    except ContainerError:
        archive.close()
        raise
    return Container(archive, tuple(names))


_DAMAGE = (zlib.error, NotImplementedError, RuntimeError, EOFError, ValueError, KeyError, OverflowError, MemoryError)


def _located(error: OSError) -> Exception:
    """Offsets that lead nowhere are damage; a full or failing disk is not the bundle's doing."""
    if error.errno == errno.EINVAL:
        return ContainerError("the zip's own structures lead nowhere")
    return error


def _check_names(infos: list[zipfile.ZipInfo]) -> None:
    """Refuse what a bundle never has: twins, other folders, links, compression, too much."""
    if not infos or infos[0].filename != "mimetype":
        message = "the first entry is not `mimetype`"
        raise ContainerError(message)
    seen: set[str] = set()
    for info in infos:
        name = info.filename
        if name.lower() in seen:
            message = f"the entry {name!r} stands twice"
            raise ContainerError(message)
        seen.add(name.lower())
        odd = name.startswith("/") or "\\" in name or ":" in name or ".." in name.split("/")
        link = stat.S_ISLNK(info.external_attr >> 16)
        if odd or link or info.compress_type != zipfile.ZIP_STORED or info.flag_bits & 1:
            message = f"the entry {name!r} is not allowed (path, link, compression or encryption)"
            raise ContainerError(message)
    if sum(info.file_size for info in infos) > MAX_TOTAL:
        message = f"the container holds more than {MAX_TOTAL} bytes"
        raise ContainerError(message)


def _same(path: Path, rebuilt: IO[bytes]) -> bool:
    rebuilt.seek(0)
    with path.open("rb") as original:
        while True:
            left, right = original.read(_CHUNK), rebuilt.read(_CHUNK)
            if left != right:
                return False
            if not left:
                return True
