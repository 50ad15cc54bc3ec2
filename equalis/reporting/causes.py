"""Findings grouped by what is to be mended: what to mend first."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from equalis.model.outcome import Outcome
from equalis.model.verdict import Finding, Kind, Verdict

_NUMBER = re.compile("^exchange #[0-9]+, ")
"""What differs from case to case in what a far side said."""
_RANKS = {kind: rank for rank, kind in enumerate(Kind)}


@dataclass(frozen=True, slots=True)
class Group:
    """One thing to mend, and the findings (`case#expectation`) that show it: a cause of the catalogue, the remedy of a
    requirement, or what the far side said (then ``cause`` is empty).
    """

    cause: str
    text: str
    findings: tuple[str, ...]


def grouped(verdicts: Iterable[Verdict], requirements: Sequence[str]) -> list[Group]:
    """What the KO findings say is to be mended, first what shows at the earliest exchange: schema, refusal, signature, value,
    absence; at last by the order of the register. What follows from another finding is mended with it.
    """
    place = {name: number for number, name in enumerate(requirements)}
    found: dict[tuple[str, str], list[tuple[tuple[int, int, int], str, str]]] = {}
    for verdict in verdicts:
        for item in verdict.findings:
            if item.outcome is Outcome.KO and not item.why.follows and (text := _text(item)):
                order = (item.why.place, _RANKS[item.why.kind], place.get(item.requirement, len(place)))
                found.setdefault((item.why.cause, "" if item.why.cause else text), []).append((order, f"{verdict.case}#{item.expectation}", text))
    groups = [(min(order for order, _, _ in items), Group(cause, items[0][2], tuple(name for _, name, _ in items))) for (cause, _), items in found.items()]
    return [group for _, group in sorted(groups, key=lambda pair: pair[0])]


def _text(finding: Finding) -> str:
    """What a vendor reads of a finding first, empty when nothing is known but the demand itself."""
    why = finding.why
    said = _NUMBER.sub("", next(iter(why.quoted), ""))
    return why.likely or (f"{finding.requirement}: {why.remedy}" if why.remedy else "") or said


def first_cause(verdicts: Iterable[Verdict], requirements: Sequence[str]) -> str:
    """The id of the cause that a vendor reads first, empty when none is named."""
    return next((group.cause for group in grouped(verdicts, requirements) if group.cause), "")
