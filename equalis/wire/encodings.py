"""The body of a message without its content codings (RFC 9110 §8.4); the evidence keeps it as it was on the wire."""

from __future__ import annotations

import zlib

from equalis.model.transcript import Message
from equalis.wire.unreadable import UnreadableError

MAX_BYTES = 64 << 20
WINDOWS = {"gzip": 16 + zlib.MAX_WBITS, "x-gzip": 16 + zlib.MAX_WBITS, "deflate": zlib.MAX_WBITS}
"""The window of zlib for each coding that can be read."""


def content(message: Message) -> bytes:
    """The bytes that the media type describes; raises UnreadableError for another coding, a bomb or a body cut short."""
    body = message.body
    codings = [word.strip().lower() for value in message.header("content-encoding") for word in value.split(",") if word.strip()]
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
    parts, left, size = [], body, 0
    while left:  # a gzip file may have several members (RFC 1952 §2.2)
        reader = zlib.decompressobj(window)
        try:
            parts.append(reader.decompress(left, MAX_BYTES + 1 - size))
        except zlib.error as error:
            message = f"not {coding}: {error}"
            raise UnreadableError(message) from None
        size += len(parts[-1])
        if size > MAX_BYTES or not reader.eof:
            message = f"the {coding} body holds too much" if size > MAX_BYTES else f"the {coding} body is cut short"
            raise UnreadableError(message)
        left = reader.unused_data
    return b"".join(parts)


def _is_zlib(body: bytes) -> bool:
    """Whether a deflate body begins with the frame of zlib (RFC 1950 §2.2)."""
    return len(body) > 1 and body[0] & 0x0F == 8 and (body[0] << 8 | body[1]) % 31 == 0  # noqa: PLR2004 - the format's own numbers
