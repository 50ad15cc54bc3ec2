"""What is packed or written in another alphabet: gzip, zip, base64, UTF-16 and their kin; opened, looked into, packed again."""

from __future__ import annotations

import base64
import codecs
import io
import zipfile
import zlib
from collections.abc import Callable

from equalis.wire import archives, encodings
from equalis.wire.secrecy.names import latin
from equalis.wire.unreadable import UnreadableError

Inside = Callable[[bytes], bytes]
MAX_BYTES = 64 << 20
MAX_ENTRIES = 4096
_GZIP, _ZIP = b"\x1f\x8b\x08", b"PK\x03\x04"
_BASE64 = latin(r"(?:[A-Za-z0-9+/_\-]{24,}(?:\s|\\r|\\n){0,4})+[A-Za-z0-9+/_\-]{0,24}={0,2}")
_MARKS = {
    codecs.BOM_UTF32_LE: "utf-32-le", codecs.BOM_UTF32_BE: "utf-32-be", codecs.BOM_UTF16_LE: "utf-16-le", codecs.BOM_UTF16_BE: "utf-16-be",
}  # fmt: skip
_EBCDIC = b"\x4c\x6f\xa7\x94"
"""``<?xm`` in EBCDIC (XML 1.0, appendix F)."""
_LOOKED = 64
_SIGNED = (b"SignatureValue", b":Assertion ", b"<Assertion ")


class ClosedError(Exception):
    """What is packed cannot be opened."""


def alphabet(content: bytes) -> tuple[str, int]:
    """The encoding of a text that is not written in bytes of ASCII, empty when it is; and how long its byte order mark is."""
    for mark, name in _MARKS.items():
        if content.startswith(mark):
            return name, len(mark)
    if content.startswith(_EBCDIC):
        return "cp037", 0
    sample = content[:_LOOKED]
    for width, name in ((4, "utf-32"), (2, "utf-16")):
        if len(sample) < 2 * width:
            continue
        columns = [sample[place::width] for place in range(width)]
        if all(columns[0]) and not any(map(any, columns[1:])):
            return f"{name}-le", 0
        if all(columns[-1]) and not any(map(any, columns[:-1])):
            return f"{name}-be", 0
    return "", 0


def rewritten(content: bytes, encoding: str, begins: int, inside: Inside) -> bytes:
    """A text in another encoding, looked into as UTF-8; what follows its last whole character is left as it is."""
    width = {"utf-32": 4, "utf-16": 2}.get(encoding[:6], 1)
    ends = len(content) - (len(content) - begins) % width
    try:
        plain = content[begins:ends].decode(encoding, "surrogatepass").encode("utf-8", "surrogatepass")
    except UnicodeError:
        return inside(content)
    changed = inside(plain)
    if changed == plain:
        return content
    return content[:begins] + changed.decode("utf-8", "surrogatepass").encode(encoding, "surrogatepass") + content[ends:]


def opened(content: bytes, inside: Inside) -> bytes:
    """A gzip file or a zip, looked into; raises ClosedError when it is neither, or cannot be opened."""
    if content.startswith(_GZIP):
        return _gzip(content, inside)
    if content.startswith(_ZIP) or zipfile.is_zipfile(io.BytesIO(content)):
        return _zip(content, inside)
    raise ClosedError


def _gzip(content: bytes, inside: Inside) -> bytes:
    parts: list[bytes] = []
    at = size = 0
    while content.startswith(_GZIP, at):
        try:
            part, at = encodings.member(content, at, "gzip", encodings.WINDOWS["gzip"], MAX_BYTES - size)
        except UnreadableError:
            raise ClosedError from None
        parts.append(part)
        size += len(part)
    plain = b"".join(parts)
    changed = inside(plain)
    if changed == plain:
        return content
    writer = zlib.compressobj(wbits=16 + zlib.MAX_WBITS)
    return writer.compress(changed) + writer.flush()


def _zip(content: bytes, inside: Inside) -> bytes:
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            infos = archive.infolist()
            if len(infos) > MAX_ENTRIES or sum(info.file_size for info in infos) > MAX_BYTES:
                raise ClosedError
            entries = [(info, archive.read(info)) for info in infos]
            around = content[: min((info.header_offset for info in infos), default=0)]
            comment = archive.comment
    except (*archives.BROKEN, MemoryError):
        raise ClosedError from None
    changed = [(info, inside(plain)) for info, plain in entries]
    kept = inside(comment)
    same = kept == comment and inside(around) == around
    if same and all(new == plain for (_, new), (_, plain) in zip(changed, entries, strict=True)):
        return content
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w") as archive:
        for info, new in changed:
            archive.writestr(_plainly(info), new)
        archive.comment = kept
    return stream.getvalue()


def _plainly(info: zipfile.ZipInfo) -> zipfile.ZipInfo:
    """An entry of the same name, date and compression; what else was written beside it is left out."""
    try:
        made = zipfile.ZipInfo(info.filename, info.date_time)
    except ValueError:
        made = zipfile.ZipInfo(info.filename)
    made.compress_type = info.compress_type if info.compress_type in {zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED} else zipfile.ZIP_DEFLATED
    made.external_attr, made.create_system = info.external_attr, info.create_system
    return made


def base64_inside(content: bytes, inside: Inside) -> bytes:
    """Long stretches of base64 looked into, but for those of signed tokens."""
    parts: list[bytes] = []
    done = 0
    for match in _BASE64.finditer(content):
        start, end = match.span()
        if content[start - 1 : start] == b"." or content[end : end + 1] == b"." or (found := _decoded(match[0])) is None:
            continue
        plain, table, padded = found
        changed = plain if any(mark in plain for mark in _SIGNED) else inside(plain)
        if changed != plain:
            written = base64.b64encode(changed).translate(table)
            parts += content[done:start], written if padded else written.rstrip(b"=")
            done = end
    return b"".join((*parts, content[done:])) if parts else content


def _decoded(text: bytes) -> tuple[bytes, bytes, bool] | None:
    """The bytes, the table that writes them back in the same alphabet, and whether it is padded; None for what is no base64."""
    packed = b"".join(text.replace(b"\\r", b"").replace(b"\\n", b"").split())
    letters = packed.rstrip(b"=")
    url = b"-" in letters or b"_" in letters
    if url and (b"+" in letters or b"/" in letters):
        return None
    padded = len(packed) % 4 == 0
    letters = letters[: len(letters) - (len(letters) % 4 == 1)]
    plain = base64.b64decode(letters.translate(bytes.maketrans(b"-_", b"+/")) + b"=" * (-len(letters) % 4))
    return plain, bytes.maketrans(b"+/", b"-_") if url else bytes.maketrans(b"", b""), padded
