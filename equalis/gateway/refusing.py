"""uvicorn's protocol behind our own reading of the framing: what is malformed is told, answered once, and ends the connection."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from http import HTTPStatus
from typing import Any

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from equalis.gateway.framing import Framing
from equalis.gateway.heads import MalformedError

SILENCE = 0.1
"""A refused connection is closed when nothing came for so long: a client that is cut while it sends never reads the answer."""
PATIENCE = 5.0
"""And after so long in any case (RFC 9112 §9.6)."""

Told = Callable[[str, int, bytes, bytes], None]
"""Hears of a malformed request: why, the status that answers it (0: its client left), the head, the client's certificate."""


class RefusingProtocol(HttpToolsProtocol):
    """Reads each request's framing before uvicorn's parser gets it.

    After a malformed request nothing that comes on the connection is read any more: no byte of it can be taken for
    another request. Requests before it are answered first.
    """

    dropped = False
    """Whether it is us who end the connection."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        """Begin before the first request."""
        super().__init__(*args, **kwargs)
        self.framing = Framing()
        self._refused: MalformedError | None = None
        self._deadline = 0.0
        self._closing: asyncio.TimerHandle | None = None

    def told(self, reason: str, status: int, head: bytes) -> None:
        """Tell of a malformed request, or of one that its client did not end (status 0)."""
        raise NotImplementedError

    def data_received(self, data: bytes) -> None:
        """Feed the parser piece by piece; once refused, let everything pass unread."""
        if self._refused is not None:
            if self._closing is not None:
                self._close_soon()
            return
        if self.parser is None or self.transport.is_closing():
            return
        self._unset_keepalive_if_required()
        try:
            for piece in self.framing.feed(data):
                super().data_received(piece)
                if self._refused is not None or self.transport.is_closing():
                    return
        except MalformedError as error:
            self._refuse(error)

    def send_400_response(self, msg: str) -> None:
        """What only uvicorn's parser finds wrong is refused like everything else."""
        self._refuse(MalformedError(f"the HTTP parser says: {msg}"))

    def _refuse(self, error: MalformedError) -> None:
        """Answer now, or when the requests before it are answered; a request that lacks but its body never is."""
        self._refused = error
        self.told(error.reason, error.status, self.framing.so_far)
        self._unset_keepalive_if_required()
        cycle = self.cycle
        if cycle is not None and cycle.more_body and not cycle.response_complete:
            cycle.disconnected = True
            cycle.message_event.set()
            queued = [item for item in self.pipeline if item[0] is cycle]
            for item in queued:
                self.pipeline.remove(item)
            waits = bool(queued)
        else:
            waits = cycle is not None and not cycle.response_complete
        if not waits:
            self._answer()

    def _answer(self) -> None:
        assert self._refused is not None  # noqa: S101 - for the type checker
        status, body = HTTPStatus(self._refused.status), f"equalis: {self._refused.reason}\n".encode()
        lines = (f"HTTP/1.1 {status.value} {status.phrase}", "Content-Type: text/plain", f"Content-Length: {len(body)}", "Connection: close", "", "")
        self.transport.write("\r\n".join(lines).encode() + body)
        self.flow.resume_reading()
        self._deadline = self.loop.time() + PATIENCE
        self._close_soon()

    def _close_soon(self) -> None:
        if self._closing is not None:
            self._closing.cancel()
        self._closing = self.loop.call_at(min(self.loop.time() + SILENCE, self._deadline), self.transport.close)

    def on_response_complete(self) -> None:
        """An answer is out; after the last one, that of a malformed request."""
        last = not self.pipeline
        super().on_response_complete()
        if self._refused is not None and last and not self.transport.is_closing():
            self._unset_keepalive_if_required()
            self._answer()

    def connection_lost(self, exc: Exception | None) -> None:
        """A request that is not whole, and never will be, is told of, unless it is us who ended the connection."""
        if self._closing is not None:
            self._closing.cancel()
        ended = self.dropped or (self.cycle is not None and self.cycle.disconnected)
        if self.framing.midway and self._refused is None and not ended:
            self.told("the client left before its request was whole", 0, self.framing.so_far)
        super().connection_lost(exc)
