"""The zip that carries a mémoire to eAdministrative: its entries, taken apart with care."""

from __future__ import annotations

import io
import struct
import zipfile
import zlib
from dataclasses import dataclass

from equalis.wire.unreadable import UnreadableError

MAX_ENTRIES = 64
MAX_BYTES = 16 << 20
METHODS = frozenset({zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED})
"""What every reader of zips knows (APPNOTE §4.4.5); the others may ask for more memory than there is."""
BROKEN = (
    zipfile.BadZipFile, zlib.error, struct.error, LookupError, NotImplementedError, RuntimeError, ValueError, EOFError, OverflowError, OSError,
)  # fmt: skip
"""What Python's reader of zips raises for bytes that are none, or that it cannot unpack."""


@dataclass(frozen=True, slots=True)
class Entry:
    """One file of a zip: its name as written, and its bytes."""

    name: str
    content: bytes


def read(content: bytes) -> tuple[Entry, ...]:
    """Every file of a zip, in order; raises UnreadableError for a bomb or what is no zip."""
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            infos = [info for info in archive.infolist() if not info.filename.endswith("/")]
            if len(infos) > MAX_ENTRIES or sum(info.file_size for info in infos) > MAX_BYTES:
                message = "the zip holds too much"
                raise UnreadableError(message)
            if any(info.compress_type not in METHODS for info in infos):
                message = "the zip is packed by another method than deflate"
                raise UnreadableError(message)
            return tuple(Entry(info.filename, _content(archive, info)) for info in infos)
    except BROKEN as error:
        message = f"not a zip: {error}"
        raise UnreadableError(message) from None


def _content(archive: zipfile.ZipFile, info: zipfile.ZipInfo) -> bytes:
    with archive.open(info) as stream:
        content = stream.read(MAX_BYTES + 1)
    if len(content) > MAX_BYTES:
        message = "the zip holds too much"
        raise UnreadableError(message)
    return content
