"""What a product sends may be as hostile as it likes: it is the product's KO, never a defect of equalis or the environment."""

from __future__ import annotations

import base64
import json
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import pytest

from equalis.cases.loading import Loaded
from equalis.gateway.pki import Pki
from equalis.judge import judge
from equalis.judge.checks.ordering import same_day_as
from equalis.judge.selection import same
from equalis.model.case import Selection
from equalis.model.outcome import Outcome
from equalis.model.transcript import Exchange
from equalis.model.values import Record, Value
from equalis.wire import typed
from tests.judge import stage
from tests.replayed import changed, opened

M9 = pytest.mark.mends("9")
SUBMIT = Selection(operation=("rx.submit",))
NUMBERS = ("1e99999999999999999999", "1e400", "9" * 5000, "NaN")
TIMES = 20


def found(exchange: Exchange, check: str, select: Selection, arguments: Record, loaded: Loaded) -> tuple[Outcome, str, tuple[object, ...]]:
    verdict = judge(stage.case(stage.expectation(check, select, arguments)), stage.transcript(exchange), loaded.bindings)
    return verdict.outcome, verdict.findings[0].actual, verdict.faults


@pytest.mark.parametrize("number", [pytest.param(NUMBERS[0], marks=M9), pytest.param(NUMBERS[1], marks=M9), *NUMBERS[2:]])
@pytest.mark.parametrize(
    ("check", "arguments", "field"),
    [("fhir-valid", {"kind": "Bundle"}, ""), ("schema", {}, ""), ("present", {}, "request.identifier"), ("equals", {"value": "1"}, "request.identifier"), ("absent", {}, "request.lines.quantity")],
)  # fmt: skip
def test_a_body_that_cannot_be_read_is_ko(check: str, arguments: Mapping[str, Value], field: str, number: str, loaded: Loaded) -> None:
    """A number without bound in JSON, whatever looks at it."""
    exchange = stage.prescribed("application/fhir+json", f'{{"resourceType": "Bundle", "x": {number}}}'.encode())
    outcome, actual, faults = found(exchange, check, replace(SUBMIT, field=field), arguments, loaded)
    assert (outcome, faults) == (Outcome.KO, ())
    assert "unreadable" in actual


@pytest.mark.parametrize(
    "head",
    [pytest.param({"x5c": ["é"]}, marks=M9), {"x5c": 5}, {"crit": 5}, {"alg": 5}, {"alg": ["RS256"]}, {"sigT": 5}],
    ids=str,
)
def test_a_signature_of_any_form_is_ko(head: Mapping[str, object], loaded: Loaded) -> None:
    """An x5c that is not ASCII, members of odd types."""
    text = base64.urlsafe_b64encode(json.dumps({"alg": "RS256", **head}, ensure_ascii=False).encode()).decode().rstrip("=")
    exchange = stage.prescribed("application/fhir+json", b"{}", f"{text}..AAAA")
    outcome, _, faults = found(exchange, "jws-signed", replace(SUBMIT, field="request.signature"), {}, loaded)
    assert (outcome, faults) == (Outcome.KO, ())


def dated(moment: str) -> Exchange:
    entry = {"resource": {"resourceType": "MedicationRequest", "authoredOn": moment}}
    return stage.prescribed("application/fhir+json", json.dumps({"resourceType": "Bundle", "entry": [entry, entry]}).encode())


ENDS = ("9999-12-31T23:59:59Z", "9999-12-31T23:59:59.9999999Z", "0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-14:00")


@M9
@pytest.mark.parametrize("moment", ENDS)
def test_an_instant_at_the_ends_of_time_has_a_day(moment: str, loaded: Loaded) -> None:
    """DateTime.MaxValue of .NET is legal, and is read; the day is another one than today, or the same."""
    select = replace(SUBMIT, field="request.dates")
    outcome, _, faults = found(dated(moment), same_day_as.name, select, {"operation": "rx.submit", "field": "request.dates"}, loaded)
    assert (outcome, faults) == (Outcome.OK, ())


@pytest.mark.parametrize("moment", ENDS)
def test_an_instant_at_the_ends_of_time_is_far_from_now(moment: str, loaded: Loaded) -> None:
    """It can be compared with the moment of reception."""
    outcome, actual, faults = found(dated(moment), "within", replace(SUBMIT, field="request.dates"), {"at-most": "5m", "of": "reception"}, loaded)
    assert (outcome, faults) == (Outcome.KO, ())
    assert actual.endswith("s apart")


@pytest.mark.parametrize(
    ("left", "right", "equal"),
    [
        ("57.70", "57.7", True), (" 57.7 ", "57.70", True), ("+57.70", "57.7", True), pytest.param("5_7.7", "57.7", False, marks=M9), pytest.param("٥٧.7", "57.7", False, marks=M9), ("sNaN", "57.7", False),
        ("1e99999999999999999999", "57.7", False), ("Infinity", "57.7", False), ("", "57.7", False),
    ],
)  # fmt: skip
def test_a_text_is_an_amount_in_the_forms_of_xml_schema_only(left: str, right: str, equal: bool) -> None:
    """Whatever Python would make of it."""
    assert same(left, typed.parse("money", right)) is equal


@M9
def test_a_sum_is_exact(loaded: Loaded) -> None:
    """A digit beyond the precision of a context is a digit."""
    seen = stage.seen(shares_total=typed.parse("money", "57.70" + "0" * 30 + "1"), shares_statutory=typed.parse("money", "50.78"), shares_patient=typed.parse("money", "6.92"))
    select = Selection(observation="facturer", field="shares.total")
    case = stage.case(stage.expectation("sums-to", select, {"fields": ("shares.statutory", "shares.patient")}))
    assert judge(case, stage.transcript(stage.simulation(1), observations=(seen,)), loaded.bindings).outcome is Outcome.KO


@M9
def test_a_word_of_the_case_that_is_no_amount_is_the_case_packs_fault(loaded: Loaded) -> None:
    """Not the judge's."""
    seen = stage.seen(shares_total=typed.parse("money", "57.70"))
    case = stage.case(stage.expectation("sums-to", Selection(observation="facturer", field="shares.total"), {"value": "beaucoup"}))
    verdict = judge(case, stage.transcript(observations=(seen,)), loaded.bindings)
    assert [fault.blame.value for fault in verdict.faults] == ["case pack"]


def test_no_request_of_a_product_makes_a_fault(good_bundle: Path, keys: Pki) -> None:
    """Good runs of all services with one request spoilt: a verdict comes back, and nobody but the product is to blame."""
    replayed = opened(good_bundle, keys)
    for transcript in replayed.transcripts:
        case = replayed.loaded.pack.case(transcript.case)
        assert case is not None
        assert judge(case, transcript, replayed.loaded.bindings).outcome is Outcome.OK
        for place, exchange in enumerate(transcript.exchanges):
            for message in changed(exchange.request, TIMES // len(transcript.exchanges) + 1, place):
                spoilt = (*transcript.exchanges[:place], replace(exchange, request=message), *transcript.exchanges[place + 1 :])
                verdict = judge(case, replace(transcript, exchanges=spoilt), replayed.loaded.bindings)
                assert not verdict.faults, (case.name, message)


def test_the_control_is_ok(loaded: Loaded) -> None:
    """A message of the same form that can be read is judged on what it says."""
    assert found(dated("2026-11-22T10:00:00Z"), "within", replace(SUBMIT, field="request.dates"), {"at-most": "5m", "of": "reception"}, loaded)[0] is Outcome.OK
