"""Faulty parts of the environment and of equalis itself, put in the place of the good ones."""

from __future__ import annotations

import contextlib
import errno
import http.client
import socket
import ssl
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from equalis.archive.rundir import RunDirectory
from equalis.clock import Clock
from equalis.gateway.embedded import EMBEDDED_NAME
from equalis.gateway.environment import Environment
from equalis.gateway.far import Answered, Far, Onward
from equalis.gateway.pki import Pki
from equalis.gateway.upstream import attributed
from equalis.model.case import Action, Case, Step
from equalis.model.transcript import Message
from equalis.model.values import Record
from equalis.session import DEMO
from equalis.solution.http import HttpDriver
from equalis.solution.port import Driver, Reset, Seen
from equalis.wire import http_message
from equalis.wire.bindings import Bindings

PATIENCE = 60.0
"""Seconds that an injected call waits for a far side that does answer, or hangs up: a starved machine takes its time."""
HURRY = 0.3
"""Seconds that is waited for one that never comes back."""
HOST = "127.0.0.1"


@dataclass(frozen=True, slots=True)
class Stage:
    """Every part of a play that an injection may replace."""

    pki: Pki
    case: Case
    bindings: Bindings
    clock: Clock
    far: Callable[[Far], Far] = lambda embedded: embedded
    driver: Callable[[Driver, Environment], Driver] = lambda driver, _: driver
    directory: Callable[[Path], RunDirectory] = RunDirectory


@dataclass
class Relay:
    """Sends the calls to one service over TLS to a real address; the others stay embedded."""

    inner: Far
    service: str
    address: tuple[str, int]
    context: ssl.SSLContext
    patience: float = PATIENCE
    environment: str = EMBEDDED_NAME

    async def answer(
        self, service: str, message: Message, certificate: bytes, now: datetime, script: Record, onward: Onward | None
    ) -> Answered:
        """Forward a call; raises FarError with who is at fault. It blocks, as nothing else is under way."""
        if service != self.service:
            return await self.inner.answer(service, message, certificate, now, script, onward)
        host, port = self.address
        try:
            connection = http.client.HTTPSConnection(host, port, timeout=self.patience, context=self.context)
            with contextlib.closing(connection):
                connection.request(http_message.method(message), http_message.path(message), message.body)
                answer = connection.getresponse()
                headers = tuple(answer.getheaders())
                return Answered(Message(f"HTTP/1.1 {answer.status}", headers, answer.read()), ())
        except Exception as error:
            raise attributed(error, f"https://{host}:{port}") from error


@contextlib.contextmanager
def peer(pki: Pki, party: str, answer: bytes | None) -> Iterator[int]:
    """A TLS server with the certificate of ``party``; it answers these bytes, hangs (None) or cuts (empty)."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(*pki.files(party))
    over = threading.Event()
    with socket.create_server((HOST, 0)) as listening:
        thread = threading.Thread(target=_serve, args=(listening, context, answer, over), daemon=True)
        thread.start()
        try:
            yield listening.getsockname()[1]
        finally:
            over.set()


def _serve(listening: socket.socket, context: ssl.SSLContext, answer: bytes | None, over: threading.Event) -> None:
    while not over.is_set():
        with contextlib.suppress(OSError):
            plain, _ = listening.accept()
            with contextlib.closing(plain), context.wrap_socket(plain, server_side=True) as tls:
                tls.recv(65536)
                if answer is None:
                    over.wait(PATIENCE)
                elif answer:
                    tls.sendall(answer)


def closed_port() -> int:
    """A port at which nothing listens."""
    with socket.create_server((HOST, 0)) as listening:
        return int(listening.getsockname()[1])


def relayed(stage: Stage, host: str, port: int, authority: bytes, patience: float = PATIENCE) -> Stage:
    """MySecu stands at a real address, trusted by this authority; a call there is given up after ``patience``."""
    context = ssl.create_default_context(cadata=authority.decode())
    return replace(stage, far=lambda inner: Relay(inner, "mysecu", (host, port), context, patience))


@dataclass
class Answering:
    """Answers one service itself, whatever was asked."""

    inner: Far
    service: str
    answers: Callable[[Answered], Answered]
    environment: str = EMBEDDED_NAME

    async def answer(
        self, service: str, message: Message, certificate: bytes, now: datetime, script: Record, onward: Onward | None
    ) -> Answered:
        """The service's answer, changed; so it does not go on before it is."""
        del onward
        answered = await self.inner.answer(service, message, certificate, now, script, None)
        return self.answers(answered) if service == self.service else answered


