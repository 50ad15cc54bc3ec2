"""The rules of truth: each in one place, each with its test (design.md §3)."""

from __future__ import annotations

from dataclasses import replace

import pytest

from equalis.cases.loading import Loaded
from equalis.judge import judge
from equalis.model.case import Case, Selection, Step
from equalis.model.outcome import Blame, Level, Outcome
from equalis.model.source import Source
from equalis.model.transcript import Fault, Transcript
from tests.judge import stage

SHARE = Selection(operation=("pid.simulate",), field="answer.shares.patient")
GOOD = stage.case(stage.expectation("present", SHARE))


def test_a_fault_makes_the_case_inconclusive_whatever_else_was_found(loaded: Loaded) -> None:
    """Neither the KO nor the OK that stands beside a Fault counts."""
    fault = Fault(Blame.ENVIRONMENT, "upstream down", "wait")
    for exchanges in ((), (stage.simulation(),)):
        found = judge(GOOD, stage.transcript(*exchanges, faults=(fault,)), loaded.bindings)
        assert found.outcome is Outcome.INCONCLUSIVE
        assert {item.outcome for item in found.findings} == {Outcome.INCONCLUSIVE}
        assert found.reason == "environment: upstream down"


def test_a_selection_that_matches_nothing_is_ko_unless_the_check_counts(loaded: Loaded) -> None:
    """Absence is never green by itself."""
    assert judge(GOOD, stage.transcript(), loaded.bindings).outcome is Outcome.KO
    counted = stage.case(stage.expectation("count", SHARE, {"exactly": 0}))
    assert judge(counted, stage.transcript(), loaded.bindings).outcome is Outcome.OK


def test_unreadable_bytes_of_the_vendor_are_ko_and_those_of_the_environment_are_not(loaded: Loaded) -> None:
    """The same garbage is KO in a request's field and INCONCLUSIVE in an undisturbed answer."""
    garbage = stage.simulation(answer=b"<not xml")
    found = judge(GOOD, stage.transcript(garbage), loaded.bindings)
    assert found.outcome is Outcome.INCONCLUSIVE
    assert found.faults[0].blame is Blame.ENVIRONMENT
    disturbed = stage.simulation(answer=b"<not xml", disturbance="garble")
    assert judge(GOOD, stage.transcript(disturbed), loaded.bindings).outcome is Outcome.KO
    body = stage.simulation().request.body.replace(b"2026-11-22</p:date>", b"hier</p:date>")
    vendor = replace(stage.simulation(), request=replace(stage.simulation().request, body=body))
    dated = stage.case(stage.expectation("present", Selection(operation=("pid.simulate",), field="request.date")))
    assert judge(dated, stage.transcript(vendor), loaded.bindings).outcome is Outcome.KO


def test_an_unknown_field_is_the_case_packs_fault(loaded: Loaded) -> None:
    """A binding that lacks a field can never make a product KO."""
    case = stage.case(stage.expectation("present", Selection(operation=("pid.simulate",), field="answer.nothing")))
    found = judge(case, stage.transcript(stage.simulation()), loaded.bindings)
    assert found.outcome is Outcome.INCONCLUSIVE
    assert found.faults[0].blame is Blame.CASE_PACK


def test_a_defect_of_ours_is_a_fault_of_equalis(loaded: Loaded) -> None:
    """A check that does not exist raises inside the judge, and the judge still answers."""
    found = judge(stage.case(stage.expectation("no-such-check", SHARE)), stage.transcript(), loaded.bindings)
    assert found.outcome is Outcome.INCONCLUSIVE
    assert found.faults[0].blame is Blame.EQUALIS


def test_a_should_is_reported_and_never_folds(loaded: Loaded) -> None:
    """A SHOULD that is not met leaves the case OK, and its finding says KO."""
    should = replace(stage.expectation("count", SHARE, {"exactly": 9}, Level.SHOULD), id="s")
    found = judge(stage.case(stage.expectation("present", SHARE), should), stage.transcript(stage.simulation()), loaded.bindings)
    assert found.outcome is Outcome.OK
    assert found.findings[1].outcome is Outcome.KO


@pytest.mark.parametrize(
    ("case", "transcript", "reason"),
    [
        (replace(GOOD, needs=("pid",)), Transcript("x", capabilities=("ra",)), "pid"),
        (replace(GOOD, only_in=("embedded",)), Transcript("x", environment="test"), "embedded"),
        (replace(GOOD, steps=(Step("p", "", Source(""), pause=60),)), Transcript("x", capabilities=()), "clock"),
        (replace(GOOD, steps=(Step("p", "", Source(""), pause=60),)), Transcript("x", environment="test"), "clock"),
        (replace(GOOD, steps=(Step("p", "", Source(""), call="rx.dispense"),)), Transcript("x", environment="test"), "another party"),
    ],
)
def test_not_applicable_only_by_a_declared_capability_or_by_only_in(
    loaded: Loaded, case: Case, transcript: Transcript, reason: str
) -> None:
    """The reason says which."""
    found = judge(case, transcript, loaded.bindings)
    assert found.outcome is Outcome.NOT_APPLICABLE
    assert reason in found.reason


def test_a_case_that_was_not_played_to_its_end_is_never_green(loaded: Loaded) -> None:
    """Even when everything recorded so far is right."""
    found = judge(GOOD, stage.transcript(stage.simulation(), complete=False), loaded.bindings)
    assert found.outcome is Outcome.INCONCLUSIVE


def test_a_finding_names_its_exchange_and_correlation_id(loaded: Loaded) -> None:
    """A vendor must be able to ask mySecu about it."""
    case = stage.case(stage.expectation("equals", SHARE, {"value": 1}))
    found = judge(case, stage.transcript(stage.simulation(3)), loaded.bindings).findings[0]
    assert found.exchanges == (3,)
    assert found.correlation == "abc-1"
