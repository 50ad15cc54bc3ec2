"""What a register demands of every case: one expectation, judged in each case of the family."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from equalis import packs
from equalis.cases.conformity import conformity
from equalis.cases.coverage import coverage
from equalis.cases.loading import Loaded, load_all
from equalis.judge import judge
from equalis.model import transcript as nouns
from equalis.model.case import Case
from equalis.model.outcome import Outcome
from equalis.model.report import Header, Report
from equalis.model.source import MistakesError
from equalis.model.transcript import Transcript
from equalis.model.verdict import Conformity, Verdict
from equalis.proof import loosening, matrix
from equalis.reporting import junit
from tests.judge import stage

MENDS = pytest.mark.mends("12")
REQUIREMENTS = {"ra-pid": "SEC-006", "idv": "IDV-005", "eprescription": "RX-006"}


def broken() -> nouns.Malformed:
    return nouns.Malformed("s", stage.NOW, "the field Host is missing", 400)


def mistakes(name: str, old: str, new: str) -> str:
    content = {**packs.scenarios().content, **packs.bindings().content}
    text = content[name].decode()
    assert old in text
    content[name] = text.replace(old, new, 1).encode()
    with pytest.raises(MistakesError) as caught:
        load_all(content)
    return "\n".join(f"{item.source.path}: {item.what}; {item.mend}" for item in caught.value.mistakes)


def judged(case: Case, loaded: Loaded, **told: Any) -> Verdict:
    return judge(case, Transcript(case.name, capabilities=loaded.pack.capabilities, **told), loaded.bindings)


@MENDS
@pytest.mark.parametrize("family", REQUIREMENTS)
def test_a_malformed_request_is_ko_in_whichever_case_it_is_sent(loaded: Loaded, family: str) -> None:
    """Each case and variant: the requirement, the register's line, a cause or a remedy; and one column in the kill matrix."""
    cases = loaded.pack.families[family].cases
    for case in cases:
        found = {item.requirement: item for item in judged(case, loaded, malformed=(broken(),)).findings}[REQUIREMENTS[family]]
        assert found.outcome is Outcome.KO, case.name
        assert found.source.path == f"scenarios/{family}/requirements.yaml"
        assert found.why.likely or found.why.remedy
    columns = [item for item in matrix.columns(cases).values() if item.requirement == REQUIREMENTS[family]]
    assert len(columns) == 1
    assert columns[0].must


@MENDS
def test_taking_it_out_or_loosening_it_is_noticed(loaded: Loaded) -> None:
    """By the proof's own way of weakening."""
    case = loaded.pack.families["idv"].cases[0]
    transcript = Transcript(case.name, malformed=(broken(),), capabilities=loaded.pack.capabilities)
    (noticed,) = loosening.judged_again({case.name: case}, {case.name: transcript}, [(case.name, "http")], loaded.bindings)
    assert noticed.removed
    assert noticed.loosened


@MENDS
def test_a_case_in_which_no_request_came_proves_nothing_of_it(loaded: Loaded) -> None:
    """Conformity, coverage and JUnit count it neither as proven nor as failed."""
    family = loaded.pack.families["idv"]
    case = family.cases[0]
    requirement = {"IDV-005": family.requirements["IDV-005"]}
    verdict = judged(case, loaded)
    assert {item.requirement: item.outcome for item in verdict.findings}["IDV-005"] is Outcome.NOT_APPLICABLE
    assert conformity(requirement.values(), [verdict]).missing[0].requirement == "IDV-005"
    head = Header("r", "", "", "", "", "", "demo", "embedded", "", (case.name,), ("idv",), ())
    report = Report(head, (verdict,), Conformity(Outcome.KO, ()), complete=True)
    assert "no case of the run proves it" in coverage(requirement, report)[0][0].drift
    assert "no request came" in junit.render(report, lambda *_: "").decode()


@MENDS
def test_what_is_wrong_with_it_is_said_at_the_register() -> None:
    """An unknown check, two selections, a key that nobody knows; and a case that takes its id."""
    register = "scenarios/idv/requirements.yaml"
    assert "no check `wel-formed`; did you mean `well-formed`?" in mistakes(register, "check: well-formed}", "check: wel-formed}")
    assert "a selection names 2 things" in mistakes(register, "select: {malformed: true}", "select: {malformed: true, strangers: true}")
    assert "unknown key `step`" in mistakes(register, "select: {malformed: true}", "select: {step: a}")
    assert "the key `check` is missing" in mistakes(register, ", check: well-formed}", "}")
    assert "IDV-005 is demanded of every case as `http`; give it another id" in mistakes("scenarios/idv/par-matricule.yaml", "- id: domaine", "- id: http")


def test_a_variant_cannot_leave_it_out() -> None:
    """`omit` knows the case's own expectations."""
    assert "no expectation `http`" in mistakes("scenarios/idv/par-matricule.yaml", "  - id: ancien\n", "  - id: ancien\n    omit: [http]\n")


def test_a_pack_whose_register_demands_nothing_everywhere_is_judged_as_it_was(loaded: Loaded) -> None:
    """Bundles of earlier versions."""
    case = replace(loaded.pack.families["idv"].cases[0], expectations=())
    assert not judged(case, loaded).findings
