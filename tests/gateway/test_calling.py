"""Calls that equalis makes in another party's name: real TLS, recorded as its own, and nobody else's doing."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Any

import pytest

from equalis.cases.families import persons
from equalis.cases.loading import Loaded
from equalis.clock import Clock
from equalis.gateway.calling import CallError
from equalis.gateway.environment import Environment
from equalis.gateway.pki import Pki
from equalis.judge.selection import Scene
from equalis.model.case import Case, Selection, Step
from equalis.model.outcome import Blame
from equalis.model.source import Source
from equalis.model.transcript import Exchange, Message, Tls, Transcript
from tests.pace import PATIENCE

PHARMACY = {"ehealthid": "1000000058", "last_name": "Officine"}


@dataclass
class Heard:
    """A sink that keeps who called."""

    ours: list[bool] = field(default_factory=list)
    messages: list[Message] = field(default_factory=list)

    def request(self, number: int, service: str, step: str, at: datetime, message: Message,
                tls: Tls | None, redactions: tuple[str, ...], *, ours: bool) -> None:  # fmt: skip
        assert (number, service, step) == (len(self.ours) + 1, "eprescription", "delivrer")
        assert tls
        assert at.tzinfo
        assert not redactions
        self.ours.append(ours)
        self.messages.append(message)

    def answer(self, *told: Any) -> None:
        assert told

    entry = peer = handshake = malformed = fault = answer


@pytest.fixture
def heard(loaded: Loaded, keys: Pki) -> Iterator[tuple[Environment, Heard]]:
    """An open environment, and what was told of it."""
    environment, sink = Environment(loaded.bindings, keys, b"c" * 32, Clock().now, PATIENCE), Heard()
    people = persons(loaded.pack.families["eprescription"].people)
    environment.begin_case(sink, {name: {**loaded.defaults.get(name, {}), **people} for name in loaded.bindings.services})
    environment.begin_step(Step("delivrer", "", Source("")))
    yield environment, sink
    environment.close()


def step(call: str) -> Step:
    return Step("delivrer", "La pharmacie agit.", Source(""), call=call, caller=PHARMACY)


def test_a_call_is_written_by_the_template_and_recorded_as_ours(heard: tuple[Environment, Heard]) -> None:
    """The path, the query, the headers and the body come from the binding; the answer comes back by field names."""
    environment, sink = heard
    found = environment.call(step("rx.search"), {"patient": "1985031421294"})
    assert (found.status, found.fields["total"]) == (200, 0)
    refused = environment.call(step("rx.dispense"), {"line": 'niemand"-1', "product": "9900001", "quantity": 1})
    assert (refused.status, refused.fields["code"], refused.fields["message"]) == (404, "4105", "no prescription has this line")
    assert sink.ours == [True, True]
    assert sink.messages[0].line.startswith("GET /eprescription/MedicationRequest?patient.identifier=1985031421294 ")
    assert sink.messages[1].header("x-user-id") == ("1000000058",)
    assert sink.messages[0].header("x-request-id") != sink.messages[1].header("x-request-id")
    assert b'"MedicationRequest/niemand\\"-1"' in sink.messages[1].body


def test_a_call_that_gets_no_answer_is_the_environments_fault(heard: tuple[Environment, Heard]) -> None:
    """Never the product's: it did not call."""
    environment, _ = heard
    environment.call(step("rx.search"), {"patient": "1985031421294"})
    environment.begin_step(Step("delivrer", "", Source(""), inject={"rx.search": "cut-before"}))
    with pytest.raises(CallError) as caught:
        environment.call(step("rx.search"), {"patient": "1985031421294"})
    assert caught.value.blame is Blame.ENVIRONMENT
    environment.begin_step(Step("delivrer", "", Source(""), inject={"rx.search": "garble"}))
    with pytest.raises(CallError, match="cannot be read"):
        environment.call(step("rx.search"), {"patient": "1985031421294"})


def test_what_equalis_called_is_selected_only_where_its_step_is_named(loaded: Loaded) -> None:
    """A count of the product's calls never counts ours; a case may still look at our own by step and operation."""
    now = datetime(2026, 11, 24, tzinfo=UTC)
    request = Message("GET /eprescription/MedicationRequest?patient.identifier=1 HTTP/1.1", (), b"")
    theirs = Exchange(1, "eprescription", "lister", now, now, 1, request, Message("HTTP/1.1 200", (), b"{}"))
    ours = replace(theirs, number=2, step="delivrer", ours=True)
    case = Case("eprescription/x", "eprescription", "X", {}, (), (), Source(""))
    scene = Scene(case, Transcript("eprescription/x", exchanges=(theirs, ours)), loaded.bindings)

    def numbers(**select: Any) -> list[int]:
        return [subject.order for subject in scene.select(Selection(**select))]

    assert numbers(operation=("rx.search",)) == [1]
    assert numbers(service="any") == [1]
    assert numbers(service="any", step="delivrer") == []
    assert numbers(operation=("rx.search",), step="delivrer") == [2]
