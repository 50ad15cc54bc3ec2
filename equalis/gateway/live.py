"""The way to a live environment: each call forwarded to the byte, its answer handed on as it comes.

Redirects are the solution's to follow, and hosts outside the description are nobody's: the address of a service is the only
place that a call can go to.
"""

from __future__ import annotations

import asyncio
import socket
import time
from collections.abc import Iterator, Mapping
from datetime import datetime
from urllib.parse import urlsplit

from cryptography.hazmat.primitives.serialization import Encoding
from yarl import URL

from equalis.gateway.carrier import HOP_BY_HOP, Carrier, Headers, beneath
from equalis.gateway.credentials import Credentials
from equalis.gateway.deriving import ERRORS, Deriving
from equalis.gateway.far import Answered, Onward, TurnedAwayError
from equalis.gateway.upstream import FarError, attributed, is_demand
from equalis.model.config import Live
from equalis.model.outcome import Blame
from equalis.model.transcript import Fault, Message
from equalis.model.values import Record
from equalis.wire import encodings, http_message
from equalis.wire.bindings import Bindings
from equalis.wire.opened import Opened
from equalis.wire.unreadable import UnreadableError

CERTIFICATE_WANTED = frozenset({400, 401, 403, 495, 496})
PATIENCE = 1.4
"""An answer may take so many times as long as the solution waits: then an injected hang is over too, and the case ends."""


