"""Where a request begins and ends: the bytes of a connection, cut into messages, each held against RFC 9112."""

from __future__ import annotations

import re
from collections.abc import Iterator
from http import HTTPStatus

from equalis.gateway import heads
from equalis.gateway.heads import MalformedError

MAX_HEAD = 64 * 1024
"""A head, or a trailer section, that is longer is answered 431 (414 when its request line alone is)."""
MAX_CHUNK_LINE = 4 * 1024
MAX_EXTENSIONS = 256 * 1024
"""What all chunk extensions of a request may come to (RFC 9112 §7.1.1 asks for a limit)."""

_BARE = re.compile(rb"(?<!\r)\n|\r(?=[^\n])")
_BLANK = rb"[ \t]*+"
_QUOTED = rb'"(?:[\t \x21\x23-\x5b\x5d-\x7e\x80-\xff]|\\[\t\x20-\x7e\x80-\xff])*+"'
_EXTENSION = _BLANK + b";" + _BLANK + heads.TOKEN + b"++(?:" + _BLANK + b"=" + _BLANK + b"(?:" + heads.TOKEN + b"++|" + _QUOTED + b"))?+"
_SIZE = re.compile(rb"([0-9A-Fa-f]{1,16})((?:" + _EXTENSION + rb")*+)")
_SIZE_BEGINS = re.compile(rb"[0-9A-Fa-f]{1,16}(?:[ \t;\r]|\Z)")
_UNTRAILED = frozenset({b"content-length", b"transfer-encoding", b"host", b"trailer"})
"""Fields that may not come after the body (RFC 9110 §6.5.1)."""


class Chunks:
    """A body in chunks (RFC 9112 §7.1), read as it comes; without its extensions and trailers."""

    def __init__(self) -> None:
        """Nothing has come yet."""
        self.over = False
        self._line = bytearray()
        self._left = 0
        self._size = self._extensions = self._trailer_bytes = 0
        self._trailers: list[bytes] | None = None
        self._ended = True  # a chunk's data is followed by a line end; no chunk stands open

    def take(self, data: bytes) -> tuple[bytes, bytes]:
        """The content in these bytes, and what comes after the body; raises MalformedError."""
        content, at = [], 0
        while at < len(data) and not self.over:
            if self._left:
                piece = data[at : at + self._left]
                self._left -= len(piece)
                content.append(piece)
                at += len(piece)
            else:
                at = self._lines(data, at)
        return b"".join(content), data[at:]

    def _lines(self, data: bytes, at: int) -> int:
        """One line, or what there is of it; where it ended."""
        end = data.find(b"\n", at) + 1
        self._line += data[at : end or len(data)]
        self._partial()
        if end:
            line = bytes(self._line)
            self._line.clear()
            if not line.endswith(b"\r\n") or b"\r" in line[:-2]:
                message = "a line of a chunked body does not end with CR LF"
                raise MalformedError(message)
            self._whole(line[:-2])
        return end or len(data)

    def _partial(self) -> None:
        """What is wrong already, whatever comes: who sends it may wait for an answer."""
        if self._trailers is not None:
            if self._trailer_bytes + len(self._line) > MAX_HEAD:
                message = f"the trailer section is longer than {MAX_HEAD >> 10} KiB"
                raise MalformedError(message, HTTPStatus.REQUEST_HEADER_FIELDS_TOO_LARGE)
        elif not self._ended:
            if not b"\r\n".startswith(self._line):
                message = "the data of a chunk is not as long as it says"
                raise MalformedError(message)
        elif not _SIZE_BEGINS.match(self._line):
            message = "the size of a chunk is no hexadecimal number"
            raise MalformedError(message)
        elif len(self._line) > MAX_CHUNK_LINE:
            message = f"the extensions of a chunk are longer than {MAX_CHUNK_LINE >> 10} KiB"
            raise MalformedError(message)

    def _whole(self, line: bytes) -> None:
        if self._trailers is not None:
            self._trailer(line)
        elif not self._ended:
            self._ended = True
        else:
            self._begin(line)

    def _begin(self, line: bytes) -> None:
        """A chunk's size, and its extensions."""
        found = _SIZE.fullmatch(line)
        if found is None:
            message = "a chunk has extensions that are not `;name=value`"
            raise MalformedError(message)
        self._left = int(found[1], 16)
        self._size += self._left
        self._extensions += len(found[2])
        if self._size > heads.MAX_BODY:
            raise heads.too_large()
        if self._extensions > MAX_EXTENSIONS:
            message = f"the extensions of all chunks are longer than {MAX_EXTENSIONS >> 10} KiB"
            raise MalformedError(message)
        if self._left:
            self._ended = False
        else:
            self._trailers = []

    def _trailer(self, line: bytes) -> None:
        assert self._trailers is not None  # noqa: S101 - for the type checker
        self._trailer_bytes += len(line) + 2
        if line:
            self._trailers.append(line)
            return
        if any(name in _UNTRAILED for name, _ in heads.fields(self._trailers, "trailer")):
            message = "the trailer section holds a field of the framing"
            raise MalformedError(message)
        self.over = True


