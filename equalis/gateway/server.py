"""An HTTPS listener on uvicorn, in a thread of its own, that keeps what uvicorn throws away.

The raw request head (order, case and repetition of headers), the TLS facts and a way to cut the
connection reach the application in ``scope["state"]["connection"]``.
"""

from __future__ import annotations

import asyncio
import contextlib
import socket
import ssl
import threading
from collections.abc import Callable, Coroutine
from dataclasses import dataclass
from typing import Any, Protocol

import uvicorn
from uvicorn.protocols.http.httptools_impl import RequestResponseCycle

from equalis.gateway.pulse import Pulse
from equalis.gateway.refusing import RefusingProtocol, Told
from equalis.model.transcript import Tls

PATIENCE = 60.0
"""Seconds that we wait for our own thread: what is under way there is short, and only a starved machine makes it last."""
ROUNDS = 4
"""Turns of the loop in which a connection is accepted and its first bytes are read."""


@dataclass
class Connection:
    """What the application may know of, and do to, the connection of one request."""

    raw_head: bytes
    tls: Tls | None
    transport: asyncio.Transport
    cycle: RequestResponseCycle | None = None

    def cut(self) -> None:
        """Cut the connection at once; only in the listener's thread."""
        if self.cycle is not None:  # tells uvicorn that nothing more will be sent
            self.cycle.disconnected = True
            self.cycle.message_event.set()
        self.transport.abort()

    def write(self, content: bytes) -> None:
        """Put bytes on the wire beside uvicorn (an answer sent twice)."""
        if not self.transport.is_closing():
            self.transport.write(content)


class RecordingProtocol(RefusingProtocol):
    """Hands the raw head of each request on, and tells ``hears`` of what is malformed."""

    hears: Told

    def told(self, reason: str, status: int, head: bytes) -> None:
        """Tell of a request that is malformed or was not ended, and whose it is."""
        facts = self._tls()
        self.hears(reason, status, head, facts.client_certificate if facts else b"")

    def on_headers_complete(self) -> None:
        """Hand the raw head and the TLS facts to the application."""
        connection = Connection(self.framing.raw, self._tls(), self.transport)
        self.scope["state"]["connection"] = connection
        super().on_headers_complete()
        connection.cycle = self.cycle

    def _tls(self) -> Tls | None:
        return _facts(self.transport.get_extra_info("ssl_object"))


def _facts(tls: ssl.SSLObject | None) -> Tls | None:
    if tls is None:
        return None
    cipher = tls.cipher()
    certificate = tls.getpeercert(binary_form=True)
    return Tls(tls.version() or "", cipher[0] if cipher else "", certificate or b"")


def _drop(connection: Any) -> None:
    """Cut a connection, so that what its client did not end is not taken for the client's doing."""
    connection.dropped = True
    connection.transport.abort()


class _Server(uvicorn.Server):
    """uvicorn without its polling, and with a stop that does not wait for idle clients."""

    def __init__(self, config: uvicorn.Config, pulse: Pulse) -> None:
        super().__init__(config)
        self._pulse = pulse
        self.ready = threading.Event()
        self._loop: asyncio.AbstractEventLoop | None = None
        self._wake: asyncio.Event | None = None

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        self._loop, self._wake = asyncio.get_running_loop(), asyncio.Event()
        await super().startup(sockets)
        await self.on_tick(0)
        self._pulse.start(self._loop)
        self.ready.set()

    async def main_loop(self) -> None:
        if self._wake is not None:
            await self._wake.wait()

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:  # noqa: ARG002 - uvicorn's signature
        for server in self.servers:
            server.close()
        tasks = list(self.server_state.tasks)
        for connection in list(self.server_state.connections):
            cycle = getattr(connection, "cycle", None)
            if cycle is not None:
                cycle.disconnected = True
                cycle.message_event.set()
            _drop(connection)
        await asyncio.sleep(0)
        if tasks:
            _, late = await asyncio.wait(tasks, timeout=0.02)
            for task in late:
                task.cancel()
            if late:
                await asyncio.wait(late, timeout=0.02)

    def drop_idle(self) -> None:
        """Cut connections on which nothing is under way; in the listener's thread."""
        for connection in list(self.server_state.connections):
            cycle = getattr(connection, "cycle", None)
            if cycle is None or cycle.response_complete:
                _drop(connection)

    def call(self, function: Callable[[], None], after: int = 0) -> None:
        """Run something in the listener's thread after so many turns of its loop, and wait for it."""
        done, loop = threading.Event(), self._loop

        def run(turns: int) -> None:
            if loop is not None and turns:
                loop.call_soon(run, turns - 1)
            else:
                function()
                done.set()

        if loop is not None and not loop.is_closed():
            loop.call_soon_threadsafe(run, after)
            done.wait(PATIENCE)

    def last(self, finish: Callable[[], Coroutine[Any, Any, None]]) -> None:
        """Run something in the listener's loop, and wait for it a while."""
        if self._loop is not None and not self._loop.is_closed():
            with contextlib.suppress(TimeoutError, RuntimeError):
                asyncio.run_coroutine_threadsafe(finish(), self._loop).result(PATIENCE)

    def request_stop(self) -> None:
        if self._loop is not None and self._wake is not None and not self._loop.is_closed():
            with contextlib.suppress(RuntimeError):
                self._loop.call_soon_threadsafe(self._wake.set)


