"""`report.json`: the report as a JSON document; integers, strings and booleans only."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

from equalis.model.report import Report
from equalis.model.values import Value
from equalis.model.verdict import Finding, Proof, Verdict
from equalis.wire import strict_json

FORMAT = 1


def document(report: Report) -> dict[str, Any]:
    """The whole report as plain values."""
    return {
        "format": FORMAT,
        "headline": report.headline,
        "outcome": report.outcome.value,
        "complete": report.complete,
        "level": report.level,
        "signer": "self-issued",
        "run": {key: value for key, value in asdict(report.header).items() if value or key not in {"digest", "holds", "services", "switches", "site"}},
        "conformity": {
            "outcome": report.conformity.outcome.value,
            "requirements": [_proof(item) for item in report.conformity.proofs],
        },
        "cases": [_verdict(item) for item in report.verdicts],
    }


def _proof(proof: Proof) -> dict[str, Any]:
    return {
        "requirement": proof.requirement, "level": proof.level.value, "outcome": proof.outcome.value,
        "cases": list(proof.cases), "missing": proof.missing, "attestation": proof.attestation,
    }  # fmt: skip


def _verdict(verdict: Verdict) -> dict[str, Any]:
    return {
        "case": verdict.case, "title": verdict.title, "outcome": verdict.outcome.value,
        "reason": verdict.reason, "unmet": list(verdict.unmet), "milliseconds": verdict.milliseconds,
        "findings": [_finding(item) for item in verdict.findings],
        "faults": [
            {"blame": fault.blame.value, "cause": fault.cause, "remedy": fault.remedy, "step": fault.step}
            for fault in verdict.faults
        ],
    }  # fmt: skip


def _finding(finding: Finding) -> dict[str, Any]:
    why = finding.why
    return {
        "expectation": finding.expectation, "requirement": finding.requirement,
        "level": finding.level.value, "outcome": finding.outcome.value, "sentence": finding.sentence,
        "expected": finding.expected, "actual": finding.actual,
        "expected_at": finding.expected_at, "actual_at": finding.actual_at,
        "source": {"path": finding.source.path, "line": finding.source.line},
        "exchanges": list(finding.exchanges), "correlation": finding.correlation,
        "likely": why.likely, "cause": why.cause, "remedy": why.remedy, "kind": why.kind.value, "place": why.place,
        "quoted": list(why.quoted), "follows": why.follows, "recorded": why.recorded, "attested": finding.attested,
    }  # fmt: skip


WORDING = frozenset({"headline", "milliseconds", "expected", "actual", "expected_at", "actual_at", "likely", "cause", "remedy", "reason", "missing", "kind", "place", "quoted", "follows", "recorded"})
"""What a finding says in words, and another version may say otherwise."""


def decisive(value: Value) -> Value:
    """A report document without its wording: outcomes, requirements, sources, exchanges, the run."""
    if isinstance(value, Mapping):
        return {key: decisive(item) for key, item in value.items() if key not in WORDING}
    if isinstance(value, tuple):
        return tuple(decisive(item) for item in value)
    return value


def render(report: Report) -> bytes:
    """The bytes of `report.json`."""
    return strict_json.write(document(report))
