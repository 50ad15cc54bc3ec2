"""Bindings: operations recognised, business fields read."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal

import pytest

from equalis.cases.loading import Loaded
from equalis.model.transcript import Exchange, Message
from equalis.wire import json_path
from equalis.wire.bindings import Bindings, Reading
from equalis.wire.opened import Opened
from equalis.wire.unreadable import UnknownFieldError, UnreadableError

NOW = datetime(2026, 11, 22, tzinfo=UTC)


def reading(bindings: Bindings, service: str, line: str, body: bytes = b"", answer: bytes | None = None) -> Reading:
    request = Message(line, (("Authorization", "Bearer e30.eyJlSGVhbHRoSUQiOiIxIn0.x"),), body)
    reply = Message("HTTP/1.1 200", (), answer) if answer is not None else None
    return bindings.reading(Exchange(1, service, "s", NOW, NOW, 0, request, reply))


def test_a_rest_call_is_recognised_by_method_and_path(loaded: Loaded) -> None:
    """Path parameters, claims of the bearer and JSON fields have business names."""
    line = "GET /eadministrative/practitioner/1000000017/person/1985031421294/document/u1 HTTP/1.1"
    found = reading(loaded.bindings, "eadministrative", line, answer=b'{"status": "SENT", "price": "57.70"}')
    assert found.operation is not None
    assert found.operation.name == "ra.document"
    assert found.values("request.patient.matricule") == ("1985031421294",)
    assert found.values("request.token.ehealthid") == ("1",)
    assert found.values("answer.document.state") == ("SENT",)
    assert found.values("answer.status") == (200,)


def test_an_unknown_field_and_unreadable_bytes_are_told_apart(loaded: Loaded) -> None:
    """A wrong name is the case's fault, bad bytes are the sender's."""
    line = "POST /eadministrative/practitioner/1985031421294/consent HTTP/1.1"
    found = reading(loaded.bindings, "eadministrative", line, b"{not json")
    with pytest.raises(UnreadableError):
        found.values("request.type")
    with pytest.raises(UnknownFieldError):
        found.values("request.nothing")


def test_what_no_operation_is_has_none(loaded: Loaded) -> None:
    """Garbage is recognised as nothing, and that is not an error."""
    assert reading(loaded.bindings, "mysecu", "POST /mysecu/exchange HTTP/1.1", b"<").operation is None
    assert reading(loaded.bindings, "", "GET / HTTP/1.1").operation is None


def test_a_filter_compares_decimals_and_a_value_keeps_its_digits() -> None:
    """RFC 9535 §2.3.5.2.2: numbers are equal by what they mean; what is read is what was written."""
    opened = Opened(Message("HTTP/1.1 200 OK", (), b'{"e": [{"s": 0.1, "v": 57.70}, {"s": 0.95, "v": 1}, {"s": 1e1, "v": 12345678901234567.89}]}'))
    paths: dict[str, list[object]] = {"$.e[?@.s == 0.1].v": ["57.70"], "$.e[?@.s >= 0.95].v": ["1", Decimal("12345678901234567.89")], "$.e[?@.s == 10].v": [Decimal("12345678901234567.89")]}
    for path, wanted in paths.items():
        assert [str(value) for value in json_path.find(path, opened.plain_json)] == [str(value) for value in wanted]


def test_an_outcome_beside_the_persons_is_no_person(loaded: Loaded) -> None:
    """A searchset may carry an OperationOutcome (FHIR R4 §3.1.1.3.4): it is not counted, wherever it stands."""
    answer = b"""{"resourceType": "Bundle", "type": "searchset", "total": 1, "entry": [
        {"resource": {"resourceType": "OperationOutcome", "id": "o1"}, "search": {"mode": "outcome", "score": 0.5}},
        {"resource": {"resourceType": "Patient", "id": "p1", "active": true}, "search": {"mode": "match", "score": 0.97}}]}"""
    found = reading(loaded.bindings, "servid", "POST /servid/Patient/$match HTTP/1.1", b"{}", answer)
    assert found.values("answer.ids") == ("p1",)
    assert found.values("answer.scores") == (Decimal("0.97"),)
    listed = reading(loaded.bindings, "servid", "GET /servid/Patient?identifier=urn:oid:1.3.182.4.4|1 HTTP/1.1", answer=answer)
    assert (listed.values("answer.ids"), listed.values("answer.active")) == (("p1",), (True,))


def test_a_login_that_saml_refuses_says_why(loaded: Loaded) -> None:
    """A Response without assertion comes with HTTP 200 (SAML core 2.0 §3.2.2)."""
    envelope = b"""<soap:Envelope xmlns:soap="http://schemas.xmlsoap.org/soap/envelope/"><soap:%s>
        <samlp:%s xmlns:samlp="urn:oasis:names:tc:SAML:2.0:protocol">%s</samlp:%s></soap:%s></soap:Envelope>"""
    status = b"""<samlp:Status><samlp:StatusCode Value="urn:oasis:names:tc:SAML:2.0:status:Responder"><samlp:StatusCode
        Value="urn:oasis:names:tc:SAML:2.0:status:AuthnFailed"/></samlp:StatusCode><samlp:StatusMessage>unknown eHealthID</samlp:StatusMessage></samlp:Status>"""
    request, answer = (envelope % (b"Body", name, inside, name, b"Body") for name, inside in ((b"AuthnRequest", b""), (b"Response", status)))
    found = reading(loaded.bindings, "idp", "POST /idp/saml HTTP/1.1", request, answer)
    assert (found.values("answer.code"), found.values("answer.message")) == (("AuthnFailed",), ("unknown eHealthID",))
