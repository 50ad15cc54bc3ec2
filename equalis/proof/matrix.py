"""The kill matrix as a value: which defect turns which expectation KO, and what is wrong with that."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from equalis.demo.defect import Defect
from equalis.model.case import Case
from equalis.model.outcome import Level, Outcome
from equalis.model.source import Source
from equalis.model.verdict import Verdict

Columns = Mapping[Source, "Column"]


@dataclass(frozen=True, slots=True)
class Column:
    """One expectation as it is written: a variant that inherits it adds none."""

    name: str
    requirement: str
    level: Level

    @property
    def must(self) -> bool:
        """Whether it folds."""
        return self.level is Level.MUST


@dataclass(frozen=True, slots=True)
class Row:
    """One defect: the cases that can see it, those that turned KO, and the expectations that say so.

    ``kills`` maps a column to the cases in which it was KO; ``likely`` is the first cause that a
    vendor would read, ``left_out`` counts the cases that were not played, by reason, ``unjudged`` are
    those that came to no verdict: nothing is proven by them.
    """

    defect: Defect
    played: tuple[str, ...]
    left_out: Mapping[str, int]
    kills: Mapping[str, tuple[str, ...]]
    stated: tuple[str, ...]
    likely: str = ""
    unjudged: tuple[str, ...] = ()

    @property
    def known(self) -> bool:
        """Whether the first likely cause is the one that was seeded."""
        return self.likely == self.defect.cause


@dataclass(frozen=True, slots=True)
class Matrix:
    """Every defect against every expectation of a family; ``whole`` is False when only some defects were played."""

    family: str
    columns: tuple[Column, ...]
    rows: tuple[Row, ...]
    whole: bool = True

    @property
    def survivors(self) -> tuple[str, ...]:
        """Defects that no expectation turns KO."""
        return tuple(row.defect.name for row in self.rows if not row.kills)

    @property
    def unstated(self) -> tuple[str, ...]:
        """Defects that are seen, but by no expectation of a requirement that they name."""
        return tuple(row.defect.name for row in self.rows if row.kills and not row.stated)

    @property
    def musts(self) -> tuple[str, ...]:
        """The MUST expectations."""
        return tuple(column.name for column in self.columns if column.must)

    @property
    def idle(self) -> tuple[str, ...]:
        """MUST expectations that no defect of their requirement turns KO."""
        killed = {name for row in self.rows for name in row.stated}
        return tuple(name for name in self.musts if name not in killed) if self.whole else ()

    @property
    def recognised(self) -> int:
        """How many defects are the first likely cause that a vendor reads."""
        return sum(row.known for row in self.rows)


def columns(cases: Iterable[Case]) -> dict[Source, Column]:
    """The expectations of the cases, by where they are written; a base stands before its variants."""
    found: dict[Source, Column] = {}
    for case in cases:
        for item in case.expectations:
            found.setdefault(item.source, Column(f"{case.name}#{item.id}", item.requirement, item.level))
    return found


def sighted(defect: Defect, cases: Iterable[Case], asked: Mapping[str, frozenset[str]]) -> tuple[tuple[str, ...], dict[str, int]]:
    """The cases that can see a defect, and how many are left out for which reason.

    A case can see it when the conforming solution asks for the defect while it plays the case (a
    switch that is never asked for changes nothing), and when the case demands a requirement that
    the defect breaks.
    """
    chosen: list[str] = []
    unasked = other = 0
    for case in cases:
        if not any(item.requirement in defect.breaks for item in case.expectations):
            other += 1
        elif defect.name not in asked.get(case.name, frozenset()):
            unasked += 1
        else:
            chosen.append(case.name)
    return tuple(chosen), {"demand none of its requirements": other, "never come to where it is": unasked}


def kills(verdicts: Iterable[Verdict], known: Columns) -> dict[str, tuple[str, ...]]:
    """The columns that are KO, each with the cases in which it is, both in order."""
    found: dict[str, list[str]] = {}
    for verdict in verdicts:
        for item in verdict.findings:
            if item.outcome is Outcome.KO:
                found.setdefault(known[item.source].name, []).append(verdict.case)
    return {name: tuple(found[name]) for name in sorted(found)}


def row(defect: Defect, chosen: Sequence[str], left_out: Mapping[str, int], verdicts: Sequence[Verdict],
        known: Columns, likely: str) -> Row:  # fmt: skip
    """The row of a defect, from the verdicts of the cases that can see it."""
    found = kills(verdicts, known)
    named = {column.name for column in known.values() if column.requirement in defect.breaks}
    stated = tuple(name for name in found if name in named)
    unjudged = tuple(item.case for item in verdicts if item.outcome is Outcome.INCONCLUSIVE)
    return Row(defect, tuple(chosen), left_out, found, stated, likely, unjudged)

