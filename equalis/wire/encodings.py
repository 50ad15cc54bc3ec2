"""The body of a message without its content codings (RFC 9110 §8.4); the evidence keeps it as it was on the wire."""

from __future__ import annotations

import zlib

from equalis.model.transcript import Message
from equalis.wire.unreadable import UnreadableError

MAX_BYTES, MAX_CODINGS, MAX_MEMBERS, PIECE = 64 << 20, 4, 2048, 1 << 16
WINDOWS = {"gzip": 16 + zlib.MAX_WBITS, "x-gzip": 16 + zlib.MAX_WBITS, "deflate": zlib.MAX_WBITS}
"""The window of zlib for each coding that can be read."""


def content(message: Message) -> bytes:
    """The bytes that the media type describes; raises UnreadableError for another coding, a bomb or a body cut short."""
    body = message.body
    codings = [word.strip().lower() for value in message.header("content-encoding") for word in value.split(",") if word.strip()]
    if len(codings) > MAX_CODINGS:
        text = f"the body is encoded {len(codings)} times; at most {MAX_CODINGS} are undone"
        raise UnreadableError(text)
    for coding in reversed(codings):
        if coding != "identity" and body:
            body = _decoded(body, coding)
    return body


def readable(message: Message) -> bytes:
    """The same, empty where it cannot be had: for whoever only looks whether something stands in it."""
    try:
        return content(message)
    except UnreadableError:
        return b""


def _decoded(body: bytes, coding: str) -> bytes:
    if coding not in WINDOWS:
        message = f"the body is encoded as {coding[:20]}, which cannot be read; gzip and deflate can"
        raise UnreadableError(message)
    window = WINDOWS[coding]
    if coding == "deflate" and not _is_zlib(body):
        window = -zlib.MAX_WBITS  # many servers leave the frame of zlib out (RFC 9110 §8.4.1.2)
    parts: list[bytes] = []
    at = size = members = 0
    while at < len(body):  # a gzip file may have several members (RFC 1952 §2.2)
        part, at = member(body, at, coding, window, MAX_BYTES - size)
        parts.append(part)
        size, members = size + len(part), members + 1
        if members > MAX_MEMBERS:
            message = f"the {coding} body has more than {MAX_MEMBERS} members"
            raise UnreadableError(message)
    return b"".join(parts)


def member(body: bytes, at: int, coding: str, window: int, most: int) -> tuple[bytes, int]:
    """One member of at most so many bytes, and where the next one begins; raises UnreadableError.

    Fed in pieces, since zlib copies what it leaves each time.
    """
    reader, parts, size = zlib.decompressobj(window), [], 0
    while not reader.eof:
        if at >= len(body):
            message = f"the {coding} body is cut short"
            raise UnreadableError(message)
        try:
            parts.append(reader.decompress(body[at : at + PIECE], most + 1 - size))
        except zlib.error as error:
            message = f"not {coding}: {error}"
            raise UnreadableError(message) from None
        at, size = min(at + PIECE, len(body)), size + len(parts[-1])
        if size > most:
            message = f"the {coding} body holds too much"
            raise UnreadableError(message)
    return b"".join(parts), at - len(reader.unused_data)


def _is_zlib(body: bytes) -> bool:
    """Whether a deflate body begins with the frame of zlib (RFC 1950 §2.2)."""
    return len(body) > 1 and body[0] & 0x0F == 8 and (body[0] << 8 | body[1]) % 31 == 0  # noqa: PLR2004 - the format's own numbers