class Framing:
    """The requests of one connection, one after the other.

    ``raw`` is the head of the request under way, or what has come of it, as it was on the wire.
    """

    def __init__(self) -> None:
        """Before the first request."""
        self.raw = b""
        self._head = bytearray()
        self._seen = 0
        self._begun = False
        self._left = 0
        self._chunks: Chunks | None = None

    @property
    def midway(self) -> bool:
        """Whether a request has begun and is not whole."""
        return bool(self._head.strip(b"\r\n") or self._left or self._chunks)

    @property
    def so_far(self) -> bytes:
        """The head of the request under way, whole or not."""
        return bytes(self._head) or self.raw

    def feed(self, data: bytes) -> Iterator[bytes]:
        """The same requests, pieces that never span two of them, with nothing but framing and content; raises MalformedError."""
        while data:
            if self._chunks is not None:
                content, data = self._chunks.take(data)
                over = self._chunks.over
                self._chunks = None if over else self._chunks
                if content:
                    yield b"%x\r\n%b\r\n" % (len(content), content)
                if over:
                    yield b"0\r\n\r\n"
            elif self._left:
                piece, data = data[: self._left], data[self._left :]
                self._left -= len(piece)
                yield piece
            else:
                plain, data = self._heads(data)
                if plain:
                    yield plain

    def _heads(self, data: bytes) -> tuple[bytes, bytes]:
        """The head that these bytes complete, nothing while there is none, and what comes after it."""
        self._head += data
        while self._head.startswith(b"\r\n"):  # empty lines before a request are let pass (RFC 9112 §2.2)
            del self._head[:2]
        end = self._head.find(b"\r\n\r\n", max(self._seen - 3, 0)) + 4
        whole = end >= 4  # noqa: PLR2004 - as long as what was looked for
        self._lines(end if whole else len(self._head))
        self._seen = len(self._head)
        if not whole:
            return b"", b""
        rest = bytes(self._head[end:])
        del self._head[end:]
        self.raw = bytes(self._head)
        found = heads.head(self.raw)
        self._head.clear()
        self._seen, self._begun = 0, False
        self._left = found.length or 0
        self._chunks = Chunks() if found.length is None else None
        return found.plain, rest

    def _lines(self, until: int) -> None:
        """What is wrong already with the lines of a head, whole or not: who sends it may wait for an answer."""
        before = max(self._seen - 1, 0)
        bare = _BARE.search(self._head, before, until)
        first = -1 if self._begun else self._head.find(b"\r\n", before, until)
        if 0 <= first <= MAX_HEAD and (bare is None or bare.start() > first):
            self._begun = True
            heads.start(bytes(self._head[:first]))
        if bare is not None:
            message = f"a line of the head ends with a bare {'LF' if bare[0] == bytes([10]) else 'CR'}"
            raise MalformedError(message)
        if until > MAX_HEAD:
            status = HTTPStatus.REQUEST_HEADER_FIELDS_TOO_LARGE if self._begun else HTTPStatus.REQUEST_URI_TOO_LONG
            what = "head" if self._begun else "request line"
            message = f"the {what} is longer than {MAX_HEAD >> 10} KiB"
            raise MalformedError(message, status)
