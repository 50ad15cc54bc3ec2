"""TLS handshakes as events: also those that a careful client refuses."""

from __future__ import annotations

import asyncio
import ssl
from typing import Any, Protocol, Self


class Handshakes(Protocol):
    """Who is told of TLS handshakes, in the listener's thread."""

    def handshake_begins(self) -> None:
        """A client said hello."""

    def handshake_ends(self, refusal: str, *, begun: bool) -> None:
        """The handshake came about (empty), or why it did not; ``begun`` if there was a hello."""


def watch_handshakes(context: ssl.SSLContext, told: Handshakes) -> None:
    """Report each handshake of a server context: begun, then done, or refused by an alert or a lost connection.

    asyncio accepts each TLS connection in a task of its own that ends with the handshake; a task
    that ends before the handshake did is a connection lost without an alert.
    """

    class Watched(_Watched):
        """The handshakes of this context."""

        def told(self) -> Handshakes:
            return told

    context.sslobject_class = Watched


class _Watched(ssl.SSLObject):
    over = False
    begun = False

    def told(self) -> Handshakes:
        """Who hears of this handshake."""
        raise NotImplementedError

    def __new__(cls) -> Self:
        self = super().__new__(cls)
        task = asyncio.current_task()
        if task is not None:
            task.add_done_callback(self._accepted)
        return self

    def hello(self) -> None:
        """Called by the server name callback: a ClientHello has come."""
        if not self.begun:
            self.begun = True
            self.told().handshake_begins()

    def _end(self, refusal: str) -> None:
        if not self.over:
            self.over = True
            self.told().handshake_ends(refusal, begun=self.begun)

    def _accepted(self, _task: asyncio.Task[Any]) -> None:
        self._end("the connection was lost during the TLS handshake, without an alert")

    def do_handshake(self) -> None:
        try:
            super().do_handshake()
        except (ssl.SSLWantReadError, ssl.SSLWantWriteError):
            raise
        except ssl.SSLError as error:
            self._end((error.reason or type(error).__name__).replace("_", " ").lower())
            raise
        self._end("")
