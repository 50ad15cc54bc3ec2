"""The gateway over real sockets and real TLS: what it keeps, what it disturbs, what it hides."""

from __future__ import annotations

import asyncio
import contextlib
import http.client
import socket
import ssl
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from types import SimpleNamespace
from typing import Any

import pytest

from equalis.cases.loading import Loaded
from equalis.clock import Clock
from equalis.gateway.environment import Environment
from equalis.gateway.pki import Pki
from equalis.gateway.sending import send_half
from equalis.model.case import Step
from equalis.model.source import Source
from equalis.model.transcript import Fault, Message, Peer, Tls
from equalis.services.port import Entry
from tests.pace import PATIENCE, waited

PATH = "/eadministrative/practitioner/1985031421294/consent/MH"


@dataclass
class Kept:
    """A sink that keeps everything."""

    requests: list[tuple[int, str, Message, Tls | None, tuple[str, ...]]] = field(default_factory=list)
    answers: list[tuple[int, Message | None, str]] = field(default_factory=list)
    handshakes: list[str] = field(default_factory=list)
    faults: list[Fault] = field(default_factory=list)
    seconds: list[float] = field(default_factory=list)

    def request(self, number: int, service: str, step: str, at: datetime, message: Message,
                tls: Tls | None, redactions: tuple[str, ...], *, ours: bool) -> None:  # fmt: skip
        assert not ours
        assert step == "s"
        assert at.tzinfo
        self.requests.append((number, service, message, tls, redactions))

    def answer(self, number: int, at: datetime, elapsed: int, message: Message | None, disturbance: str) -> None:
        assert at.tzinfo
        assert elapsed >= 0
        self.answers.append((number, message, disturbance))
        self.seconds.append(elapsed / 1e6)

    def entry(self, number: int, service: str, entry: Entry) -> None:
        raise AssertionError((number, service, entry))

    def peer(self, number: int, peer: Peer) -> None:
        raise AssertionError((number, peer))

    def handshake(self, step: str, at: datetime, reason: str) -> None:
        assert step == "s"
        assert at.tzinfo
        self.handshakes.append(reason)

    def malformed(self, item: object) -> None:
        raise AssertionError(item)

    def fault(self, fault: Fault) -> None:
        self.faults.append(fault)


@pytest.fixture(scope="module")
def environment(loaded: Loaded, keys: Pki) -> Iterator[Environment]:
    """An open environment whose product has patience: nothing but what is ordered lasts."""
    made = Environment(loaded.bindings, keys, b"c" * 32, Clock().now, PATIENCE)
    yield made
    made.close()


@pytest.fixture(scope="module")
def hurried(loaded: Loaded, keys: Pki) -> Iterator[Environment]:
    """An open environment whose product waits for 0.4 s: what lasts by its patience is soon over."""
    made = Environment(loaded.bindings, keys, b"c" * 32, Clock().now, 0.4)
    yield made
    made.close()


@pytest.fixture
def kept(environment: Environment, loaded: Loaded) -> Kept:
    """A fresh case."""
    sink = Kept()
    environment.begin_case(sink, {name: {} for name in loaded.bindings.services})
    order(environment)
    return sink


def order(environment: Environment, **inject: str) -> None:
    environment.begin_step(Step("s", "", Source(""), inject={k.replace("_", "."): v for k, v in inject.items()}))


def context(keys: Pki, *, certified: bool = True) -> ssl.SSLContext:
    made = ssl.create_default_context(cadata=keys.authority.decode())
    if certified:
        made.load_cert_chain(*keys.files("solution"))
    return made


def raw(environment: Environment, keys: Pki, head: str, body: bytes = b"", *, certified: bool = True) -> bytes:
    """Send exact bytes and read to the end."""
    made = context(keys, certified=certified)
    with (
        socket.create_connection(("127.0.0.1", environment.port), PATIENCE) as plain,
        made.wrap_socket(plain, server_hostname="localhost") as tls,
    ):
        tls.sendall(head.replace("\n", "\r\n").encode() + body)
        parts = []
        with contextlib.suppress(ConnectionError, ssl.SSLError):
            while part := tls.recv(65536):
                parts.append(part)
        return b"".join(parts)


def connections(environment: Environment) -> list[Any]:
    """What the gateway knows of those that are open."""
    return list(environment._listener._server.server_state.connections)


