"""The gateway's application: route, record, disturb on purpose, answer."""

from __future__ import annotations

import asyncio
import itertools
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any, Protocol

from equalis.gateway.embedded import EMBEDDED_NAME
from equalis.gateway.far import Answered, Far, TurnedAwayError
from equalis.gateway.outlines import outline
from equalis.gateway.pulse import BUSY, HASTE, STALLED, Pulse
from equalis.gateway.redaction import Redactor
from equalis.gateway.routes import Routes
from equalis.gateway.sending import (
    Onwards,
    Receive,
    Send,
    body_of,
    garbled,
    head_of,
    message_of,
    not_found,
    send_half,
    send_whole,
)
from equalis.gateway.server import Connection
from equalis.gateway.upstream import FarError, unasked
from equalis.model.outcome import Blame
from equalis.model.transcript import Fault, Malformed, Message, Peer, Tls
from equalis.model.values import Record
from equalis.services.port import Entry
from equalis.wire.bindings import Bindings
from equalis.wire.opened import Opened

UNKNOWN_CLIENT = "certificate verify failed"
"""The reason of a handshake that the gateway refused: a client certificate that it could not verify."""
DELAY = 0.5
"""The part of the product's patience by which an ordered delay is late: with what else may happen to the call, it is still in time."""
HURRY = 0.5
"""The part of the product's patience that an embedded answer may take: the rest is the way to it and back."""
HANG_FACTOR = 1.5
"""An injected hang lasts longer than the solution's own timeout."""


class Sink(Protocol):
    """Where everything recorded goes; called in the gateway's thread, one call at a time."""

    def request(self, number: int, service: str, step: str, at: datetime, message: Message,
                tls: Tls | None, redactions: tuple[str, ...], *, ours: bool) -> None:  # fmt: skip
        """A request has come in whole; ``ours`` when equalis made it in another party's name."""

    def answer(self, number: int, at: datetime, elapsed: int, message: Message | None, disturbance: str) -> None:
        """Its answer went out, or none did."""

    def peer(self, number: int, peer: Peer) -> None:
        """Who answered a forwarded call."""

    def entry(self, number: int, service: str, entry: Entry) -> None:
        """A service committed something."""

    def handshake(self, step: str, at: datetime, reason: str) -> None:
        """A TLS handshake did not come about."""

    def malformed(self, item: Malformed) -> None:
        """A request was no well-formed HTTP, or its client left before it was whole."""

    def fault(self, fault: Fault) -> None:
        """Something went wrong unasked."""


@dataclass
class Plan:
    """What the running step orders. Each injected disturbance strikes once; scripts stay."""

    step: str = ""
    script: Mapping[str, Record] = field(default_factory=dict)
    inject: dict[str, str] = field(default_factory=dict)
    seen: set[str] = field(default_factory=set)
    refusals: int = 0


