"""Likely causes grouped: what carries the others stands first."""

from __future__ import annotations

from equalis.model.outcome import Level, Outcome
from equalis.model.report import Header, Report
from equalis.model.source import Source
from equalis.model.verdict import Conformity, Explanation, Finding, Proof, Verdict
from equalis.reporting.causes import first_cause, grouped
from equalis.reporting.text import mend_first

REQUIREMENTS = ("SEC-001", "PID-040", "RA-010")


def finding(requirement: str, cause: str, outcome: Outcome = Outcome.KO, name: str = "e") -> Finding:
    return Finding(name, requirement, Level.MUST, outcome, "", "", "", Source("x"), why=Explanation(likely=f"{cause} is wrong; mend it", cause=cause))


def verdict(case: str, *findings: Finding) -> Verdict:
    return Verdict(case, "", Outcome.KO, findings)


VERDICTS = (
    verdict("f/a", finding("RA-010", "consent"), finding("PID-040", "twice")),
    verdict("f/b", finding("SEC-001", "certificate"), finding("PID-040", "twice", name="g"), finding("RA-010", "late", Outcome.OK)),
)


def test_prerequisites_stand_first_and_a_cause_gathers_its_findings() -> None:
    """In the order of the register, whatever the order of the cases; what is OK has no cause."""
    groups = grouped(VERDICTS, REQUIREMENTS)
    assert [group.cause for group in groups] == ["certificate", "twice", "consent"]
    assert groups[1].findings == ("f/a#e", "f/b#g")
    assert first_cause(VERDICTS, REQUIREMENTS) == "certificate"
    assert first_cause((), REQUIREMENTS) == ""


def test_a_summary_names_the_first_causes_with_the_finding_that_shows_them() -> None:
    """Nothing where nothing is KO; the rest is counted."""
    header = Header("r", "t", "0", "s", "1", "v", "demo", "embedded", "00", ("f/a", "f/b"), (), ())
    proofs = tuple(Proof(name, Level.MUST, Outcome.KO, ()) for name in REQUIREMENTS)
    shown = list(mend_first(Report(header, VERDICTS, Conformity(Outcome.KO, proofs), complete=True)))
    assert shown[0] == "mend first"
    assert shown[1] == "   1  certificate is wrong; mend it (f/b#e)"
    assert "2 findings, first f/a#e" in shown[2]
    many = tuple(verdict("f/a", finding("PID-040", f"cause-{number}")) for number in range(9))
    assert "4 more causes" in list(mend_first(Report(header, many, Conformity(Outcome.KO, proofs), complete=True)))[-1]
    assert list(mend_first(Report(header, (), Conformity(Outcome.OK, proofs), complete=True))) == []