HEAD = f"GET {PATH} HTTP/1.1\nHost: localhost\nConnection: close\n\n"


def test_the_raw_head_is_kept_in_order_case_and_repetition(environment: Environment, keys: Pki, kept: Kept) -> None:
    """Header names keep their case, repeated ones stay, and the body is exact."""
    head = f"POST {PATH} HTTP/1.1\nHOST: localhost\nX-Dup: 1\nx-dUP: 2\nContent-Length: 4\nConnection: close\n\n"
    raw(environment, keys, head, b"\x00\xffab")
    environment.drain()
    ((number, service, message, tls, _),) = kept.requests
    assert (number, service) == (1, "eadministrative")
    assert message.line == f"POST {PATH} HTTP/1.1"
    assert [name for name, _ in message.headers] == ["HOST", "X-Dup", "x-dUP", "Content-Length", "Connection"]
    assert message.header("x-dup") == ("1", "2")
    assert message.body == b"\x00\xffab"
    assert tls
    assert tls.version == "TLSv1.3"
    assert tls.client_certificate == keys.identities["solution"].certificate


def test_a_call_without_client_certificate_is_recorded_and_refused(environment: Environment, keys: Pki, kept: Kept) -> None:
    """It reaches the record, so that a case can judge it."""
    assert raw(environment, keys, HEAD, certified=False).startswith(b"HTTP/1.1 403")
    environment.drain()
    assert kept.requests[0][3] == Tls("TLSv1.3", kept.requests[0][3].cipher)  # type: ignore[union-attr]


@pytest.mark.parametrize("host", ["localhost", "evil.invalid"])
def test_an_unknown_route_or_host_is_a_stranger(environment: Environment, keys: Pki, kept: Kept, host: str) -> None:
    """It is recorded without a service and answered 404."""
    path = "/nowhere" if host == "localhost" else PATH
    answer = raw(environment, keys, f"GET {path} HTTP/1.1\nHost: {host}\nConnection: close\n\n")
    environment.drain()
    assert answer.startswith(b"HTTP/1.1 404")
    assert kept.requests[0][1] == ""


@pytest.mark.parametrize(
    ("disturbance", "answered"), [("cut-before", False), ("cut-after-commit", False), ("garble", True), ("repeat-answer", True)]
)
def test_each_disturbance_strikes_once(environment: Environment, keys: Pki, kept: Kept, disturbance: str, answered: bool) -> None:
    """The first call meets it at once, long before anybody's time is over; the second is answered; the record names it."""
    order(environment, **{"ra.consent-state": disturbance})
    first = raw(environment, keys, HEAD)
    environment.drain()
    assert bool(first) is answered
    assert kept.answers[0][2] == disturbance
    assert (kept.answers[0][1] is not None) is answered
    if disturbance == "repeat-answer":
        assert first.count(b"HTTP/1.1") == 2
    if disturbance == "garble":
        assert first.endswith(b"\x00<&")
    assert raw(environment, keys, HEAD).startswith(b"HTTP/1.1 401")


@pytest.mark.parametrize(("disturbance", "answered", "lasts"), [("hang-before", False, 0.6), ("hang-after-commit", False, 0.6), ("delay", True, 0.2)])
def test_a_hang_and_a_delay_last_by_the_products_patience_and_strike_once(
    hurried: Environment, keys: Pki, loaded: Loaded, disturbance: str, answered: bool, lasts: float
) -> None:
    """A hang longer than the product waits, a delay less; the record says how long; the second call is answered."""
    kept = Kept()
    hurried.begin_case(kept, {name: {} for name in loaded.bindings.services})
    order(hurried, **{"ra.consent-state": disturbance})
    first = raw(hurried, keys, HEAD)
    hurried.drain()
    assert bool(first) is answered
    assert kept.seconds[0] >= lasts
    assert kept.answers[0][2] == disturbance
    assert (kept.answers[0][1] is not None) is answered
    assert raw(hurried, keys, HEAD).startswith(b"HTTP/1.1 401")


