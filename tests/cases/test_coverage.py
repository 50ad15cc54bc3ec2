"""Coverage: a register and a run that have drifted apart are told so."""

from __future__ import annotations

from equalis.cases.conformity import conformity
from equalis.cases.coverage import coverage
from equalis.model.case import Requirement
from equalis.model.outcome import Basis, Level, Outcome
from equalis.model.report import Header, Report
from equalis.model.source import Source
from equalis.model.verdict import Finding, Verdict

HEAD = Header("r", "t", "0", "s", "1", "v", "demo", "embedded", "00", ("f/c",), ("pid",), ())


def requirement(name: str, when: str = "", unproven: str = "") -> Requirement:
    return Requirement(name, Level.MUST, "Faire.", Basis.PUBLISHED, "x", Source("r"), when=when, unproven=unproven)


def report(*requirements: str) -> Report:
    findings = tuple(Finding("e", name, Level.MUST, Outcome.OK, "", "", "", Source("c")) for name in requirements)
    return Report(HEAD, (Verdict("f/c", "", Outcome.OK, findings),), conformity((), ()), complete=True)


def test_what_is_proven_or_excused_or_does_not_apply_has_not_drifted() -> None:
    """A case, a reason, or an undeclared capability."""
    known = {item.id: item for item in (requirement("A"), requirement("B", unproven="seen on site"), requirement("C", when="ra"))}
    rows, strangers = coverage(known, report("A"))
    assert [row.drift for row in rows] == ["", "", ""]
    assert rows[0].cases == ("f/c",)
    assert rows[2].outcome is Outcome.NOT_APPLICABLE
    assert strangers == []


def test_a_requirement_without_case_a_stale_reason_and_an_unknown_id_are_drift() -> None:
    """Each of the three is said."""
    known = {item.id: item for item in (requirement("A"), requirement("B", unproven="seen on site"))}
    rows, strangers = coverage(known, report("B", "Z"))
    assert "no case of the run proves it" in rows[0].drift
    assert "a case does" in rows[1].drift
    assert strangers == ["Z"]
