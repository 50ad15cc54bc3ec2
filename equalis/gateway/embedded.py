"""The embedded environment: the services' states, and the answer to a call in process."""

from __future__ import annotations

import hashlib
import hmac
import threading
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from types import MappingProxyType
from typing import Any

from equalis.gateway.far import Answered, Onward
from equalis.gateway.pki import Pki
from equalis.model.embedded import ANSWERED
from equalis.model.transcript import Message
from equalis.model.values import Record
from equalis.services import SERVICES
from equalis.services.port import Call, Identity, answered
from equalis.wire.bindings import Bindings
from equalis.wire.opened import Opened

EMBEDDED_NAME = "EMBEDDED"
"""The name that the embedded environment gives itself in its answers."""


NOTHING: Mapping[str, str] = MappingProxyType({})


@dataclass
class Embedded:
    """Every embedded service with its state; one call at a time. ``peers`` are trusted instead of its own, in a replay."""

    bindings: Bindings
    pki: Pki
    challenge: bytes
    environment: str = EMBEDDED_NAME
    worlds: Mapping[str, Record] = field(default_factory=dict)
    states: dict[str, Any] = field(default_factory=dict)
    lost: str = ""
    peers: dict[str, Identity] = field(default_factory=dict)
    _calls: int = 0
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def reset(self, worlds: Mapping[str, Record]) -> None:
        """Start every service anew in its world."""
        with self._lock:
            self.worlds = worlds
            self.states = {name: simulator.start(worlds.get(name, {})) for name, simulator in SERVICES.items()}

    async def close(self) -> None:
        """There is no connection to let go of."""

    async def answer(
        self, service: str, message: Message, certificate: bytes, now: datetime, script: Record, onward: Onward | None = None  # noqa: ARG002 - the port
    ) -> Answered:  # fmt: skip
        """Let a service answer; what it commits is kept."""
        return self.reply(service, message, certificate, now, script)

    def reply(
        self, service: str, message: Message, certificate: bytes, now: datetime, script: Record, drawn: Mapping[str, str] = NOTHING
    ) -> Answered:
        """Let a service answer; ``drawn`` are identifiers that it shall draw, by their label, as another one did."""
        with self._lock:
            self._calls += 1
            opened = Opened(message)
            operation = self.bindings.recognise(service, opened)
            if operation is not None and operation.name not in ANSWERED[service]:
                operation = None  # an overlay's own: to the simulator a request like any unknown one
            label = f"equalis/1\0{self._calls}\0{service}".encode()
            call = Call(
                request=opened, binding=self.bindings.services[service],
                operation=operation, now=now,
                client_certificate=certificate, world=self.worlds.get(service, {}), script=script,
                identity=self.pki.identities[service], peers=self.peers or self.pki.identities,
                seed=hmac.digest(self.challenge, label, hashlib.sha256), environment=self.environment, drawn=drawn,
            )  # fmt: skip
            reply = answered(SERVICES[service], self.states[service], call)
            self.states[service] = reply.state
            headers = (*reply.headers, ("Content-Length", str(len(reply.body))))
            return Answered(Message(f"HTTP/1.1 {reply.status}", headers, reply.body), reply.entries)
