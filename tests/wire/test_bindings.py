"""Bindings: operations recognised, business fields read."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from equalis.cases.loading import Loaded
from equalis.model.transcript import Exchange, Message
from equalis.wire.bindings import Bindings, Reading
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
