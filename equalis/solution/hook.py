"""The vendor's hook over HTTP: a request and its answer, bounded in bytes and in time as a whole."""

from __future__ import annotations

import contextlib
import time
import zlib
from dataclasses import dataclass
from typing import Any

import httpx

from equalis.solution.lane import Lane, LateError
from equalis.solution.port import DriverError
from equalis.solution.reading import LARGEST, TOLD, beginning, oversize

SAID = "the hook answered"
GZIP_OR_ZLIB = 47
"""zlib's word for: by its header, gzip (RFC 1952) or deflate as HTTP means it (RFC 9110 §8.4.1.2)."""
BROKEN_OFF = ("Server disconnected", "peer closed connection")
"""How httpx begins to say that the other side left before the end of its answer; anything else is an answer that is no HTTP."""


class GoneError(Exception):
    """Nobody answers, or whoever did left before the end; the text says how."""


@dataclass(frozen=True, slots=True)
class Reply:
    """An answer; of an error only the beginning of its body."""

    status: int
    content: bytes

    @property
    def failed(self) -> bool:
        """Whether it says that something went wrong."""
        return self.status >= httpx.codes.BAD_REQUEST

    @property
    def text(self) -> str:
        """How its body begins."""
        return beginning(self.content)


class Hook:
    """An address with a client of our own: no proxies from the environment, no redirects, nothing packed if it can be helped.

    A timeout of the client counts from byte to byte, and a hook may drip without end: each request runs in a lane, which is
    left with its client when time is up.
    """

    def __init__(self, url: str) -> None:
        """Nothing is sent yet."""
        self.url = url.rstrip("/")
        self._begin()

    def ask(self, path: str, asked: object, limit: float) -> Reply:
        """POST a document, or GET where it is None; raises LateError, GoneError, DriverError (no answer that can be read)."""
        client, url = self._client, f"{self.url}/{path}"
        try:
            found: Reply = self._lane.call(lambda: _exchanged(client, url, asked, limit), limit)
        except LateError:
            self.close()
            self._begin()
            raise
        return found

    def close(self) -> None:
        """Close the connections; what is under way there ends with them."""
        self._lane.close()
        with contextlib.suppress(Exception):  # a connection that another thread reads may break in any way
            self._client.close()

    def _begin(self) -> None:
        self._lane = Lane()
        self._client = httpx.Client(trust_env=False, follow_redirects=False, headers={"Accept-Encoding": "identity"})


def _exchanged(client: httpx.Client, url: str, asked: object, limit: float) -> Reply:
    deadline = time.monotonic() + limit
    try:
        with client.stream("GET" if asked is None else "POST", url, json=asked, timeout=limit) as answer:
            return Reply(answer.status_code, _content(answer, deadline))
    except httpx.TimeoutException:
        raise LateError from None
    except httpx.RemoteProtocolError as error:
        if str(error).startswith(BROKEN_OFF):
            raise GoneError(str(error)) from None
        cause = f"{SAID} no HTTP that can be read: {error}"
        raise DriverError(cause, "mend the hook's HTTP, or use a library for it") from None
    except httpx.HTTPError as error:
        raise GoneError(str(error) or type(error).__name__) from None
    except (httpx.InvalidURL, OverflowError) as error:
        cause = f"{url} cannot be called: {error}"
        raise DriverError(cause, "correct `url` under [solution] in equalis.toml") from None


def _content(answer: httpx.Response, deadline: float) -> bytes:
    """The body, unpacked; raises DriverError, LateError."""
    found, bound = bytearray(), TOLD if answer.is_error else LARGEST
    for piece in answer.iter_raw():
        found += piece
        if len(found) > bound:
            if answer.is_error:
                break
            raise oversize(SAID)
        if time.monotonic() > deadline:
            raise LateError
    packing = _packing(answer)
    if answer.is_error:
        return b"" if packing else bytes(found)
    return _unpacked(bytes(found), packing) if packing else bytes(found)


def _packing(answer: httpx.Response) -> str:
    """How the body is packed, empty when it is not."""
    named: Any = answer.headers.get("Content-Encoding", "")
    return ", ".join(word for part in str(named).split(",") if (word := part.strip().lower()) not in {"", "identity"})[:TOLD]


def _unpacked(content: bytes, packing: str) -> bytes:
    """A body that is packed although nobody asked for that; never more of it than an answer may have."""
    if packing not in {"gzip", "x-gzip", "deflate"}:
        cause = f"{SAID} with Content-Encoding {packing}"
        raise DriverError(cause, "answer without one")
    unpacker = zlib.decompressobj(GZIP_OR_ZLIB)
    try:
        found = unpacker.decompress(content, LARGEST + 1)
    except zlib.error as error:
        cause = f"{SAID} {packing} that cannot be unpacked: {error}"
        raise DriverError(cause, "answer without a Content-Encoding") from None
    if len(found) > LARGEST:
        raise oversize(SAID)
    if not unpacker.eof or unpacker.unused_data:
        cause = f"{SAID} {packing} that is cut off or goes on after its end"
        raise DriverError(cause, "answer without a Content-Encoding")
    return found