def bind(host: str, port: int) -> socket.socket:
    """Open the listening socket in the caller's thread; raises OSError when the port is taken."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    listening = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    try:
        listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listening.bind((host, port))
        listening.listen(512)
    except BaseException:
        listening.close()
        raise
    return listening


class Application(Protocol):
    """What a listener serves: an ASGI application that also hears of malformed requests."""

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        """Answer one request."""

    def malformed(self, reason: str, status: int, head: bytes, certificate: bytes) -> None:
        """Hear of a request that never came to be one."""


class Listener:
    """A listening application: bound at once, serving after ``start``."""

    def __init__(self, app: Application, context: ssl.SSLContext, host: str, port: int, pulse: Pulse) -> None:
        """Bind; ``pulse`` beats in the loop. Raises OSError when the port is taken."""

        class Heard(RecordingProtocol):
            """The connections of this listener."""

            hears = staticmethod(app.malformed)

        self._socket = bind(host, port)
        self.port: int = self._socket.getsockname()[1]

        async def guarded(scope: Any, receive: Any, send: Any) -> None:
            try:
                await app(scope, receive, send)
            except asyncio.CancelledError:  # stop(): uvicorn would log it as an error
                scope["state"]["connection"].cut()

        config = uvicorn.Config(
            guarded, http=Heard, ws="none", lifespan="off", loop="asyncio", interface="asgi3",
            ssl_context_factory=lambda _config, _default: context, log_config=None, log_level="critical",
            access_log=False, server_header=False, date_header=False, proxy_headers=False,
            timeout_keep_alive=30,
        )  # fmt: skip
        self._server = _Server(config, pulse)
        self._error: BaseException | None = None
        self._thread = threading.Thread(target=self._run, name="gateway", daemon=True)

    def _run(self) -> None:
        try:
            with asyncio.Runner(loop_factory=asyncio.SelectorEventLoop) as runner:
                runner.run(self._server.serve(sockets=[self._socket]))
        except BaseException as error:  # noqa: BLE001 - uvicorn may call sys.exit; start() raises it
            self._error = error
        finally:
            self._socket.close()
            self._server.ready.set()

    def start(self) -> None:
        """Serve; returns when requests are answered."""
        self._thread.start()
        self._server.ready.wait(PATIENCE)
        if self._error is not None:
            message = "the gateway did not start"
            raise RuntimeError(message) from self._error

    @property
    def alive(self) -> bool:
        """Whether the listener's thread is running."""
        return self._thread.is_alive()

    def drop_idle(self) -> None:
        """Cut kept-alive connections, so that the next call shakes hands anew."""
        self._server.call(self._server.drop_idle)

    def catch_up(self) -> None:
        """Take in what has arrived already: what waits at the sockets is read while the loop goes round a few times."""
        if self.alive:
            self._server.call(lambda: None, after=ROUNDS)

    def stop(self, finish: Callable[[], Coroutine[Any, Any, None]]) -> None:
        """Finish what the application has open, stop serving; returns when the thread is over."""
        if self._thread.ident is None:
            self._socket.close()
            return
        self._server.last(finish)
        self._server.request_stop()
        self._thread.join(PATIENCE)
