"""A case: what is true, what is asked, what is demanded."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass

from equalis.model.outcome import Basis, Level
from equalis.model.source import Source
from equalis.model.values import Record

TRANSPORT_DISTURBANCES = (
    "cut-before",
    "cut-after-commit",
    "hang-before",
    "hang-after-commit",
    "delay",
    "garble",
    "cut-during-answer",
    "repeat-answer",
)
"""What the gateway can do to a call on purpose, whatever answers it."""

TLS_DISTURBANCES = ("unknown-authority", "expired-certificate", "wrong-name")
"""Certificates that the gateway can present and that a solution must refuse."""


@dataclass(frozen=True, slots=True)
class Selection:
    """Which part of a transcript an expectation looks at.

    Exactly one of ``operation``, ``service``, ``observation``, ``ledger``, ``strangers``, ``handshakes`` and
    ``malformed`` is set; ``service: any`` means every service; ``step`` are the steps
    during which it happened, none: any. ``which`` is ``all``, ``first``, ``last`` or a position counted from 1.
    """

    operation: tuple[str, ...] = ()
    service: str = ""
    observation: str = ""
    ledger: str = ""
    strangers: bool = False
    handshakes: bool = False
    malformed: bool = False
    field: str = ""
    step: tuple[str, ...] = ()
    which: str = "all"
    where: Record = dataclasses.field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Sign:
    """How a cause shows: a requirement, and RE2 patterns of `case#expectation`, actual and expected."""

    requirement: str
    at: str = ""
    actual: str = ""
    expected: str = ""


@dataclass(frozen=True, slots=True)
class Cause:
    """Why a product may be KO and how to mend it: an entry of the family's catalogue."""

    id: str
    text: str
    remedy: str
    signs: tuple[Sign, ...]


@dataclass(frozen=True, slots=True)
class Expectation:
    """One demand, with the requirement that it proves and the line where it stands.

    ``causes`` are the likely ones when it is KO, the likeliest first; the last is always possible.
    """

    id: str
    level: Level
    sentence: str
    requirement: str
    select: Selection
    check: str
    arguments: Record
    source: Source
    question: str = ""
    causes: tuple[Cause, ...] = ()


@dataclass(frozen=True, slots=True)
class Until:
    """When a step is over: one of the operations seen that every conforming solution calls there (``seen``, none: nothing is
    awaited), the solution idle, or ``within`` seconds gone.
    """

    seen: tuple[str, ...] = ()
    settled: bool = True
    within: float = 30.0


@dataclass(frozen=True, slots=True)
class Step:
    """One thing that the solution (``action``) is asked to do, a ``pause`` of its clock, or a ``call`` of an operation
    that equalis makes in another party's name (``caller``), with the answer's status that is due (0: any).
    """

    id: str
    sentence: str
    source: Source
    action: str = ""
    input: Record = dataclasses.field(default_factory=dict)
    script: Mapping[str, Record] = dataclasses.field(default_factory=dict)
    inject: Mapping[str, str] = dataclasses.field(default_factory=dict)
    until: Until = Until()
    pause: float = 0.0
    call: str = ""
    caller: Record = dataclasses.field(default_factory=dict)
    answers: int = 0


INVENTED = "invented-persons"
"""The promise of an environment that it knows the persons whom cases write themselves."""


@dataclass(frozen=True, slots=True)
class Case:
    """A case or one of its variants, fully resolved against people and ``given``; ``seeds`` are those of its world that a
    service must hold, ``services`` those that its family speaks with or that it names itself, ``operations`` those that it names;
    ``invented`` when it writes persons itself, whom a live environment does not know.
    """

    id: str
    family: str
    title: str
    given: Record
    steps: tuple[Step, ...]
    expectations: tuple[Expectation, ...]
    source: Source
    needs: tuple[str, ...] = ()
    only_in: tuple[str, ...] = ()
    tags: tuple[str, ...] = ()
    variant: str = ""
    seeds: tuple[str, ...] = ()
    services: tuple[str, ...] = ()
    operations: tuple[str, ...] = ()
    invented: bool = False

    @property
    def name(self) -> str:
        """The name that a user types: ``family/case`` or ``family/case@variant``."""
        return f"{self.id}@{self.variant}" if self.variant else self.id

    @property
    def pauses(self) -> bool:
        """Whether the case moves the embedded clock."""
        return any(step.pause for step in self.steps)


@dataclass(frozen=True, slots=True)
class Requirement:
    """One demand of an edition, as data; ``when`` names the capability without which it does not apply (or several, of
    which one is enough, with `or` between them); ``unproven`` says why no case proves it.
    """

    id: str
    level: Level
    sentence: str
    basis: Basis
    cites: str
    source: Source
    when: str = ""
    remedy: str = ""
    unproven: str = ""

    @property
    def capabilities(self) -> tuple[str, ...]:
        """The capabilities of which one makes it apply; none when it always does."""
        return tuple(self.when.split(" or ")) if self.when else ()


@dataclass(frozen=True, slots=True)
class ActionField:
    """A typed input or observation of an action; ``of`` describes the records of a list."""

    name: str
    type: str
    label: str
    required: bool = False
    many: bool = False
    values: tuple[str, ...] = ()
    of: tuple[ActionField, ...] = ()


@dataclass(frozen=True, slots=True)
class Action:
    """Something that a solution can be asked to do: a line of the vendor's contract."""

    name: str
    title: str
    inputs: tuple[ActionField, ...]
    observations: tuple[ActionField, ...]
    source: Source


@dataclass(frozen=True, slots=True)
class Seed:
    """A named starting point of the world: what each embedded service holds at first."""

    name: str
    title: str
    services: Mapping[str, Record]
    source: Source


@dataclass(frozen=True, slots=True)
class Family:
    """Everything that ``scenarios/<family>/`` says; ``cited`` are demands of other families that its cases prove too,
    ``everywhere`` what each of its cases expects besides its own.
    """

    name: str
    title: str
    edition: str
    cases: tuple[Case, ...]
    requirements: Mapping[str, Requirement]
    actions: Mapping[str, Action]
    seeds: Mapping[str, Seed]
    people: Record
    causes: tuple[Cause, ...] = ()
    cited: Mapping[str, Requirement] = dataclasses.field(default_factory=dict)
    services: tuple[str, ...] = ()
    everywhere: tuple[Expectation, ...] = ()

    @property
    def demands(self) -> Mapping[str, Requirement]:
        """Every requirement that a case of this family may prove: its own first."""
        return {**self.requirements, **self.cited}
