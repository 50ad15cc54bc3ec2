"""Nothing is OK that was not exercised: what a step awaited in vain, and who answers for it."""

from __future__ import annotations

from dataclasses import replace

import pytest

from equalis.cases.loading import Loaded
from equalis.judge import judge
from equalis.model.case import Case, Expectation, Selection, Step, Until
from equalis.model.outcome import Outcome
from equalis.model.source import Source
from equalis.model.transcript import Transcript
from equalis.model.verdict import Verdict
from tests.judge import stage

HERE = Source("scenarios/ra-pid/x.yaml")
ASKED = Step("facturer", "Facturez.", HERE, action="pid.bill", until=Until(seen=("pid.pay", "pid.simulate")))
LATER = Step("regarder", "Regardez.", HERE, action="pid.bill")
CALLED = Step("retrouver", "La pharmacie cherche.", HERE, call="rx.search")
REFUSED = stage.expectation("equals", Selection(observation="facturer", field="state"), {"value": "refused"})
SCREEN_LATER = stage.expectation("equals", Selection(observation="regarder", field="state"), {"value": "refused"})
NOTHING_PAID = stage.expectation("absent", Selection(operation=("pid.pay",)))
SEEN = stage.seen(state="refused")


def judged(loaded: Loaded, steps: tuple[Step, ...], expectations: tuple[Expectation, ...], transcript: Transcript) -> Verdict:
    named = tuple(replace(item, id=f"e{number}") for number, item in enumerate(expectations))
    return judge(replace(Case("ra-pid/x", "ra-pid", "X", {}, (), named, HERE), steps=steps), transcript, loaded.bindings)


def silent(wait: str = "pid.pay or pid.simulate was never called", step: str = "facturer") -> Transcript:
    later = replace(SEEN, step="regarder")
    return stage.transcript(observations=(SEEN, later), unmet={step: wait})


@pytest.mark.mends("7")
def test_a_screen_that_says_what_is_due_proves_nothing_when_the_product_never_called(loaded: Loaded) -> None:
    """KO with what was never done, and for nobody else's reason."""
    found = judged(loaded, (ASKED,), (REFUSED,), silent())
    assert found.outcome is Outcome.KO
    assert found.findings[0].actual == "asked in `facturer`, it never called pid.pay or pid.simulate"


def test_absence_is_not_shown_by_a_product_that_never_came_so_far(loaded: Loaded) -> None:
    """Nothing was paid, since nothing was done."""
    assert judged(loaded, (ASKED,), (NOTHING_PAID,), silent()).outcome is Outcome.KO


@pytest.mark.mends("7")
def test_some_finding_answers_for_what_was_awaited_even_when_every_other_holds(loaded: Loaded) -> None:
    """A later screen stays what it is; the case is KO all the same, on a MUST of its own."""
    found = judged(loaded, (ASKED, LATER), (SCREEN_LATER,), silent())
    assert found.outcome is Outcome.KO
    assert "never called" in found.findings[0].actual
    both = judged(loaded, (ASKED, LATER), (REFUSED, SCREEN_LATER), silent())
    assert [item.outcome for item in both.findings] == [Outcome.KO, Outcome.OK]


@pytest.mark.mends("7")
def test_what_equalis_itself_calls_is_never_the_products_doing(loaded: Loaded) -> None:
    """Its own call came out otherwise than is due: nobody can say, and what was shown stays shown."""
    told = silent("rx.search answered HTTP 404 where 200 was due", "retrouver")
    found = judged(loaded, (LATER, CALLED), (NOTHING_PAID,), told)
    assert found.outcome is Outcome.INCONCLUSIVE
    assert "rx.search answered HTTP 404" in found.findings[0].actual
    ours = stage.expectation("present", Selection(operation=("rx.search",), step=("retrouver",)))
    assert judged(loaded, (LATER, CALLED), (ours,), told).outcome is Outcome.INCONCLUSIVE
    wrong = stage.expectation("equals", Selection(observation="regarder", field="state"), {"value": "paid"})
    assert judged(loaded, (LATER, CALLED), (wrong,), told).outcome is Outcome.KO


def test_a_product_that_did_it_and_never_came_to_rest_is_judged_on_what_it_did(loaded: Loaded) -> None:
    """The call came; only the silence after it did not."""
    unsettled = stage.transcript(stage.simulation(), observations=(SEEN,), unmet={"facturer": "the end of the work within 30 s"})
    assert judged(loaded, (ASKED,), (REFUSED,), unsettled).outcome is Outcome.OK
    assert judged(loaded, (ASKED,), (NOTHING_PAID,), unsettled).outcome is Outcome.KO


def test_a_call_of_equalis_is_not_what_the_product_was_asked_for(loaded: Loaded) -> None:
    """The operation that is awaited was called, and by us."""
    ours = replace(stage.simulation(), ours=True)
    assert judged(loaded, (ASKED,), (REFUSED,), replace(silent(), exchanges=(ours,))).outcome is Outcome.KO


def test_where_nothing_was_awaited_in_vain_a_screen_is_judged_as_it_is(loaded: Loaded) -> None:
    """The control of the tests above."""
    assert judged(loaded, (LATER,), (SCREEN_LATER,), stage.transcript(observations=(replace(SEEN, step="regarder"),))).outcome is Outcome.OK
