"""The port that every embedded service implements: a call comes in, a reply goes out.

Pure: a simulator sees neither file, socket, clock nor chance. The moment, the identifiers that it
may draw and the keys that it signs with are all in the call.
"""

from __future__ import annotations

import hashlib
import hmac
import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from equalis.model.binding import Binding, Operation
from equalis.model.transcript import Message
from equalis.model.values import Record, Value
from equalis.wire.bindings import read_field
from equalis.wire.opened import Opened
from equalis.wire.unreadable import UnreadableError


@dataclass(frozen=True, slots=True)
class Identity:
    """A key with its certificate: PEM and DER. The embedded ones say EMBEDDED in their subject."""

    key_pem: bytes
    certificate: bytes
    public_pem: bytes


@dataclass(frozen=True, slots=True)
class Call:
    """One request to a service, with all that the service may know.

    ``world`` is what the case seeds, ``script`` what it orders for this operation, ``peers`` the
    identities whose signatures the service accepts (``idp`` for assertions, ``sts`` for tokens).
    """

    request: Opened
    binding: Binding
    operation: Operation | None
    now: datetime
    client_certificate: bytes
    world: Record
    script: Record
    identity: Identity
    peers: dict[str, Identity]
    seed: bytes
    environment: str = "EMBEDDED"
    drawn: Mapping[str, str] = field(default_factory=dict)

    @property
    def message(self) -> Message:
        """The request itself."""
        return self.request.message

    def draw(self, label: str) -> str:
        """A UUID that derives from the run's challenge (trust.md, "Challenge and nonces"), or what ``drawn`` gives (a replay)."""
        if label in self.drawn:
            return self.drawn[label]
        digest = hmac.digest(self.seed, label.encode(), hashlib.sha256)
        return str(uuid.UUID(bytes=digest[:16], version=4))

    def values(self, name: str) -> tuple[Value, ...]:
        """Every value of a request field of the binding; raises UnreadableError for bad bytes."""
        half = self.operation.request if self.operation else None
        known = half.fields.get(name) if half else None
        if half is None or known is None:
            return ()
        return read_field(known, half, self.binding, self.operation, self.request)

    def value(self, name: str) -> Value:
        """The first value of a request field, None when it is not there."""
        found = self.values(name)
        return found[0] if found else None

    def text(self, name: str) -> str:
        """The first value of a request field as text."""
        value = self.value(name)
        return "" if value is None else str(value)


@dataclass(frozen=True, slots=True)
class Entry:
    """Something that the service commits to its ledger."""

    kind: str
    fields: Record


@dataclass(frozen=True, slots=True)
class Reply:
    """The answer of a service, and the state that it leaves."""

    state: Any
    status: int
    headers: tuple[tuple[str, str], ...]
    body: bytes
    entries: tuple[Entry, ...] = field(default=())


@dataclass(frozen=True, slots=True)
class Simulator:
    """A service: the state that a world starts with, and the answer to a call."""

    start: Callable[[Record], Any]
    answer: Callable[[Any, Call], Reply]
    refuse: Callable[[Any, Call, str], Reply]
    """The form in which the service says that it cannot take a request (fault, error body)."""


class RefusalError(Exception):
    """A request that the service refuses; ``code`` is the wire's own code, ``status`` HTTP's."""

    def __init__(self, code: str, text: str, status: int = 500) -> None:
        """Keep the parts of the refusal."""
        super().__init__(f"{code}: {text}")
        self.code, self.text, self.status = code, text, status


def answered(simulator: Simulator, state: Any, call: Call) -> Reply:
    """Answer a call, the script's orders first: ``unavailable`` and ``fault`` come before all."""
    if call.script.get("unavailable") is True:
        body = b"Service Unavailable"
        return Reply(state, 503, (("Content-Type", "text/plain"), ("Retry-After", "30")), body)
    fault = call.script.get("fault")
    if isinstance(fault, str):
        return simulator.refuse(state, call, fault)
    try:
        return simulator.answer(state, call)
    except UnreadableError as error:
        return simulator.refuse(state, call, f"unreadable request: {error}")


def scripted(call: Call, fields: dict[str, Value]) -> dict[str, Value]:
    """The answer's fields after the script's say: it replaces each field that it names."""
    reserved = {"refuse", "text", "signature", "lifetime", "starts", "fault", "fault-status", "unavailable", "status"}
    return fields | {key: value for key, value in call.script.items() if key not in reserved}
