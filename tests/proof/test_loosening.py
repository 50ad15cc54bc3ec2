"""Weakening: each check has a weaker form, and what it lets through is noticed."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

import pytest

from equalis.cases.loading import Loaded
from equalis.judge import judge
from equalis.judge.checks import CHECKS
from equalis.model.case import Selection
from equalis.model.outcome import Outcome
from equalis.model.transcript import Transcript
from equalis.model.values import Record
from equalis.proof.loosening import judged_again, weaker
from tests.judge import stage
from tests.judge.test_checks import TABLE

VALUED = [row for row in TABLE if row[0] != "each-equals" or row[3].exchanges or row[3].observations]
"""A value that may be absent has a weaker form that asks for one: not where none is there."""


@pytest.mark.parametrize(("name", "select", "arguments", "good", "bad"), VALUED, ids=lambda value: value if isinstance(value, str) else "")
def test_the_weaker_form_still_takes_what_is_right(
    loaded: Loaded, name: str, select: Selection, arguments: Record, good: Transcript, bad: Transcript
) -> None:
    """Never stricter than the demand that it stands for."""
    loosened = weaker(stage.expectation(name, select, arguments))
    assert judge(stage.case(loosened), good, loaded.bindings).outcome is Outcome.OK
    assert judge(stage.case(loosened), bad, loaded.bindings).findings


def test_every_check_has_a_weaker_form(loaded: Loaded) -> None:
    """None is left as it is, so that each is shown to matter."""
    for name in CHECKS:
        arguments: Record = {"at-most": "60s"} if name == "within" else {"says": {"paid": {"payments": 1}}, "value": 1}
        expectation = stage.expectation(name, Selection(observation="facturer", field="state"), arguments)
        loosened = weaker(expectation)
        assert (loosened.check, loosened.arguments) != (expectation.check, expectation.arguments), name
    assert loaded.pack.cases


def test_a_ko_that_depends_on_the_value_is_noticed_and_one_that_depends_on_absence_is_not(loaded: Loaded) -> None:
    """The matrix must hold a product that is wrong, not only one that does nothing."""
    expectation = stage.expectation("equals", Selection(observation="facturer", field="shares.patient"), {"value": Decimal("6.92")})
    case = replace(stage.case(expectation), id="ra-pid/x")
    wrong = stage.transcript(observations=(stage.seen(shares_patient=Decimal("7.00")),))
    silent = stage.transcript(observations=(stage.seen(),))
    for transcript, noticed in ((wrong, True), (silent, False)):
        (found,) = judged_again({case.name: case}, {case.name: transcript}, [(case.name, "e")], loaded.bindings)
        assert found.removed
        assert found.loosened is noticed
