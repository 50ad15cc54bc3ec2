"""The zip that carries a mémoire to eAdministrative: its entries, taken apart with care."""

from __future__ import annotations

import io
import zipfile
import zlib
from dataclasses import dataclass

from equalis.wire.unreadable import UnreadableError

MAX_ENTRIES = 64
MAX_BYTES = 16 << 20


@dataclass(frozen=True, slots=True)
class Entry:
    """One file of a zip: its name as written, and its bytes."""

    name: str
    content: bytes


def read(content: bytes) -> tuple[Entry, ...]:
    """Every file of a zip, in order; raises UnreadableError for a bomb or what is no zip."""
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            infos = [info for info in archive.infolist() if not info.is_dir()]
            if len(infos) > MAX_ENTRIES or sum(info.file_size for info in infos) > MAX_BYTES:
                message = "the zip holds too much"
                raise UnreadableError(message)
            return tuple(Entry(info.filename, _content(archive, info)) for info in infos)
    except (zipfile.BadZipFile, zlib.error, NotImplementedError, RuntimeError, ValueError, EOFError,
            OSError) as error:  # fmt: skip
        message = f"not a zip: {error}"
        raise UnreadableError(message) from None


def _content(archive: zipfile.ZipFile, info: zipfile.ZipInfo) -> bytes:
    with archive.open(info) as stream:
        content = stream.read(MAX_BYTES + 1)
    if len(content) > MAX_BYTES:
        message = "the zip holds too much"
        raise UnreadableError(message)
    return content