def test_a_hang_ends_when_the_client_leaves(environment: Environment, keys: Pki, kept: Kept) -> None:
    """Others are answered meanwhile, and nobody waits for the end of its time."""
    order(environment, **{"ra.consent-state": "hang-before"})
    plain = socket.create_connection(("127.0.0.1", environment.port), PATIENCE)
    with context(keys).wrap_socket(plain, server_hostname="localhost") as tls:
        tls.sendall(HEAD.replace("\n", "\r\n").encode())
        assert waited(lambda: kept.requests)
        assert raw(environment, keys, HEAD).startswith(b"HTTP/1.1 401")
        assert waited(lambda: [item[0] for item in kept.answers] == [2])
    assert waited(lambda: len(kept.answers) == 2)
    assert kept.answers[1] == (1, None, "hang-before")


def test_an_answer_can_be_cut_in_its_middle(environment: Environment, keys: Pki, kept: Kept) -> None:
    """The client gets a head and a part of the body; the record has no answer; the next call is answered whole."""
    order(environment, **{"ra.consent-state": "cut-during-answer"})
    first = raw(environment, keys, HEAD)
    environment.drain()
    head, _, body = first.partition(b"\r\n\r\n")
    length = int(head.lower().split(b"content-length: ")[1].split(b"\r\n")[0])
    assert 0 < len(body) < length
    assert kept.answers[0][1:] == (None, "cut-during-answer")
    assert raw(environment, keys, HEAD).startswith(b"HTTP/1.1 401")


def test_an_answer_without_a_body_is_cut_before_its_head_is_whole() -> None:
    """A client that takes a head cut short for a whole one would have got its answer."""
    sent: list[bytes] = []
    connection = SimpleNamespace(write=sent.append, cut=lambda: sent.append(b"<cut>"))
    asyncio.run(send_half(Message("HTTP/1.1 200 OK", (("Date", "today"),), b""), connection))  # type: ignore[arg-type]
    assert sent == [b"HTTP/1.1", b"<cut>"]


@pytest.mark.parametrize("wrong", ["unknown-authority", "expired-certificate", "wrong-name"])
def test_a_wrong_certificate_is_refused_by_a_careful_client_and_the_refusal_is_seen(
    environment: Environment, keys: Pki, kept: Kept, wrong: str
) -> None:
    """The handshake that the client refused is an event; nothing else arrives."""
    order(environment, tls=wrong)
    with pytest.raises(ssl.SSLCertVerificationError):
        raw(environment, keys, HEAD)
    environment.drain()
    assert len(kept.handshakes) == 1
    assert not kept.requests


def test_a_client_that_hangs_up_in_the_handshake_is_an_event(environment: Environment, kept: Kept) -> None:
    """No alert, and yet it is not lost."""
    socket.create_connection(("127.0.0.1", environment.port)).close()
    assert waited(lambda: kept.handshakes)
    assert "without an alert" in kept.handshakes[0]


