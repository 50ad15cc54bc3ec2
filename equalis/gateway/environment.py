"""The embedded environment as the runner sees it: listener, services, plan, addresses."""

from __future__ import annotations

import hashlib
import hmac
import secrets
import time
import uuid
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime

from equalis.gateway.calling import Caller, Response
from equalis.gateway.credentials import Credentials
from equalis.gateway.embedded import EMBEDDED_NAME, Embedded
from equalis.gateway.far import Base, Far
from equalis.gateway.pki import OTHER_PARTY, Pki
from equalis.gateway.recording import Plan, Recording, Sink
from equalis.gateway.redaction import Redactor
from equalis.gateway.routes import Routes, routes
from equalis.gateway.server import Listener
from equalis.gateway.tls import Disguise
from equalis.model.case import Step
from equalis.model.config import Live
from equalis.model.embedded import IDENTIFIERS
from equalis.model.values import Record, Value
from equalis.wire import typed
from equalis.wire.bindings import Bindings


class Nonces(Mapping[str, Value]):
    """`${nonce.label}`: a UUID for each label, derived from the run's challenge."""

    def __init__(self, challenge: bytes) -> None:
        """Keep the challenge."""
        self._challenge = challenge

    def __getitem__(self, label: str) -> Value:
        """The UUID of a label."""
        digest = hmac.digest(self._challenge, f"equalis/1\0nonce\0{label}".encode(), hashlib.sha256)
        return str(uuid.UUID(bytes=digest[:16], version=4))

    def __contains__(self, label: object) -> bool:
        """Every label has one."""
        return isinstance(label, str)

    def __iter__(self) -> Iterator[str]:
        """They cannot be listed."""
        return iter(())

    def __len__(self) -> int:
        """They cannot be counted."""
        return 0


@dataclass(frozen=True, slots=True)
class Site:
    """A live environment to forward to: its description, and what opens its door."""

    live: Live
    credentials: Credentials


@dataclass(frozen=True, slots=True)
class Behind:
    """What stands behind the gateway: the live environment ``site``, or the embedded services under the name ``says``;
    ``far`` may put something before it.
    """

    far: Callable[[Far], Far] = lambda base: base
    site: Site | None = None
    says: str = EMBEDDED_NAME


EMBEDDED_ALONE = Behind()


class Environment:
    """Started at once; raises OSError when the port is taken."""

    def __init__(
        self, bindings: Bindings, pki: Pki, challenge: bytes, clock: Callable[[], datetime],
        timeout: float, host: str = "127.0.0.1", port: int = 0, behind: Behind = EMBEDDED_ALONE,
    ) -> None:  # fmt: skip
        """``timeout`` is the solution's own, in seconds; ``behind`` says what stands behind the gateway."""
        site = behind.site
        self._site = site
        self._base: Base = Embedded(bindings, pki, challenge, behind.says) if site is None else _forwarding(site, bindings, timeout)
        self.redactor = Redactor(secrets.token_bytes(32))
        self._recording = Recording(bindings, behind.far(self._base), clock, self.redactor, timeout)
        self._disguise = Disguise(pki, site.credentials.clients if site else "")
        self._recording.knows_clients = site is None
        self._disguise.watch(self._recording)
        self._listener = Listener(self._recording, self._disguise.context, host, port, self._recording.pulse)
        ways = routes(site.live if site else None, bindings, host)
        self._recording.routes = Routes(ways)
        self._pki = pki
        self._recording.own_certificate = pki.identities[OTHER_PARTY].certificate
        self._caller: Caller | None = None
        self._hang = self._recording.hang
        self.nonces: Record = Nonces(challenge)
        self.port = self._listener.port
        self.addresses = {way.service: way.address(self.port) for way in ways}
        self._listener.start()

    @property
    def credentials(self) -> dict[str, str]:
        """The test identity of the solution and the authorities to trust, as PEM; a live key only where it is to be handed over."""
        if self._site is None:
            return self._pki.credentials
        own, ours = self._site.credentials, self._pki.authority.decode()
        given = {"authority": f"{own.authority}{ours}", "certificate": own.certificate}
        return given | ({"key": own.key} if self._site.live.identity.hand_over else {})

    @property
    def identifiers(self) -> Mapping[str, str]:
        """The services' names in SAML, none where a live environment has its own."""
        return IDENTIFIERS if self._site is None else {}

    @property
    def lost(self) -> str:
        """Why the far side does not answer any more, empty while it does."""
        return self._base.lost

    def closed(self, now: datetime) -> str:
        """Why nothing may be played now, empty when it may."""
        spans = self._site.live.quiet if self._site else ()
        return next((span for span in spans if _within(span, now)), "")

    def begin_case(self, sink: Sink, worlds: Mapping[str, Record]) -> None:
        """Start the services anew, count exchanges from 1."""
        self._base.reset(worlds)
        self._wear("")
        self._listener.drop_idle()
        self._recording.begin_case(sink)

    def begin_step(self, step: Step) -> None:
        """Obey the orders of a step."""
        inject = dict(step.inject)
        self._wear(inject.pop("tls", ""))
        self._recording.plan = Plan(step.id, step.script, inject)
        self._recording.pulse.touch()

    def _wear(self, certificate: str) -> None:
        """Show another server certificate from the next handshake on."""
        if certificate != self._disguise.worn:
            self._disguise.worn = certificate
            self._listener.drop_idle()

    def call(self, step: Step, inputs: Record) -> Response:
        """Make the call of a step in another party's name; raises CallError when no answer comes."""
        if self._caller is None:
            self._caller = Caller(self._recording.bindings, self.addresses, self._pki)
        return self._caller.call(step, inputs, self._recording.clock())

    def acted(self) -> None:
        """The solution has done what it was asked: silence counts from here."""
        self._recording.pulse.touch()

    def seen(self, operation: str) -> bool:
        """Whether the operation was called during the step."""
        return operation in self._recording.plan.seen

    @property
    def refusals(self) -> int:
        """How many handshakes did not come about during the step."""
        return self._recording.plan.refusals

    @property
    def in_flight(self) -> int:
        """How many exchanges and handshakes are not over yet."""
        return self._recording.in_flight

    @property
    def silence(self) -> float:
        """Seconds for which nothing came, though somebody was listening."""
        return self._recording.pulse.quiet

    def caught_up(self) -> None:
        """Let the listener take in what has arrived already: the product may be done before we have looked."""
        self._listener.catch_up()

    def drain(self) -> None:
        """Wait for exchanges under way: what arrives late belongs to the case that caused it; say what was our own delay."""
        self.caught_up()
        deadline = time.monotonic() + self._hang + 1.0
        while self.in_flight and time.monotonic() < deadline:
            time.sleep(0.01)
        self._recording.end_case()

    @property
    def listening(self) -> bool:
        """Whether calls are still taken."""
        return self._listener.alive

    def close(self) -> None:
        """Stop listening."""
        if self._caller is not None:
            self._caller.close()
        self._listener.stop(self._base.close)


def _forwarding(site: Site, bindings: Bindings, timeout: float) -> Base:
    from equalis.gateway.live import Forwarding  # noqa: PLC0415 - aiohttp is for live environments only

    return Forwarding(site.live, bindings, site.credentials, timeout)


def _within(span: str, now: datetime) -> bool:
    """Whether an instant is within a span of Luxembourg time (``22:00-06:00``)."""
    first, last = span.split("-")
    moment = f"{typed.luxembourg(now):%H:%M}"
    return first <= moment < last if first < last else not last <= moment < first  # the same twice: all day
