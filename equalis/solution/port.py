"""The port that every driver implements: the vendor's contract seen from equalis."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol

from equalis.model.case import Action, Step
from equalis.model.remedied import RemediedError
from equalis.model.values import Record


class DriverError(RemediedError):
    """The driver itself cannot do its work: a matter of configuration, never a KO."""


class ProductFailure(Exception):  # noqa: N818 - it is evidence about the product, not an error of ours
    """The product crashed, went silent or refused to act in mid-case: evidence, to be judged."""


@dataclass(frozen=True, slots=True)
class Reset:
    """What a solution is told before a case: the world, the clock, the addresses, the identity, the services' names in SAML."""

    run: str
    case: str
    world: tuple[str, ...]
    persons: Record
    services: Mapping[str, str]
    offset: float = 0.0
    credentials: Mapping[str, str] = field(default_factory=dict)
    identifiers: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Attachment:
    """A photo, a screenshot or a document that shows what the user saw."""

    name: str
    media: str
    content: bytes = field(repr=False)


@dataclass(frozen=True, slots=True)
class Seen:
    """What the user saw: raw values by name, not yet held against the contract, and files that show it."""

    fields: Mapping[str, Any]
    attested: bool = False
    attachments: tuple[Attachment, ...] = ()


class Driver(Protocol):
    """A way to make a solution act."""

    patience: float | None
    """Seconds after which an action that has not come back means that the driver itself hangs; None: a person acts."""

    def reset(self, reset: Reset) -> None:
        """Prepare a case; raises DriverError when the solution cannot be reached."""

    def act(self, action: Action, step: Step, inputs: Record) -> Seen:
        """Ask for one action; raises DriverError or ProductFailure."""

    def clock(self, offset: float) -> None:
        """Move the solution's clock to that many seconds ahead of the true time."""

    def idle(self) -> bool | None:
        """Whether nothing is left to do, None when the driver cannot tell."""

    def close(self) -> None:
        """Let go of the solution."""
