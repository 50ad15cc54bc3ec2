"""Malformed HTTP before the judge: the product's is KO, ours and what was cut short is not, and no call at all is nothing to judge."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from equalis.cases.loading import Loaded
from equalis.judge import judge
from equalis.model import transcript as nouns
from equalis.model.case import Case, Selection
from equalis.model.outcome import Outcome
from equalis.model.transcript import Transcript
from tests.judge import stage

MENDS = pytest.mark.mends("12")
CALLED = stage.transcript(stage.simulation(1))


def broken(**changes: Any) -> nouns.Malformed:
    return replace(nouns.Malformed("facturer", stage.NOW, "the field Host is missing", 400, b"GET / HTTP/1.1\r\n\r\n"), **changes)


def demanding(check: str = "well-formed", *steps: str) -> Case:
    return stage.case(stage.expectation(check, Selection(malformed=True, step=steps)))


def outcome(case: Case, transcript: Transcript, loaded: Loaded) -> Outcome:
    (finding,) = judge(case, transcript, loaded.bindings).findings
    return finding.outcome


@MENDS
@pytest.mark.parametrize("check", ["well-formed", "absent"])
def test_a_malformed_request_of_the_product_is_ko_and_says_why(loaded: Loaded, check: str) -> None:
    """Whatever else was in order."""
    (finding,) = judge(demanding(check), replace(CALLED, malformed=(broken(),)), loaded.bindings).findings
    assert finding.outcome is Outcome.KO
    assert "the field Host is missing" in finding.actual
    assert "during `facturer`" in finding.actual_at
    assert finding.why.remedy == "mend it"


@MENDS
def test_a_malformed_request_is_looked_for_in_the_step_that_is_named(loaded: Loaded) -> None:
    """Another step's is none of it."""
    assert outcome(demanding("well-formed", "payer"), replace(CALLED, malformed=(broken(),)), loaded) is Outcome.OK
    assert outcome(demanding("well-formed", "facturer"), replace(CALLED, malformed=(broken(),)), loaded) is Outcome.KO


@MENDS
@pytest.mark.parametrize("changes", [{"ours": True}, {"status": 0}])
@pytest.mark.parametrize("check", ["well-formed", "absent"])
def test_what_equalis_sent_and_what_its_client_cut_short_is_not_the_products_fault(loaded: Loaded, check: str, changes: dict[str, Any]) -> None:
    """A product may be killed or change its mind in the middle of a request."""
    assert outcome(demanding(check), replace(CALLED, malformed=(broken(**changes),)), loaded) is Outcome.OK


@MENDS
def test_where_no_request_came_there_is_nothing_to_judge(loaded: Loaded) -> None:
    """Neither green by absence, nor blamed for what was not sent: also where something was awaited in vain."""
    waited = stage.transcript(unmet={"facturer": "pid.pay was never called"})
    assert outcome(demanding(), stage.transcript(), loaded) is Outcome.NOT_APPLICABLE
    assert outcome(demanding(), waited, loaded) is Outcome.NOT_APPLICABLE
    assert outcome(demanding(), replace(waited, exchanges=CALLED.exchanges), loaded) is Outcome.OK
    assert outcome(demanding(), stage.transcript(replace(stage.simulation(1), ours=True)), loaded) is Outcome.NOT_APPLICABLE


@MENDS
def test_a_thousand_malformed_requests_are_told_in_a_few_words(loaded: Loaded) -> None:
    """The first kinds, and that there are more."""
    many = tuple(broken(reason=f"line {number} of the header section has no colon") for number in range(1000))
    (finding,) = judge(demanding(), replace(CALLED, malformed=many), loaded.bindings).findings
    assert finding.actual.endswith("…")
    assert len(finding.actual) < 400
