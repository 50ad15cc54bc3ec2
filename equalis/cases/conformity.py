"""Conformity: the fold of a run's verdicts over the register (labelling.md §3)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace

from equalis.model.case import Family, Requirement
from equalis.model.outcome import Level, Outcome, worst
from equalis.model.report import Header, Report
from equalis.model.verdict import Conformity, Finding, Proof, Verdict


def conformity(requirements: Iterable[Requirement], verdicts: Sequence[Verdict],
               capabilities: Iterable[str] | None = None) -> Conformity:  # fmt: skip
    """OK only if every applicable MUST is proven OK; KO if any is KO; else INCONCLUSIVE.

    A requirement that no case can prove (``unproven``) is left to an attestation: it is listed and
    does not fold here. One whose capability (``when``) is not declared does not apply.
    """
    findings: dict[str, list[tuple[str, Finding]]] = {}
    for verdict in verdicts:
        for finding in verdict.findings:
            findings.setdefault(finding.requirement, []).append((verdict.case, finding))
    declared = None if capabilities is None else frozenset(capabilities)
    proofs = tuple(_proof(item, findings, declared) for item in requirements)
    folding = [p.outcome for p in proofs if p.level is Level.MUST and not p.attestation]
    applicable = [outcome for outcome in folding if outcome is not Outcome.NOT_APPLICABLE]
    return Conformity(worst(applicable), proofs)


def fold(header: Header, families: Mapping[str, Family], verdicts: Sequence[Verdict], *, complete: bool) -> Report:
    """The report of a run: its verdicts in the order of the plan, and the conformity they come to."""
    order = {name: place for place, name in enumerate(header.plan)}
    sorted_verdicts = tuple(sorted(verdicts, key=lambda verdict: order.get(verdict.case, len(order))))
    plan = frozenset(header.plan)
    involved = [item for item in families.values() if _involved(item, plan)] or [item for item in families.values() if _touched(item, plan)]
    requirements = {item.id: item for family in involved for item in family.demands.values()}.values()
    result = conformity(requirements, sorted_verdicts, header.capabilities)
    return Report(header, sorted_verdicts, result, complete)


def together(reports: Sequence[Report], families: Mapping[str, Family]) -> Report:
    """Several runs of one product as one (embedded and live): a case counts where it applied, and as it came out worst."""
    verdicts: dict[str, Verdict] = {}
    for verdict in (item for report in reports for item in report.verdicts):
        before = verdicts.get(verdict.case)
        both = [item.outcome for item in (before, verdict) if item is not None and item.outcome is not Outcome.NOT_APPLICABLE]
        if before is None or (both and worst(both) is not before.outcome):
            verdicts[verdict.case] = verdict
    plan = tuple(dict.fromkeys(name for report in reports for name in report.header.plan))
    return fold(replace(reports[0].header, plan=plan), families, list(verdicts.values()), complete=all(report.complete for report in reports))


def _involved(family: Family, plan: frozenset[str]) -> bool:
    """Whether a run is about a family: one of its planned cases demands nothing but its own requirements.

    A case that also proves another family's requirement is played for that one's sake too.
    """
    return any(
        all(item.requirement in family.requirements for item in case.expectations) for case in family.cases if case.name in plan
    )


def _touched(family: Family, plan: frozenset[str]) -> bool:
    """Whether one of its planned cases demands one of its own requirements."""
    return any(item.requirement in family.requirements for case in family.cases if case.name in plan for item in case.expectations)


def _proof(
    requirement: Requirement, findings: Mapping[str, list[tuple[str, Finding]]], declared: frozenset[str] | None
) -> Proof:
    if requirement.capabilities and declared is not None and declared.isdisjoint(requirement.capabilities):
        return Proof(requirement.id, requirement.level, Outcome.NOT_APPLICABLE, (), f"needs {requirement.when}")
    found = [(name, item) for name, item in findings.get(requirement.id, []) if item.outcome is not Outcome.NOT_APPLICABLE]
    if not found and requirement.unproven:
        reason = "no case can prove it"
        return Proof(requirement.id, requirement.level, Outcome.INCONCLUSIVE, (), reason, requirement.unproven)
    outcome = worst(item.outcome for _, item in found)
    missing = "" if found else "no case that was judged proves it"
    return Proof(requirement.id, requirement.level, outcome, tuple(dict.fromkeys(name for name, _ in found)), missing)