class Recording:
    """The ASGI application, and what the runner needs to know of it."""

    def __init__(self, bindings: Bindings, far: Far, clock: Callable[[], datetime], redactor: Redactor,
                 patience: float) -> None:  # fmt: skip
        """``patience`` is how many seconds the product waits for an answer; an injected hang lasts longer."""
        self.bindings, self.far, self.clock, self.redactor, self.patience = bindings, far, clock, redactor, patience
        self.hang = patience * HANG_FACTOR
        self.plan = Plan()
        self.sink: Sink | None = None
        self.routes = Routes(())
        self.own_certificate = b"none"
        self.knows_clients = True
        self.pulse = Pulse(patience)
        self._numbers = itertools.count(1)
        self._open = 0
        self._lock = threading.Lock()

    @property
    def in_flight(self) -> int:
        """How many exchanges and handshakes are not over yet."""
        return self._open

    def begin_case(self, sink: Sink) -> None:
        """Count exchanges from 1 and send what is recorded to a new sink."""
        with self._lock:
            self._numbers, self.sink, self.plan = itertools.count(1), sink, Plan()
        self.pulse.begin()

    def end_case(self) -> None:
        """Say whether our own loop stood still for so long that the product may have given a call up, or never made it."""
        if (stall := self.pulse.stall) and self.sink is not None:
            cause = f"{STALLED} for {stall:.1f} s, while the product waits {self.patience:g} s"
            self.sink.fault(Fault(Blame.EQUALIS, cause, BUSY))

    def handshake_begins(self) -> None:
        """A client said hello; until its handshake is over, the case is not quiet."""
        with self._lock:
            self._open += 1

    def handshake_ends(self, refusal: str, *, begun: bool) -> None:
        """The handshake came about (empty), or why it did not."""
        if refusal and self.sink is not None:
            self.sink.handshake(self.plan.step, self.clock(), refusal)
            self.plan.refusals += 1
            if UNKNOWN_CLIENT in refusal and not self.knows_clients:
                cause = "the solution shows a client certificate of an authority that is not named here"
                self.sink.fault(Fault(Blame.CONFIGURATION, cause, "name it by `client-authority` in the description of the environment", self.plan.step))
        if begun:
            with self._lock:
                self._open -= 1
        self.pulse.touch()

    def malformed(self, reason: str, status: int, head: bytes, certificate: bytes) -> None:
        """A request was malformed and is answered ``status``, or its client left before it was whole (0)."""
        if self.sink is not None:
            ours = certificate == self.own_certificate
            self.sink.malformed(Malformed(self.plan.step, self.clock(), reason, status, outline(head, self.redactor), ours))
        self.pulse.touch()

    async def __call__(self, scope: Any, receive: Receive, send: Send) -> None:
        """Answer one request."""
        connection: Connection = scope["state"]["connection"]
        with self._lock:  # a request belongs to the case in which its head arrived
            sink, number = self.sink, next(self._numbers)
            self._open += 1
        try:
            body = await body_of(receive)
            if body is None:  # the client left, or what followed the head was malformed: that is told already
                return
            if sink is None:
                connection.cut()
                return
            message = message_of(connection.raw_head, body)
            await self._recorded(number, message, connection, sink, receive, send)
        finally:
            with self._lock:
                self._open -= 1
            self.pulse.touch()

    async def _recorded(
        self, number: int, message: Message, connection: Connection, sink: Sink, receive: Receive, send: Send
    ) -> None:
        """One exchange, its answer recorded whatever happens."""
        started, answer, disturbance = time.monotonic_ns(), None, ""
        try:
            answer, disturbance = await self._exchange(number, message, connection, sink, receive, send)
        except Exception as error:  # noqa: BLE001 - our own defect is a Fault and a 502, never the product's KO
            answer = await self._broken(error, connection, sink, send)
        finally:
            elapsed = (time.monotonic_ns() - started) // 1000
            kept = (await self.redactor.aside(answer))[0] if answer else None
            sink.answer(number, self.clock(), elapsed, kept, disturbance)

    async def _exchange(
        self, number: int, message: Message, connection: Connection, sink: Sink, receive: Receive, send: Send
    ) -> tuple[Message | None, str]:
        """Record the request, let the far side answer, disturb if ordered; what the solution got."""
        started = time.monotonic()
        service, at = self.routes.service(message), self.clock()
        certificate = connection.tls.client_certificate if connection.tls else b""
        kept, redactions = await self.redactor.aside(message)
        sink.request(number, service, self.plan.step, at, kept, connection.tls, redactions, ours=certificate == self.own_certificate)
        if not service:
            return await send_whole(send, not_found()), ""
        operation = self.bindings.recognise(service, Opened(message))
        name = operation.name if operation else ""
        self.plan.seen.add(name)
        disturbance = self.plan.inject.pop(name, "")
        if disturbance in {"cut-before", "hang-before"}:
            await self._vanish(connection, receive, hang=disturbance.startswith("hang"))
            return None, disturbance
        script = self.plan.script.get(name, {})
        try:
            answered = await self.far.answer(service, message, certificate, at, script, None if disturbance else Onwards(send))
        except TurnedAwayError:
            connection.cut()
            return None, ""
        took = time.monotonic() - started
        self._note(number, service, name, answered, took, sink)
        wrong = unasked(answered.message, self.bindings.services[service], operation, script, self.far.environment)
        if wrong is not None:
            sink.fault(replace(wrong, step=self.plan.step))
        if answered.sent:
            await send({"type": "http.response.body", "body": b""})
            return answered.message, ""
        if disturbance in {"cut-after-commit", "hang-after-commit"}:
            await self._vanish(connection, receive, hang=disturbance.startswith("hang"))
            return None, disturbance
        if disturbance == "cut-during-answer":
            await send_half(answered.message, connection)
            return None, disturbance
        return await self._disturbed(answered.message, disturbance, took, connection, send), disturbance

    def _note(self, number: int, service: str, name: str, answered: Answered, took: float, sink: Sink) -> None:
        """Who answered, what was committed, and what is wrong with it or with its haste."""
        self._hurried(took, answered.waited, name, sink)
        if answered.peer is not None:
            sink.peer(number, answered.peer)
        for fault in answered.faults:
            sink.fault(replace(fault, step=self.plan.step))
        for entry in answered.entries:
            sink.entry(number, service, entry)

    def _hurried(self, seconds: float, waited: float, name: str, sink: Sink) -> None:
        """A service that is slower than the product waits, or a queue of ours, is nobody's order, and not the product's fault."""
        ours = self.far.environment == EMBEDDED_NAME
        allowed = self.patience * (HURRY if ours else 1.0)
        if seconds <= allowed:
            return
        blame = Blame.EQUALIS if ours else Blame.ENVIRONMENT
        if seconds - waited <= allowed:
            blame = Blame.CONFIGURATION
        queued = f", of which {waited:.1f} s for the environment's rate" if waited else ""
        cause = f"the answer to {name} took {seconds:.1f} s, {HASTE} {self.patience:g} s{queued}"
        sink.fault(Fault(blame, cause, BUSY, self.plan.step))

    async def _disturbed(self, answer: Message, disturbance: str, took: float, connection: Connection, send: Send) -> Message:
        if disturbance == "delay":
            await asyncio.sleep(max(0.0, self.patience * DELAY - took))
        if disturbance == "garble":
            answer = garbled(answer)
        if disturbance == "repeat-answer":
            connection.write(head_of(answer) + answer.body)
        return await send_whole(send, answer)

    async def _vanish(self, connection: Connection, receive: Receive, *, hang: bool) -> None:
        """Give no answer: cut at once, or hang until the client leaves or the time is over."""
        if hang:
            try:
                async with asyncio.timeout(self.hang):
                    while (await receive())["type"] != "http.disconnect":
                        pass
            except TimeoutError:
                pass
        connection.cut()

    async def _broken(self, error: Exception, connection: Connection, sink: Sink, send: Send) -> Message | None:
        if isinstance(error, FarError):
            sink.fault(Fault(error.blame, error.cause, error.remedy, self.plan.step))
        else:
            cause = f"the gateway failed: {type(error).__name__}: {error}"
            remedy = "report it to the makers of equalis with the run directory"
            sink.fault(Fault(Blame.EQUALIS, cause, remedy, self.plan.step))
        answer = Message("HTTP/1.1 502", (("Content-Length", "0"),), b"")
        try:
            return await send_whole(send, answer)
        except RuntimeError:  # part of an answer is already out
            connection.cut()
            return None
