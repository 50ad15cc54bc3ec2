"""Which fault has been met at which call: the table *operation × fault* of a family (ra-pid.md §5).

The cells are read off what was recorded while the conforming solution was played, never off the
words of a case: a fault that struck nothing is not in the table.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from equalis.model.binding import Operation
from equalis.model.case import Case
from equalis.model.transcript import Transcript
from equalis.model.values import Record, as_text
from equalis.wire import typed
from equalis.wire.bindings import Bindings

FAULTS = (
    "refusal", "soap-fault", "unavailable", "hang-before", "hang-after-commit", "cut-before", "cut-after-commit",
    "cut-during-answer", "delay", "garble", "bad-signature", "expired-token", "early-token", "repeat-answer",
)  # fmt: skip
"""The faults, each as a script or an injection orders it."""
_BAD_SIGNATURES = frozenset({"missing", "broken", "other-element", "stranger"})

Cell = tuple[str, str]
"""An operation as `service: operation`, and a fault."""


@dataclass(frozen=True, slots=True)
class Line:
    """One operation: the number of cases for each fault, None where it cannot happen."""

    operation: str
    moves_money: bool
    cases: Mapping[str, int | None]

    @property
    def missing(self) -> tuple[str, ...]:
        """The faults that no case orders."""
        return tuple(fault for fault, number in self.cases.items() if number == 0)


@dataclass(frozen=True, slots=True)
class Table:
    """Every operation that the family's cases come to, and every one that moves money."""

    lines: tuple[Line, ...]

    @property
    def open_cells(self) -> tuple[str, ...]:
        """Cells of money-moving operations without a case."""
        return tuple(f"{line.operation} × {fault}" for line in self.lines if line.moves_money for fault in line.missing)


def struck(case: Case, transcript: Transcript, bindings: Bindings) -> Iterator[Cell]:
    """Every cell that a play of a case fills, and one with an empty fault for each operation called."""
    scripts = {step.id: step.script for step in case.steps}
    for exchange in transcript.exchanges:
        operation = bindings.reading(exchange).operation
        if operation is None:
            continue
        name = f"{exchange.service}: {operation.name}"
        yield name, ""
        if exchange.disturbance:
            yield name, exchange.disturbance
        for fault in ordered(scripts.get(exchange.step, {}).get(operation.name, {})):
            yield name, fault


def ordered(script: Record) -> Iterator[str]:
    """The faults that a script orders."""
    words = {"refuse": "refusal", "fault": "soap-fault", "unavailable": "unavailable"}
    yield from (word for key, word in words.items() if script.get(key))
    if script.get("signature") in _BAD_SIGNATURES:
        yield "bad-signature"
    if "starts" in script:
        yield "early-token" if typed.duration(script["starts"]) > 0 else "expired-token"
    if "lifetime" in script:
        yield "expired-token"


def table(cells: Iterable[tuple[str, Cell]], bindings: Bindings, services: Iterable[str]) -> Table:
    """The table of (case, cell) pairs: every operation that was called, and each of these services that moves money."""
    own = frozenset(services)
    found: dict[Cell, set[str]] = {}
    for case, cell in cells:
        found.setdefault(cell, set()).add(case)
    lines = []
    for operations in bindings.operations.values():
        for operation in operations:
            name = f"{operation.service}: {operation.name}"
            if (operation.moves_money and operation.service in own) or (name, "") in found:
                numbers = {fault: len(found.get((name, fault), ())) if possible(operation, fault) else None for fault in FAULTS}
                lines.append(Line(name, operation.moves_money, numbers))
    return Table(tuple(sorted(lines, key=lambda line: (not line.moves_money, line.operation))))


def possible(operation: Operation, fault: str) -> bool:
    """Whether an operation can meet a fault: only SOAP answers have SOAP faults and signatures, only some give tokens."""
    fields = operation.answer.fields
    if fault in {"soap-fault", "bad-signature"}:
        return "fault" in fields
    if fault in {"expired-token", "early-token"}:
        return any(as_text(name) in fields for name in ("token", "assertion.id"))
    return True
