"""Coverage: the register joined to what a real run emitted, and where the two have drifted apart."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from equalis.model.case import Requirement
from equalis.model.outcome import Outcome, worst
from equalis.model.report import Report


@dataclass(frozen=True, slots=True)
class Covered:
    """One requirement: what the run's findings on it came to, in which cases; ``drift`` says what is wrong."""

    requirement: Requirement
    outcome: Outcome
    cases: tuple[str, ...]
    drift: str = ""


def coverage(requirements: Mapping[str, Requirement], report: Report) -> tuple[list[Covered], list[str]]:
    """Each requirement with the cases that emitted a finding on it, and the ids that no register knows.

    Drift is a requirement that no case of the run proves and that gives no reason; a reason that is
    stale, since a case proves the requirement after all; an id that the register lacks.
    """
    found: dict[str, dict[str, Outcome]] = {}
    for verdict in report.verdicts:
        for finding in verdict.findings:
            if finding.outcome is Outcome.NOT_APPLICABLE:
                continue
            cases = found.setdefault(finding.requirement, {})
            cases[verdict.case] = worst((finding.outcome, cases.get(verdict.case, Outcome.NOT_APPLICABLE)))
    rows = [_covered(item, found.get(item.id, {}), report.header.capabilities) for item in requirements.values()]
    return rows, [name for name in found if name not in requirements]


def _covered(requirement: Requirement, cases: Mapping[str, Outcome], capabilities: Iterable[str]) -> Covered:
    outcome = worst(cases.values()) if cases else Outcome.INCONCLUSIVE
    drift = ""
    if requirement.capabilities and set(capabilities).isdisjoint(requirement.capabilities):
        outcome = Outcome.NOT_APPLICABLE
    elif requirement.unproven and cases:
        drift = "it says why no case proves it, and a case does"
    elif not requirement.unproven and not cases:
        drift = "no case of the run proves it, and it does not say why"
    return Covered(requirement, outcome, tuple(cases), drift)