def test_many_calls_at_once_are_numbered_in_the_order_in_which_they_began(
    environment: Environment, keys: Pki, kept: Kept
) -> None:
    """Sixteen clients, sixteen exchanges, each with its answer."""
    threads = [threading.Thread(target=raw, args=(environment, keys, HEAD)) for _ in range(16)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(PATIENCE)
    environment.drain()
    assert [item[0] for item in kept.requests] == list(range(1, 17))
    assert sorted(item[0] for item in kept.answers) == list(range(1, 17))


def test_a_keep_alive_connection_carries_several_exchanges(environment: Environment, keys: Pki, kept: Kept) -> None:
    """Each has its own raw head."""
    connection = http.client.HTTPSConnection("localhost", environment.port, context=context(keys), timeout=PATIENCE)
    for number in range(3):
        connection.request("GET", PATH, headers={"X-Number": str(number)})
        connection.getresponse().read()
    connection.close()
    environment.drain()
    assert [item[2].header("x-number") for item in kept.requests] == [("0",), ("1",), ("2",)]


CANARY = "S3cr3t-canary-7421"


@pytest.mark.parametrize(
    ("head", "body"),
    [
        (f"GET {PATH} HTTP/1.1\nHost: localhost\nCookie: a={CANARY}\nConnection: close\n\n", ""),
        (f"GET {PATH}?password={CANARY} HTTP/1.1\nHost: localhost\nAuthorization: Basic {CANARY}\nConnection: close\n\n", ""),
        ("POST", f"grant_type=x&client_secret={CANARY}&a=b"),
        ("POST", f'{{"user": "x", "password": "{CANARY}"}}'),
        ("POST", f"<a><wsse:Password Type='t' xmlns:wsse='w'>{CANARY}</wsse:Password></a>"),
    ],
)
def test_secrets_are_redacted_before_anything_is_kept(
    environment: Environment, keys: Pki, kept: Kept, head: str, body: str
) -> None:
    """The canary is nowhere in what the sink gets, and the record says that something was redacted."""
    if head == "POST":
        head = f"POST {PATH} HTTP/1.1\nHost: localhost\nContent-Length: {len(body)}\nConnection: close\n\n"
    raw(environment, keys, head, body.encode())
    environment.drain()
    message, redactions = kept.requests[0][2], kept.requests[0][4]
    assert CANARY not in repr(message)
    assert redactions


def test_a_port_that_is_taken_is_an_error_at_once(environment: Environment, loaded: Loaded, keys: Pki) -> None:
    """The caller gets OSError in its own thread."""
    with pytest.raises(OSError, match="in use"):
        Environment(loaded.bindings, keys, b"c" * 32, Clock().now, 1.0, port=environment.port)


def _ask(connection: http.client.HTTPSConnection) -> None:
    connection.request("GET", PATH)
    connection.getresponse().read()


def test_a_kept_alive_connection_does_not_hide_a_wrong_certificate(environment: Environment, keys: Pki, kept: Kept) -> None:
    """Connections are cut when the certificate changes, and no session is resumed: the client must look."""
    made = context(keys)
    connection = http.client.HTTPSConnection("localhost", environment.port, context=made, timeout=PATIENCE)
    connection.request("GET", PATH)
    connection.getresponse().read()
    order(environment, tls="unknown-authority")
    with pytest.raises((ssl.SSLCertVerificationError, ConnectionError)):
        _ask(connection)
    connection.close()
    environment.drain()
    assert len(kept.requests) == 1


def test_a_request_belongs_to_the_case_in_which_its_head_arrived(
    environment: Environment, keys: Pki, kept: Kept, loaded: Loaded
) -> None:
    """A body that comes late is in flight all the time, and never lands in the next case."""
    plain = socket.create_connection(("127.0.0.1", environment.port), PATIENCE)
    with context(keys).wrap_socket(plain, server_hostname="localhost") as tls:
        tls.sendall(f"POST {PATH} HTTP/1.1\r\nHost: localhost\r\nContent-Length: 2\r\nConnection: close\r\n\r\n".encode())
        assert waited(lambda: any(one.cycle and not one.cycle.response_complete for one in connections(environment)))
        environment.caught_up()
        assert environment.in_flight == 1
        other = Kept()
        environment.begin_case(other, {name: {} for name in loaded.bindings.services})
        order(environment)
        tls.sendall(b"{}")
        assert tls.recv(100)
    environment.drain()
    assert len(kept.requests) == 1
    assert not other.requests


@pytest.mark.parametrize("target", ["//[x", "/%", "http://[/x", "/é", "*"])
def test_an_odd_request_target_is_a_stranger_and_no_fault(environment: Environment, keys: Pki, kept: Kept, target: str) -> None:
    """Nothing that a product sends makes the gateway itself fail."""
    raw(environment, keys, f"GET {target} HTTP/1.1\nHost: localhost\nConnection: close\n\n")
    environment.drain()
    assert not kept.faults


@pytest.mark.parametrize(
    "body",
    [
        f'{{"password": ["{CANARY}"]}}',
        '{"pin": 74217421}',
        f'<a password="{CANARY}"/>',
        f"<w:Password xmlns:w='w'/><w:Password xmlns:w='w'><b>x</b>{CANARY}</w:Password>",
        f"password={CANARY}<",
    ],
)
def test_secrets_in_odd_places_are_redacted_and_nothing_else_is(
    environment: Environment, keys: Pki, kept: Kept, body: str
) -> None:
    """Lists, numbers, attributes, children; an empty element takes nothing of its neighbours away."""
    text = f"{body}\n<n>abc</n>"
    head = f"POST {PATH} HTTP/1.1\nHost: localhost\nX-Api-Key: {CANARY}\nContent-Length: {len(text)}\nConnection: close\n\n"
    raw(environment, keys, head, text.encode())
    environment.drain()
    message = kept.requests[0][2]
    assert CANARY not in repr(message)
    assert b"74217421" not in message.body
    assert message.body.endswith(b"<n>abc</n>")
