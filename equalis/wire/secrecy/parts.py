"""Bodies of several parts (RFC 2046 §5.1): each part by its own headers, under the name of its field (RFC 7578)."""

from __future__ import annotations

import base64
import binascii
import quopri
import re
from collections.abc import Callable

from equalis.wire.secrecy.names import kind, secret_from, spelled
from equalis.wire.secrecy.spans import Cover

Inside = Callable[[bytes, str], bytes]
_BOUNDARY = re.compile(r"(?i)boundary\s*=\s*(?:\"([^\"]{1,200})\"|([^\s;\"]{1,200}))")
_FIRST = re.compile(rb"(?:\A|\r?\n)--([^\s]{1,200})[ \t]*\r?\n(?i:content-)")
_HEAD_ENDS = re.compile(rb"\A(?:\r?\n)?(.*?)\r?\n[ \t]*\r?\n", re.DOTALL)
_FIELD = re.compile(rb"(?i)(?:[;\s])name\*?\s*=\s*(?:\"((?:[^\"\\]|\\.)*)\"|([^\s;\"]+))")


def boundary(content: bytes, media: str) -> bytes:
    """What stands between the parts, as the media type or the content itself says; empty when there are no parts."""
    found = _BOUNDARY.search(media) if media.lower().startswith("multipart/") else None
    told = (found[1] or found[2]).encode("utf-8", "surrogateescape") if found else b""
    if told and b"--" + told in content:
        return told
    first = _FIRST.search(content[: 1 << 16])
    return first[1] if first else b""


def concealed(content: bytes, between: bytes, cover: Cover, inside: Inside) -> bytes:
    """The parts without secrets; every other byte stays."""
    line = b"--" + between
    return line.join(_part(piece, cover, inside) for piece in content.split(line))


def _part(piece: bytes, cover: Cover, inside: Inside) -> bytes:
    head = _HEAD_ENDS.match(piece) if piece[:1] in {b"\r", b"\n"} else None
    if head is None:
        return inside(piece, "")
    start, end = head.end(), len(piece)
    if piece.endswith((b"\r\n", b"\n")):
        end = max(start, end - (2 if piece.endswith(b"\r\n") else 1))
    return inside(piece[:start], "") + _content(head[1], piece[start:end], cover, inside) + piece[end:]


def _content(head: bytes, content: bytes, cover: Cover, inside: Inside) -> bytes:
    field = _FIELD.search(head)
    name = (field[1] or field[2] or b"") if field else b""
    if name.lower().startswith(b"utf-8''"):  # RFC 5987
        name = name[7:]
    begins = secret_from(kind(name), content)
    if begins >= 0:
        return content[:begins] + cover(content[begins:], f"part {spelled(name)}")
    media = _header(head, b"content-type")
    coding = _header(head, b"content-transfer-encoding").lower()
    if coding == "base64":
        return _decoded(content, media, inside)
    if coding == "quoted-printable":
        plain = quopri.decodestring(content)
        changed = inside(plain, media)
        return content if changed == plain else quopri.encodestring(changed)
    return inside(content, media)


def _decoded(content: bytes, media: str, inside: Inside) -> bytes:
    try:
        plain = base64.b64decode(content)
    except binascii.Error:
        return inside(content, media)
    changed = inside(plain, media)
    return content if changed == plain else base64.encodebytes(changed).rstrip(b"\n")


def _header(head: bytes, name: bytes) -> str:
    found = re.search(rb"(?im)^" + name + rb"[ \t]*:[ \t]*(.*?)\s*$", head)
    return found[1].decode("latin-1") if found else ""
