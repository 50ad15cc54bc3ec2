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


def _decoded(body: bytes, coding: str) -> bytes:
    if coding not in WINDOWS:
        message = f"the body is encoded as {coding[:20]}, which cannot be read; gzip and deflate can"
        raise UnreadableError(message)
    reader = zlib.decompressobj(WINDOWS[coding])
    try:
        found = reader.decompress(body, MAX_BYTES)
    except zlib.error as error:
        message = f"not {coding}: {error}"
        raise UnreadableError(message) from None
    if reader.unconsumed_tail or not reader.eof:
        message = f"the {coding} body holds too much" if reader.unconsumed_tail else f"the {coding} body is cut short"
        raise UnreadableError(message)
    return found
