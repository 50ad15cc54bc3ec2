"""Each check: a transcript that meets it, and one broken in just that way."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal

import pytest

from equalis.cases.loading import Loaded
from equalis.judge import judge
from equalis.judge.checks import CHECKS
from equalis.model.case import Selection
from equalis.model.outcome import Outcome
from equalis.model.transcript import Handshake, Transcript
from equalis.model.values import Record
from tests.judge import stage

PATIENT = Decimal("6.92")
SEEN = stage.seen(shares_patient=PATIENT, shares_total=Decimal("57.70"), shares_statutory=Decimal("50.78"))
ROUNDED = stage.seen(shares_patient=Decimal("7.00"), shares_total=Decimal("57.70"), shares_statutory=Decimal("50.78"))
GOOD = stage.transcript(stage.simulation(1), stage.payment(2), observations=(SEEN,), ledger=(stage.paid(2),))

SIMULATE, PAY = Selection(operation=("pid.simulate",)), Selection(operation=("pid.pay",))
SHARE = Selection(observation="facturer", field="shares.patient")
TOTAL = Selection(observation="facturer", field="shares.total")
LEDGER = Selection(ledger="mysecu")
LINES = Selection(operation=("pid.simulate",), field="request.lines.code")
SIMULATION_OF_PAYMENT = Selection(operation=("pid.pay",), field="request.simulation")
ANSWERED = {"operation": "pid.simulate", "field": "answer.simulation"}
SHARES: Record = {"fields": ("shares.statutory", "shares.patient")}
EMPTY = stage.transcript()
TWICE = stage.transcript(stage.simulation(1), stage.payment(2), stage.payment(3), observations=(SEEN,),
                         ledger=(stage.paid(2), stage.paid(3)))  # fmt: skip
REVERSED = stage.transcript(stage.payment(1), stage.simulation(2))
OTHER = stage.transcript(stage.simulation(1), stage.payment(2, "S9"))
WRONG_SHARE = stage.transcript(stage.simulation(1), observations=(ROUNDED,))
REFUSED = stage.transcript(handshakes=(Handshake("facturer", stage.NOW, "unknown ca"),))
LATE = stage.transcript(stage.simulation(1), stage.payment(200))

TABLE: list[tuple[str, Selection, Record, Transcript, Transcript]] = [
    ("count", PAY, {"exactly": 1}, GOOD, TWICE),
    ("count", PAY, {"at-most": 1}, EMPTY, TWICE),
    ("absent", Selection(strangers=True), {}, GOOD, stage.transcript(stage.stranger())),
    ("absent", Selection(operation=("pid.simulate",), field="request.lines.place"), {}, GOOD, stage.transcript(stage.placed())),
    ("present", Selection(handshakes=True), {}, REFUSED, GOOD),
    ("present", SHARE, {}, GOOD, stage.transcript(observations=(stage.seen(),))),
    ("before", SIMULATE, {"operation": "pid.pay"}, GOOD, REVERSED),
    ("before", SIMULATE, {"operation": "pid.pay", "by": "request.simulation", "mine": "answer.simulation"}, GOOD, OTHER),
    ("never-after", SIMULATE, {"operation": "pid.pay"}, GOOD, REVERSED),
    ("within", PAY, {"at-most": "60s", "operation": "pid.simulate"}, GOOD, LATE),
    ("equals", SHARE, {"value": PATIENT}, GOOD, WRONG_SHARE),
    ("equals", LINES, {"value": ("C1",)}, GOOD, EMPTY),
    ("matches", SHARE, {"pattern": r"6\.9."}, GOOD, WRONG_SHARE),
    ("same-as", SHARE, {"operation": "pid.simulate", "field": "answer.shares.patient"}, GOOD, WRONG_SHARE),
    ("same-as", SIMULATION_OF_PAYMENT, ANSWERED, GOOD, OTHER),
    ("sums-to", TOTAL, SHARES, GOOD, WRONG_SHARE),
    ("sums-to", SHARE, {"value": PATIENT}, GOOD, WRONG_SHARE),
    ("schema-xml", SIMULATE, {}, GOOD, stage.transcript(stage.exchange(1, stage.mysecu(
        '<p:simulationRequest xmlns:p="urn:equalis:modelled:pid:1"/>'), b"<x/>"))),
    ("header", PAY, {"name": "soapaction", "value": "exchange"}, GOOD, stage.transcript(stage.bare(stage.payment(2)))),
    ("header", PAY, {"name": "Cookie", "absent": True}, GOOD, stage.transcript(stage.bare(stage.payment(2), Cookie="a"))),
    ("tls", PAY, {"client-certificate": True}, GOOD, stage.transcript(stage.anonymous(stage.payment(2)))),
    ("ledger", LEDGER, {"payments": 1}, GOOD, TWICE),
    ("ledger", LEDGER, {"payments": {"at-most": 2}, "unique": "memoire"}, GOOD, TWICE),
]  # fmt: skip


@pytest.mark.parametrize(("name", "select", "arguments", "good", "bad"), TABLE, ids=lambda value: value if isinstance(value, str) else "")
def test_a_check_passes_what_is_right_and_catches_what_is_wrong(
    loaded: Loaded, name: str, select: Selection, arguments: Record, good: Transcript, bad: Transcript
) -> None:
    """The same expectation is OK on one transcript and KO on the other, with words for both."""
    case = stage.case(stage.expectation(name, select, arguments))
    assert judge(case, good, loaded.bindings).outcome is Outcome.OK
    found = judge(case, bad, loaded.bindings)
    assert found.outcome is Outcome.KO, found
    assert found.findings[0].expected
    assert found.findings[0].actual
    assert found.findings[0].likely == "mend it"


def test_every_check_but_those_of_signatures_and_json_stands_in_the_table() -> None:
    """signed-by, token-valid and schema-json have tests of their own below and in the services."""
    tested = {row[0] for row in TABLE} | {"signed-by", "token-valid", "schema-json"}
    assert tested == set(CHECKS)
    assert all(check.doc and check.arguments for check in CHECKS.values())


def test_a_token_is_valid_only_if_it_was_given_and_has_not_expired(loaded: Loaded) -> None:
    """Used after its end, or none at all, is KO; one from before the case cannot be judged; in time it is OK."""
    select = Selection(operation=("pid.pay",), field="request.token")
    arguments = {"issued-by": "sts.issue", "token": "answer.token", "expires": "answer.expires"}
    case = stage.case(stage.expectation("token-valid", select, arguments))
    given = stage.issue(1, "T1", stage.NOW + timedelta(seconds=60))
    assert judge(case, stage.transcript(given, stage.with_token(2, "T1")), loaded.bindings).outcome is Outcome.OK
    late = judge(case, stage.transcript(given, stage.with_token(90, "T1")), loaded.bindings)
    assert "expired at" in late.findings[0].actual
    other = judge(case, stage.transcript(given, stage.with_token(2, "T2")), loaded.bindings)
    assert other.outcome is Outcome.INCONCLUSIVE
    assert "did not give in this case" in other.findings[0].actual
    none = judge(case, stage.transcript(given, stage.payment(2)), loaded.bindings)
    assert none.findings[0].actual == "no token"