class Wrapped:
    """A driver that does as the one in it; injections change one thing."""

    def __init__(self, inner: Driver) -> None:
        """Keep the good driver."""
        self.inner = inner
        self.patience = inner.patience

    def reset(self, reset: Reset) -> None:
        """As the good one."""
        self.inner.reset(reset)

    def act(self, action: Action, step: Step, inputs: Record) -> Seen:
        """As the good one."""
        return self.inner.act(action, step, inputs)

    def clock(self, offset: float) -> None:
        """As the good one."""
        self.inner.clock(offset)

    def idle(self) -> bool | None:
        """As the good one."""
        return self.inner.idle()

    def close(self) -> None:
        """As the good one."""
        self.inner.close()


class Crashing(Wrapped):
    """A driver with a defect."""

    def act(self, action: Action, step: Step, inputs: Record) -> Seen:
        """Raise what no driver may raise."""
        message = f"{action.name}, {step.id}, {len(inputs)}"
        raise RuntimeError(message)


class Hanging(Wrapped):
    """A driver that does not come back in time."""

    def __init__(self, inner: Driver) -> None:
        """Be hurried."""
        super().__init__(inner)
        self.patience = HURRY
        self._over = threading.Event()

    def close(self) -> None:
        """As the good one; then come back."""
        super().close()
        self._over.set()

    def act(self, action: Action, step: Step, inputs: Record) -> Seen:
        """Come back when nobody waits any more, with nothing."""
        self._over.wait()
        return Seen({"action": action.name, "step": step.id, "inputs": len(inputs)})


class Mistyping(Wrapped):
    """A hook that answers other types than the contract's."""

    def act(self, action: Action, step: Step, inputs: Record) -> Seen:
        """A word that the contract does not know."""
        seen = self.inner.act(action, step, inputs)
        return Seen({**seen.fields, "state": "finished"})


class Lacking(Wrapped):
    """A hook that does not know an action."""

    def act(self, action: Action, step: Step, inputs: Record) -> Seen:
        """Ask for an action that nobody knows."""
        return self.inner.act(replace(action, name="pid.nobody-knows"), step, inputs)


class Unplugging(Wrapped):
    """A driver under which the gateway's port is lost."""

    def __init__(self, inner: Driver, environment: Environment) -> None:
        """Know the environment."""
        super().__init__(inner)
        self._environment = environment

    def act(self, action: Action, step: Step, inputs: Record) -> Seen:
        """Lose the port, then ask."""
        self._environment.close()
        return self.inner.act(action, step, inputs)


class FullDisk(RunDirectory):
    """A run directory on a disk that is full after some events."""

    room = 6

    def append(self, line: bytes) -> None:
        """Take what still fits."""
        self.room -= 1
        if self.room < 0 and self.error is None:
            self.error = OSError(errno.ENOSPC, "No space left on device")
        super().append(line)


class Forgetful(RunDirectory):
    """A run directory from which bodies vanish."""

    def body(self, content: bytes) -> str:
        """Keep a body, and lose it again."""
        digest = super().body(content)
        if digest:
            (self.folder / "evidence" / "bodies" / digest).unlink(missing_ok=True)
        return digest


def unreachable(_driver: Driver, _environment: Environment) -> Driver:
    """The driver of a hook that is not there."""
    return HttpDriver(replace(DEMO, driver="http", url=f"http://{HOST}:{closed_port()}"))


def slowly(answered: Answered) -> Answered:
    """The same answer, later than anybody waits."""
    time.sleep(DEMO.timeout * 1.2)
    return answered


def jumping(seconds: float, after: int = 4) -> Clock:
    """A clock whose wall time is set by someone after some readings."""
    readings = 0

    def wall() -> datetime:
        nonlocal readings
        readings += 1
        return datetime.now(UTC) + timedelta(seconds=seconds if readings > after else 0)

    return Clock(wall=wall)


def without_field(bindings: Bindings, operation: str, field: str) -> Bindings:
    """Bindings whose operation lacks a field of its answer."""
    services = []
    for binding in bindings.services.values():
        operations = tuple(
            replace(item, answer=replace(item.answer, fields=_less(item.answer.fields, field))) if item.name == operation else item
            for item in binding.operations
        )
        services.append(replace(binding, operations=operations))
    return Bindings(services)


def _less(fields: Mapping[str, Any], name: str) -> dict[str, Any]:
    return {key: value for key, value in fields.items() if key != name}


def demanding(case: Case, check: str, arguments: Record) -> Case:
    """A case whose last expectation of its own is checked with arguments that lint would refuse."""
    *others, last = (item for item in case.expectations if not item.select.malformed)
    return replace(case, expectations=(*others, replace(last, check=check, arguments=arguments)))
