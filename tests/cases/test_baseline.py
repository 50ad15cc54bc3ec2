"""A baseline of known failures: read strictly, held against a report on a day."""

from __future__ import annotations

from datetime import date

import pytest

from equalis.cases import baseline
from equalis.model.outcome import Level, Outcome
from equalis.model.report import Header, Report
from equalis.model.source import MistakesError, Source
from equalis.model.verdict import Conformity, Finding, Proof, Verdict
from equalis.reporting.text import mistake_text

TODAY = date(2026, 11, 24)
ENTRY = "expected:\n  - {{finding: '{0}', reason: ticket 4711, owner: Anna, expires: '{1}'}}\n"


def finding(name: str, outcome: Outcome, level: Level = Level.MUST) -> Finding:
    return Finding(name, "PID-001", level, outcome, "Faire ceci.", "1", "2", Source("scenarios/ra-pid/x.yaml", 7))


def report(*findings: Finding, outcome: Outcome = Outcome.KO, missing: str = "", complete: bool = True) -> Report:
    head = Header("r", "2026-11-24T10:00:00+00:00", "0", "P", "1", "V", "http", "embedded", "", ("ra-pid/x",), (), ())
    proofs = (Proof("PID-009", Level.MUST, Outcome.INCONCLUSIVE, (), missing),) if missing else ()
    return Report(head, (Verdict("ra-pid/x@v", "X", outcome, findings),), Conformity(outcome, proofs), complete)


KO = report(finding("a", Outcome.KO), finding("b", Outcome.OK), finding("s", Outcome.KO, Level.SHOULD))


def ruled(found: Report, *entries: tuple[str, str]) -> baseline.Ruling:
    known = tuple(item for name, day in entries for item in baseline.read(ENTRY.format(name, day).encode(), "baseline.yaml"))
    return baseline.held(found, known, TODAY)


def test_a_failure_that_the_baseline_does_not_know_closes_the_gate() -> None:
    """A SHOULD never does."""
    assert (ruled(KO).outcome, ruled(KO).new) == (Outcome.KO, ("ra-pid/x@v#a",))


@pytest.mark.parametrize("name", ["ra-pid/x@v#a", "ra-pid/x*#a", "ra-pid/*#*"])
def test_a_known_failure_passes_until_it_expires(name: str) -> None:
    """By its name or by a pattern; on its last day still, the day after no longer."""
    passed = ruled(KO, (name, "2026-11-24"))
    assert (passed.outcome, passed.new) == (Outcome.OK, ())
    assert "until 2026-11-24" in passed.known[0]
    expired = ruled(KO, (name, "2026-11-23"))
    assert expired.outcome is Outcome.KO
    assert "expired on 2026-11-23" in expired.stale[0]
    assert expired.new == ("ra-pid/x@v#a",)


@pytest.mark.parametrize(("name", "words"), [("ra-pid/x@v#b", "no longer KO, take it out"), ("ra-pid/y#a", "matches nothing")])
def test_an_entry_that_is_stale_closes_the_gate(name: str, words: str) -> None:
    """What was mended must leave the baseline, and what never was must not enter it."""
    found = ruled(KO, ("ra-pid/x@v#a", "2027-01-01"), (name, "2027-01-01"))
    assert found.outcome is Outcome.KO
    assert words in found.stale[0]
    assert "ticket 4711; Anna; baseline.yaml:2" in found.stale[0]


@pytest.mark.parametrize(
    "found",
    [report(finding("a", Outcome.INCONCLUSIVE), outcome=Outcome.INCONCLUSIVE), report(finding("a", Outcome.OK), outcome=Outcome.OK, missing="no case"),
     report(finding("a", Outcome.OK), outcome=Outcome.OK, complete=False)],
)  # fmt: skip
def test_the_gate_is_never_green_by_absence(found: Report) -> None:
    """A case that nobody could judge, a requirement without a case, a run without its end."""
    assert ruled(found).outcome is Outcome.INCONCLUSIVE
    assert ruled(found).unjudged


def test_every_mistake_of_a_baseline_is_told_at_once() -> None:
    """Missing owner, a finding that is none, a day that is none."""
    text = b"expected:\n  - {finding: ra-pid, reason: x, expires: '2026-02-30', owner: A}\n  - {finding: 'a#b', reason: x, expires: '2027-01-01'}\n"
    with pytest.raises(MistakesError) as caught:
        baseline.read(text, "baseline.yaml")
    told = "\n".join(mistake_text(item) for item in caught.value.mistakes)
    assert "write case#expectation" in told
    assert "say who mends it" in told
    with pytest.raises(MistakesError, match="is no day"):
        baseline.read(ENTRY.format("a#b", "2026-02-30").encode(), "baseline.yaml")
