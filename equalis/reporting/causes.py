"""Findings grouped by what is to be mended: what to mend first."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from equalis.model.outcome import Outcome
from equalis.model.verdict import Explanation, Finding, Kind, Verdict

_NUMBER = re.compile("^exchange #[0-9]+, ")
_FEW = 4
"""How many times as many cases show the widest thing as show one that is then no matter for the first look."""
_RANKS = {kind: rank for rank, kind in enumerate(Kind)}


@dataclass(frozen=True, slots=True)
class Group:
    """One thing to mend, and the findings (`case#expectation`) that show it: a cause of the catalogue, the remedy of a
    requirement, or what the far side said (then ``cause`` is empty).
    """

    cause: str
    text: str
    findings: tuple[str, ...]


@dataclass
class _Shown:
    """Where one thing to mend shows: its text, its findings, the best rank of their kinds and of their requirements, the cases,
    and those in which nothing else shows at an earlier exchange.
    """

    text: str
    findings: list[str] = field(default_factory=list)
    kind: int = len(_RANKS)
    requirement: int = 1 << 30
    cases: set[str] = field(default_factory=set)
    foremost: set[str] = field(default_factory=set)

    def order(self, widest: int) -> tuple[bool, bool, int, int]:
        """What is mended first: what many cases show, and show before anything else."""
        return len(self.cases) * _FEW < widest, len(self.foremost) * 2 < len(self.cases), self.kind, self.requirement


def grouped(verdicts: Iterable[Verdict], requirements: Sequence[str]) -> list[Group]:
    """What the KO findings say is to be mended: first what shows at the earliest exchange in most of its cases, within one
    exchange schema, refusal, signature, value, absence, at last by the order of the register. What only a few cases show beside
    another thing comes after it; what follows from another finding is mended with it.
    """
    place = {name: number for number, name in enumerate(requirements)}
    found: dict[tuple[str, str], _Shown] = {}
    for verdict in verdicts:
        items = [(item, text) for item in verdict.findings if item.outcome is Outcome.KO and not item.why.follows and (text := _text(item))]
        earliest = min((item.why.place for item, _ in items), default=0)
        for item, text in items:
            family = verdict.case.partition("/")[0] if item.why.cause else ""
            shown = found.setdefault((item.why.cause, family or text), _Shown(text))
            shown.findings.append(f"{verdict.case}#{item.expectation}")
            shown.kind, shown.requirement = min(shown.kind, _RANKS[item.why.kind]), min(shown.requirement, place.get(item.requirement, len(place)))
            shown.cases.add(verdict.case)
            if item.why.place == earliest:
                shown.foremost.add(verdict.case)
    widest = max((len(shown.cases) for shown in found.values()), default=0)
    ordered = sorted(found.items(), key=lambda pair: pair[1].order(widest))
    return [Group(cause, shown.text, tuple(shown.findings)) for (cause, _), shown in ordered]


def _text(finding: Finding) -> str:
    """What a vendor reads of a finding first, empty when nothing is known but the demand itself."""
    why = finding.why
    return why.likely or (f"{finding.requirement}: {why.remedy}" if why.remedy else "") or said(why)


def said(why: Explanation) -> str:
    """What was quoted first, without the number that its exchange has in one case; empty where nothing was."""
    return _NUMBER.sub("", next(iter(why.quoted), ""))


def first_cause(verdicts: Iterable[Verdict], requirements: Sequence[str]) -> str:
    """The id of the cause that a vendor reads first, empty when none is named."""
    return next((group.cause for group in grouped(verdicts, requirements) if group.cause), "")
