"""Requests that were good once: each is answered or refused as a real service would, and never brings a service down."""

from __future__ import annotations

import base64
from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from equalis.gateway.pki import Pki
from equalis.model.transcript import Exchange, Message
from equalis.services import security
from equalis.wire import http_message, jws, jwt, saml
from equalis.wire.bindings import read_field
from equalis.wire.opened import Opened
from tests.replayed import Replayed, changed, opened

M9 = pytest.mark.mends("9")
TIMES = 40


@pytest.fixture(scope="module")
def replayed(good_bundle: Path, keys: Pki) -> Replayed:
    """A run of the demonstration solution over all services."""
    return opened(good_bundle, keys)


@pytest.fixture
def believed(monkeypatch: pytest.MonkeyPatch) -> None:
    """Every signature over a request holds, so that what lies behind it is reached too."""
    monkeypatch.setattr(security, "signed_parts", lambda *_: None)
    monkeypatch.setattr(security, "fresh_timestamp", lambda *_: None)
    monkeypatch.setattr(jws, "verify", lambda *_: jws.Detached("RS256", b""))
    monkeypatch.setattr(saml, "verify", lambda assertion, _: saml._read(assertion))


def held(replayed: Replayed, exchange: Exchange, message: Message) -> None:
    """There is an answer, and every field of it can be read: one that cannot would be called the environment's fault."""
    answer = replayed.tried(exchange, message)
    assert 200 <= http_message.status(answer) < 600
    binding = replayed.loaded.bindings.services[exchange.service]
    operation = replayed.loaded.bindings.recognise(exchange.service, Opened(message))
    if operation is not None and http_message.status(answer) < 500:
        for field in operation.answer.fields.values():
            read_field(field, operation.answer, binding, operation, Opened(answer))


def test_a_good_request_is_answered_as_it_was(replayed: Replayed) -> None:
    """The control: what is changed below is accepted where nothing is changed."""
    statuses = [(http_message.status(replayed.tried(exchange, exchange.request)), exchange.service) for exchange in replayed.exchanges()]
    assert {service for status, service in statuses if status < 300} == {"idp", "sts", "mysecu", "eadministrative", "servid", "eprescription"}


@pytest.mark.parametrize("seed", [1])
def test_a_spoilt_request_is_refused(replayed: Replayed, seed: int) -> None:
    """Its signature, its token, its form: some layer says no in its own words."""
    for exchange in replayed.exchanges():
        for message in changed(exchange.request, TIMES, seed):
            held(replayed, exchange, message)


@pytest.mark.usefixtures("believed")
@pytest.mark.parametrize("seed", [pytest.param(2, marks=M9), 3])
def test_a_spoilt_request_is_refused_also_behind_its_signature(replayed: Replayed, seed: int) -> None:
    """What a product signs may be as odd as what it does not."""
    for exchange in replayed.exchanges():
        for message in changed(exchange.request, TIMES, seed):
            held(replayed, exchange, message)


ODD: tuple[Any, ...] = (None, True, "x", "9", -1, 1e308, [], {}, [None], [[]], {"a": 1}, 10**30, "PRACTITIONER", ["PRACTITIONER", {}])


@pytest.mark.parametrize("claim", [*(pytest.param(claim, marks=M9) for claim in ("exp", "nbf", "roles", "eHealthID")), "aud", "ssn", "sub"])
def test_a_bearer_token_with_claims_of_odd_types_is_refused(replayed: Replayed, keys: Pki, claim: str) -> None:
    """Signed by the very IdP; and without the claim."""
    for exchange in replayed.exchanges():
        token = http_message.bearer(exchange.request)
        if not token:
            continue
        claims: Mapping[str, Any] = jwt.verify(token, keys.identities["idp"].public_pem)
        for odd in (*ODD, ...):
            made = {key: value for key, value in claims.items() if key != claim} | ({} if odd is ... else {claim: odd})
            said = (("Authorization", f"Bearer {jwt.sign(made, keys.identities['idp'].key_pem)}"), *((name, value) for name, value in exchange.request.headers if name.lower() != "authorization"))
            held(replayed, exchange, replace(exchange.request, headers=said))


@M9
@pytest.mark.usefixtures("believed")
@pytest.mark.parametrize("claim", ["aud", "exp", "nbf", "cert", "code"])
def test_a_mysecu_token_with_claims_of_odd_types_is_refused(replayed: Replayed, keys: Pki, claim: str) -> None:
    """Signed by the very STS."""
    for exchange in replayed.exchanges():
        if exchange.service != "mysecu":
            continue
        at = exchange.request.body.index(b"trust/token/bst")
        begins = exchange.request.body.index(b">", at) + 1
        ends = exchange.request.body.index(b"<", begins)
        claims = jwt.verify(base64.b64decode(exchange.request.body[begins:ends]).decode(), keys.identities["sts"].public_pem)
        for odd in (*ODD, ...):
            made = {key: value for key, value in claims.items() if key != claim} | ({} if odd is ... else {claim: odd})
            token = base64.b64encode(jwt.sign(made, keys.identities["sts"].key_pem).encode())
            answer = replayed.tried(exchange, replace(exchange.request, body=exchange.request.body[:begins] + token + exchange.request.body[ends:]))
            assert http_message.status(answer) in {200, 500}


@M9
def test_a_moment_at_the_end_of_time_is_compared() -> None:
    """Claims of a token valid for ever."""
    now = datetime(2026, 11, 22, tzinfo=UTC)
    assert security.in_force({"nbf": 0, "exp": 1e300}, now, timedelta(minutes=5))
    assert not security.in_force({"nbf": float("nan"), "exp": float("nan")}, now)