class Forwarding:
    """A live environment as the gateway sees it."""

    def __init__(self, site: Live, bindings: Bindings, opened: Credentials, patience: float) -> None:
        """``opened`` verifies the environment and shows our certificate; ``patience`` is the solution's own, in seconds."""
        self.environment = site.says
        self._site, self._bindings, self._patience = site, bindings, patience
        self._own = opened.leaf.public_bytes(Encoding.DER) if opened.leaf else b""
        self._carrier = Carrier(site.services, opened.context(), patience * PATIENCE)
        self._bare = Carrier(site.services, opened.context(shown=False), patience * PATIENCE)
        self._ledgers = Deriving()
        self._next = 0.0
        self._failed: dict[str, tuple[str, int]] = {}

    def reset(self, worlds: Mapping[str, Record]) -> None:  # noqa: ARG002 - a live environment holds what it holds
        """Begin a case: what it commits is counted from here."""
        self._ledgers = Deriving()

    async def answer(
        self, service: str, message: Message, certificate: bytes, now: datetime, script: Record, onward: Onward | None  # noqa: ARG002 - the port
    ) -> Answered:  # fmt: skip
        """Forward a call; raises FarError with who is at fault, TurnedAwayError when the solution showed no certificate where one is due."""
        if certificate and self._own and certificate != self._own:
            cause = "the solution shows another client certificate than the environment is shown: what it signs would be refused there"
            raise FarError(Blame.CONFIGURATION, cause, "name the solution's own under [environments.<name>.identity]")
        ledgers, url, headers = self._ledgers, self._target(service, message), self._outgoing(service, message)
        waited = await self._turn()
        carrier = self._carrier if certificate else self._bare  # a certificate is never lent
        try:
            found, peer, sent = await carrier.carry(url, headers, message, onward)
        except Exception as error:
            plain = beneath(error)
            if self._own and not certificate and is_demand(plain):
                raise TurnedAwayError from error
            failure = attributed(plain, f"{url.scheme}://{url.authority}")
            if failure.blame is Blame.ENVIRONMENT:
                self._failed[service] = self._site.services[service].reached
            raise failure from error
        self._failed.pop(service, None)
        binding = self._bindings.services[service]
        operation = self._bindings.recognise(service, Opened(message))
        faults = [*self._astray(service, found), *self._misaddressed(service, message, found), *_uncertified(certificate, service, found)]
        try:
            entries = ledgers.entries(binding, operation, message, found)
        except UnreadableError as error:
            entries, name = (), operation.name if operation else "a call"
            cause = f"what {name} committed cannot be told, since its answer cannot be read: {error}"
            faults.append(Fault(Blame.ENVIRONMENT, cause, "complete the overlay for it, or show the exchange to the environment's operator"))
        return Answered(found, entries, peer, sent, tuple(faults), waited)

    def _target(self, service: str, message: Message) -> URL:
        """The same path and query at the environment; only a prefix of the gateway's own is replaced."""
        parts = self._site.services[service].parts
        path = http_message.path(message)
        if self._site.routing == "prefix":
            path = parts.path + path.removeprefix(self._bindings.services[service].prefix)
        query = http_message.query_string(message)
        return URL(f"https://{parts.netloc}{path or '/'}{f'?{query}' if query else ''}", encoded=True)

    def _outgoing(self, service: str, message: Message) -> Headers:
        """The headers as they came, in their order; the Host is the environment's where the gateway has an address of its own."""
        named = {name.strip().lower() for value in message.header("connection") for name in value.split(",")}
        kept = list(message.without(*HOP_BY_HOP, *named))
        if self._site.routing == "prefix":
            own = self._site.services[service].parts.netloc
            kept = [(name, own if name.lower() == "host" else value) for name, value in kept]
        return kept

    def _astray(self, service: str, answer: Message) -> Iterator[Fault]:
        """An address in the answer's head that would lead the solution past the gateway, or to a path that it has not."""
        if self._site.routing != "prefix":
            return
        parts, prefix = self._site.services[service].parts, self._bindings.services[service].prefix
        for name in ("Location", "Content-Location"):
            for value in answer.header(name):
                try:
                    led = urlsplit(value)
                except ValueError:
                    continue
                if led.netloc == parts.netloc or (not led.netloc and led.path.startswith("/") and parts.path != prefix):
                    cause = f"{name} in an answer of {service} names the environment's own address, which the solution does not call"
                    yield Fault(Blame.CONFIGURATION, cause, 'take `routing = "host"`, so that the solution calls the environment\'s own addresses')

    def _misaddressed(self, service: str, request: Message, answer: Message) -> Iterator[Fault]:
        """An error that names the gateway's own address: the message was signed for it, and the environment has another."""
        if self._site.routing != "prefix" or http_message.status(answer) < ERRORS:
            return
        called = "".join(request.header("host")).encode("latin-1")
        if called and called in encodings.readable(answer):
            cause = f"{service} refuses a message that is addressed to the gateway ({called.decode('latin-1')}), and not to itself"
            yield Fault(Blame.CONFIGURATION, cause, 'take `routing = "host"`, so that the solution calls the environment\'s own addresses')

    async def _turn(self) -> float:
        """Wait until the environment's rate allows one more call; the seconds. Raises FarError when that would be too long."""
        if not self._site.rate:
            return 0.0
        waits = max(0.0, self._next - time.monotonic())
        if waits > self._patience / 2:
            cause = f"a call would wait {waits:.1f} s for the rate of {self._site.rate:g} a second that the environment allows"
            raise FarError(Blame.CONFIGURATION, cause, "agree on a higher `rate`, or set a longer [solution] timeout")
        self._next = time.monotonic() + waits + 1 / self._site.rate
        await asyncio.sleep(waits)
        return waits

    @property
    def lost(self) -> str:
        """Why nobody answers where a call failed, empty while somebody does."""
        for host, port in set(self._failed.values()):
            try:
                socket.create_connection((host, port), 2).close()
            except OSError as error:
                return f"nobody answers at {host}:{port} ({error.strerror or error})"
        return ""

    async def close(self) -> None:
        """Let go of every connection."""
        await self._carrier.close()
        await self._bare.close()


def _uncertified(certificate: bytes, service: str, answer: Message) -> Iterator[Fault]:
    """A proxy that misses a client certificate, or does not like ours, where the solution had shown one."""
    if certificate and http_message.status(answer) in CERTIFICATE_WANTED and b"ssl certificate" in encodings.readable(answer).lower():
        cause = f"what stands before {service} does not take the client certificate (HTTP {http_message.status(answer)})"
        yield Fault(Blame.CONFIGURATION, cause, "name the identity that the environment knows under [environments.<name>.identity]")
