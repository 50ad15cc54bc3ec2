"""The port of whatever stands behind the gateway: the embedded services, or a live environment."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from equalis.model.transcript import Fault, Message, Peer
from equalis.model.values import Record
from equalis.services.port import Entry


@dataclass(frozen=True, slots=True)
class Answered:
    """An answer, what was committed with it, who gave it (a live peer), whether the solution has it already, what is wrong
    with it, and the seconds for which the call had to wait its turn.
    """

    message: Message
    entries: tuple[Entry, ...]
    peer: Peer | None = None
    sent: bool = False
    faults: tuple[Fault, ...] = ()
    waited: float = 0.0


class TurnedAwayError(Exception):
    """The environment refuses a solution that shows no client certificate: the solution's own doing, and no Fault."""


class Onward(Protocol):
    """The way on to the solution, for an answer that comes in pieces; the head first."""

    async def head(self, answer: Message) -> None:
        """The status line and the headers."""

    async def piece(self, content: bytes) -> None:
        """Some of the body."""


class Far(Protocol):
    """Who answers."""

    environment: str
    """The name by which its answers say where they come from; empty when they say nothing."""

    async def answer(
        self, service: str, message: Message, certificate: bytes, now: datetime, script: Record, onward: Onward | None
    ) -> Answered:
        """Answer a call; what it committed comes with the answer. Raises FarError when there is none.

        ``onward``, when it is given, may be used to hand the answer on as it comes.
        """


class Base(Far, Protocol):
    """A far side that plays one case after another."""

    def reset(self, worlds: Mapping[str, Record]) -> None:
        """Begin a case: the embedded services start anew in their worlds."""

    @property
    def lost(self) -> str:
        """Why nobody answers there any more, empty while somebody does."""

    async def close(self) -> None:
        """Let go of every connection; in the listener's thread."""
