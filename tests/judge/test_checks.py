"""Each check: a transcript that meets it, and one broken in just that way."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest

from equalis.cases.loading import Loaded
from equalis.demo import signing
from equalis.demo.signing import Identity, Outline
from equalis.gateway.pki import Pki
from equalis.judge import judge
from equalis.judge.checks import CHECKS
from equalis.model.case import Selection
from equalis.model.outcome import Outcome
from equalis.model.transcript import Handshake, LedgerEntry, Tls, Transcript
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
STATE = Selection(observation="facturer", field="state")
PAID = stage.seen(state="paid")
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
    ("before", SIMULATE, {"operation": "pid.pay"}, GOOD, stage.transcript(stage.simulation(1))),
    ("never-after", SIMULATE, {"operation": "pid.pay"}, GOOD, REVERSED),
    ("only-after", PAY, {"operation": "pid.simulate"}, GOOD, REVERSED),
    ("only-after", PAY, {"operation": "pid.simulate", "by": "answer.simulation", "mine": "request.simulation"}, GOOD, OTHER),
    ("within", PAY, {"at-most": "60s", "operation": "pid.simulate"}, GOOD, LATE),
    ("equals", SHARE, {"value": PATIENT}, GOOD, WRONG_SHARE),
    ("equals", LINES, {"value": ("C1",)}, GOOD, EMPTY),
    ("matches", SHARE, {"pattern": r"6\.9."}, GOOD, WRONG_SHARE),
    ("same-as", SHARE, {"operation": "pid.simulate", "field": "answer.shares.patient"}, GOOD, WRONG_SHARE),
    ("same-as", SIMULATION_OF_PAYMENT, ANSWERED, GOOD, OTHER),
    ("sums-to", TOTAL, SHARES, GOOD, WRONG_SHARE),
    ("sums-to", SHARE, {"value": PATIENT}, GOOD, WRONG_SHARE),
    ("sums-to", TOTAL, SHARES, GOOD, stage.transcript(observations=(stage.seen(shares_total=PATIENT, shares_patient=PATIENT),))),
    ("equals", Selection(operation=("pid.simulate",), field="request.lines.code"), {"value": ("C1",), "any-order": True}, GOOD, EMPTY),
    ("absent", SHARE, {"like": "7"}, GOOD, WRONG_SHARE),
    ("schema-xml", SIMULATE, {}, GOOD, stage.transcript(stage.exchange(1, stage.mysecu(
        '<p:simulationRequest xmlns:p="urn:equalis:modelled:pid:1"/>'), b"<x/>"))),
    ("header", PAY, {"name": "soapaction", "value": "exchange"}, GOOD, stage.transcript(stage.bare(stage.payment(2)))),
    ("header", PAY, {"name": "SOAPAction", "pattern": '"exchange"|exchange|""|'}, stage.transcript(stage.bare(stage.payment(2), SOAPAction='""')),
     stage.transcript(stage.bare(stage.payment(2), SOAPAction='"urn:x"'))),
    ("header", PAY, {"name": "SOAPAction", "pattern": '"exchange"|exchange|""|'}, stage.transcript(stage.bare(stage.payment(2), SOAPAction="")),
     stage.transcript(stage.bare(stage.payment(2)))),
    ("header", PAY, {"name": "Cookie", "absent": True}, GOOD, stage.transcript(stage.bare(stage.payment(2), Cookie="a"))),
    ("tls", PAY, {"client-certificate": True}, GOOD, stage.transcript(stage.anonymous(stage.payment(2)))),
    ("each-equals", SHARE, {"value": PATIENT}, GOOD, WRONG_SHARE),
    ("each-equals", LINES, {"value": ("C2",)}, EMPTY, GOOD),
    ("same-name", LINES, {"value": "c1"}, GOOD, EMPTY),
    ("same-name", LINES, {"value": "C1"}, GOOD, stage.transcript(stage.with_code("C2"))),
    ("matches", Selection(observation="facturer", field="anomalies"), {"pattern": "B", "any": True},
     stage.transcript(observations=(stage.seen(anomalies=("A", "B")),)), stage.transcript(observations=(stage.seen(anomalies=("A",)),))),
    ("fhir-valid", Selection(service="mysecu"), {"kind": "Patient"}, stage.transcript(stage.with_body(b'{"resourceType": "Patient"}')),
     stage.transcript(stage.with_body(b'{"resourceType": "Patient", "gender": "F"}'))),
    ("among", SIMULATION_OF_PAYMENT, ANSWERED, GOOD, OTHER),
    ("schema", SIMULATE, {}, GOOD, stage.transcript(stage.exchange(1, stage.mysecu('<p:simulationRequest xmlns:p="urn:equalis:modelled:pid:1"/>'), b"<x/>"))),
    ("media", Selection(operation=("rx.submit",)), {}, stage.transcript(stage.prescribed("application/fhir+json")), stage.transcript(stage.prescribed("application/json"))),
    ("same-day-as", Selection(observation="facturer", field="at"), {"observation": "facturer", "field": "printed"},
     stage.transcript(observations=(stage.seen(at=datetime(2026, 11, 24, 23, 30, tzinfo=UTC), printed=date(2026, 11, 25)),)),
     stage.transcript(observations=(stage.seen(at=datetime(2026, 11, 24, 22, 30, tzinfo=UTC), printed=date(2026, 11, 25)),))),
    ("same-name", Selection(observation="facturer", field="printed"), {"value": "Weber Anna", "contained": True},
     stage.transcript(observations=(stage.seen(printed="Mme Anna WEBER"),)), stage.transcript(observations=(stage.seen(printed="Mme Anna Webers"),))),
    ("jws-signed", Selection(operation=("rx.submit",), field="request.signature"), {}, stage.transcript(stage.signed(b"{}")),
     stage.transcript(stage.signed(b"{}", sent=b"{ }"))),
    ("unique", SIMULATION_OF_PAYMENT, {}, OTHER, TWICE),
    ("ledger", LEDGER, {"payments": 1}, GOOD, TWICE),
    ("ledger", LEDGER, {"unique": "memoire"}, stage.transcript(ledger=(stage.deposited("m1"), stage.ended("m1"))),
     stage.transcript(ledger=(stage.ended("m1"), stage.ended("m1", "m2")))),
    ("ledger", LEDGER, {"in-force": 1}, stage.transcript(ledger=(stage.deposited("m1"), stage.ended("m1", "m2"))),
     stage.transcript(ledger=(stage.deposited("m1"), stage.deposited("m2")))),
    ("true-to-ledger", STATE, {"says": {"paid": {"payments": 1}}}, stage.transcript(observations=(PAID,), ledger=(stage.paid(2),)),
     stage.transcript(observations=(PAID,))),
    ("true-to-ledger", STATE, {"says": {"paid": {}}}, stage.transcript(observations=(PAID,)), stage.transcript(observations=(SEEN,))),
    ("true-to-ledger", STATE, {"says": {"paid": {"payments": 0}}, "ledger": "eadministrative"},
     stage.transcript(observations=(PAID,), ledger=(stage.paid(2),)),
     stage.transcript(observations=(PAID,), ledger=(LedgerEntry("eadministrative", "payment", 2, {}),))),
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
    nothing_seen = bad.observations != () and not bad.observations[0].fields
    looked_at_nothing = nothing_seen or (not found.findings[0].actual_at and not CHECKS[name].counts)
    assert found.findings[0].why.remedy == ("" if looked_at_nothing else "mend it")


def test_every_check_but_those_of_signatures_and_json_stands_in_the_table() -> None:
    """signed-by, token-valid, schema-json and well-formed have tests of their own below, in the services and in test_malformed."""
    tested = {row[0] for row in TABLE} | {"signed-by", "token-valid", "schema-json", "well-formed"}
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


def test_a_schema_check_without_schema_is_the_case_packs_fault(loaded: Loaded) -> None:
    """A binding that forgot its schema makes nothing OK."""
    case = stage.case(stage.expectation("schema-xml", Selection(operation=("sts.issue",))))
    found = judge(case, stage.transcript(stage.issue(1, "T", stage.NOW)), loaded.bindings)
    assert found.outcome is Outcome.INCONCLUSIVE
    assert "no schema" in found.faults[0].cause


def test_only_a_redacted_secret_excuses_a_signature_that_does_not_match(loaded: Loaded, keys: Pki) -> None:
    """An altered message is KO; INCONCLUSIVE only when we ourselves replaced something in its body."""
    certificate, key = keys.files("solution")
    identity = Identity.load(certificate.read_text(), key.read_text(), keys.authority.decode())
    body = signing.envelope(Outline({}, stage.payment(2).request.body.decode().split("Body>")[1].removesuffix("</s:"), ("body",)), identity)
    exchange = replace(stage.payment(2), tls=Tls("TLSv1.3", "x", keys.identities["solution"].certificate))
    case = stage.case(stage.expectation("signed-by", PAY, {"parts": ("body",)}))

    def outcome(content: bytes, *redactions: str) -> Outcome:
        message = replace(exchange.request, body=content)
        made = replace(exchange, request=message, redactions=redactions)
        return judge(case, stage.transcript(made), loaded.bindings).outcome

    altered = body.replace(b"S1", b"S2")
    assert outcome(body) is Outcome.OK
    assert outcome(altered) is Outcome.KO
    assert outcome(altered, "header Cookie") is Outcome.KO
    assert outcome(altered, "element Password") is Outcome.INCONCLUSIVE
