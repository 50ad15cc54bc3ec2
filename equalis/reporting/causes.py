"""Findings grouped by their likely cause: what to mend first."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from equalis.model.outcome import Outcome
from equalis.model.verdict import Finding, Verdict


@dataclass(frozen=True, slots=True)
class Group:
    """One likely cause, and the findings (`case#expectation`) that it may explain."""

    cause: str
    text: str
    findings: tuple[str, ...]


def grouped(verdicts: Iterable[Verdict], requirements: Sequence[str]) -> list[Group]:
    """The likely causes of the KO findings; prerequisites first, in the order of the register.

    What stands early in a register (connections, signatures, tokens) carries all that comes after
    it: a product that cannot sign fails everything else too.
    """
    place = {name: number for number, name in enumerate(requirements)}
    found: dict[tuple[int, str], list[tuple[str, Finding]]] = {}
    for verdict in verdicts:
        for item in verdict.findings:
            if item.outcome is Outcome.KO and item.likely:
                key = (place.get(item.requirement, len(place)), item.cause)
                found.setdefault(key, []).append((f"{verdict.case}#{item.expectation}", item))
    return [
        Group(cause, found[place_of, cause][0][1].likely, tuple(name for name, _ in found[place_of, cause]))
        for place_of, cause in sorted(found, key=lambda key: key[0])
    ]


def first_cause(verdicts: Iterable[Verdict], requirements: Sequence[str]) -> str:
    """The id of the cause that a vendor reads first, empty when none is named."""
    found = grouped(verdicts, requirements)
    return found[0].cause if found else ""
