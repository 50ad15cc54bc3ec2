"""The way to a live environment: every byte as it came, nobody else's address, and each failure put where it belongs."""

from __future__ import annotations

import asyncio
import contextlib
import gzip
import os
import socket
import ssl
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import pkcs12

from equalis.cases.loading import Loaded
from equalis.clock import Clock
from equalis.gateway import credentials, pki
from equalis.gateway.credentials import CredentialError
from equalis.gateway.environment import Behind, Environment, Site
from equalis.gateway.opening import DescriptorError, agreed, hosts
from equalis.gateway.pki import Pki
from equalis.model.case import Step
from equalis.model.config import Address, IdentityFiles, Live
from equalis.model.outcome import Blame
from equalis.model.source import Source
from equalis.model.transcript import Fault, Message, Peer
from equalis.wire import encodings
from tests.gateway.far_server import Conversation, FarServer, plainly
from tests.pace import PATIENCE, PRODUCT

ANSWER = b'HTTP/1.1 200 Fine\r\nX-One: 1\r\nx-TWO:  2\r\nSet-Cookie: a=b\r\nContent-Type: application/json\r\nContent-Length: 7\r\n\r\n{"a":1}'
SHORT = 2 * PRODUCT
"""Seconds that the product waits."""
VARIABLE = "EQUALIS_TEST_PASSWORD"


@dataclass
class Kept:
    """A sink that keeps what came of a call."""

    services: list[str] = field(default_factory=list)
    answers: list[tuple[Message | None, str]] = field(default_factory=list)
    peers: list[Peer] = field(default_factory=list)
    entries: list[tuple[str, Any]] = field(default_factory=list)
    faults: list[Fault] = field(default_factory=list)
    handshakes: list[tuple[object, ...]] = field(default_factory=list)

    def request(self, number: int, service: str, *rest: object, ours: bool) -> None:
        assert number
        assert rest
        assert not ours
        self.services.append(service)

    def answer(self, number: int, at: datetime, elapsed: int, message: Message | None, disturbance: str) -> None:
        assert number
        assert at.tzinfo
        assert elapsed >= 0
        self.answers.append((message, disturbance))

    def peer(self, number: int, peer: Peer) -> None:
        assert number
        self.peers.append(peer)

    def entry(self, number: int, service: str, entry: Any) -> None:
        assert number
        self.entries.append((service, entry))

    def handshake(self, *told: object) -> None:
        self.handshakes.append(told)

    def malformed(self, item: object) -> None:
        raise AssertionError(item)

    def fault(self, fault: Fault) -> None:
        self.faults.append(fault)


@pytest.fixture(scope="module")
def real(tmp_path_factory: pytest.TempPathFactory) -> Pki:
    """The PKI of the live environment: nothing of ours."""
    return pki.load(tmp_path_factory.mktemp("real"))


@dataclass
class Way:
    """A gateway in front of a live environment, and a product that calls it."""

    environment: Environment
    sink: Kept
    keys: Pki
    real: Pki

    def call(self, head: str, body: bytes = b"") -> bytes:
        """Send raw bytes to the gateway with the live client certificate; the raw answer until it is closed: it must be."""
        context = ssl.create_default_context(cadata=self.keys.authority.decode())
        context.load_cert_chain(*self.real.files("solution"))
        with socket.create_connection(("127.0.0.1", self.environment.port), PATIENCE) as plain, context.wrap_socket(plain, server_hostname="localhost") as tls:
            tls.sendall(head.encode() + body)
            content = b""
            with contextlib.suppress(ConnectionError, ssl.SSLError):
                while piece := tls.recv(65536):
                    content += piece
            return content

    def step(self, **inject: str) -> None:
        self.environment.begin_step(Step("s", "", Source(""), inject=inject))

    def settled(self) -> None:
        self.environment.drain()


Open = Callable[..., tuple[Way, FarServer]]


@pytest.fixture
def way(loaded: Loaded, keys: Pki, real: Pki) -> Iterator[Open]:
    """Opens a gateway before a server that converses; everything is closed afterwards."""
    stack = contextlib.ExitStack()

    def opened(converse: Conversation, party: str = "gateway", url: str = "https://localhost:{port}/far", patience: float = PATIENCE, **more: Any) -> tuple[Way, FarServer]:
        far = stack.enter_context(contextlib.closing(FarServer(real, converse, party)))
        certificate, key = real.files("solution")
        site = Live("real", {"servid": Address(url.format(port=far.port))}, str(real.authority_file), routing="prefix", identity=IdentityFiles(str(certificate), str(key)))
        site = replace(site, **{name: value(far.port) if callable(value) else value for name, value in more.items()})
        behind = Behind(site=Site(site, credentials.read(site)))
        environment = stack.enter_context(contextlib.closing(Environment(loaded.bindings, keys, b"c" * 32, Clock().now, patience, behind=behind)))
        sink = Kept()
        environment.begin_case(sink, {})
        made = Way(environment, sink, keys, real)
        made.step()
        return made, far

    with stack:
        yield opened


HEAD = "POST /servid/Patient/$match?q=a%2Fb&r=%C3%A9 HTTP/1.1\r\nHost: 127.0.0.1\r\nX-Second: b\r\nx-first: A\r\nX-Second: c\r\nAccept-Encoding: gzip\r\nConnection: close, X-Hop\r\nX-Hop: 1\r\nContent-Length: 9\r\n\r\n"
BODY = b"<a>\r\n\xc3\xa9</a>"[:9]


def test_a_call_arrives_as_it_was_sent(way: Open) -> None:
    """Method, target, headers in order and case, body: only the Host and what is about one connection are the gateway's."""
    made, far = way(plainly(ANSWER))
    made.call(HEAD, BODY)
    (heard,) = far.heard
    head, _, body = heard.partition(b"\r\n\r\n")
    first, *lines = head.decode().split("\r\n")
    assert first == "POST /far/Patient/$match?q=a%2Fb&r=%C3%A9 HTTP/1.1"
    assert lines == [f"Host: localhost:{far.port}", "X-Second: b", "x-first: A", "X-Second: c", "Accept-Encoding: gzip", "Content-Length: 9"]
    assert body == BODY


def test_an_answer_goes_on_as_it_came_and_is_kept_so(way: Open) -> None:
    """Status, header values, body; recorded with the names as they were, the cookie redacted, and who gave it."""
    made, far = way(plainly(ANSWER))
    got = made.call(HEAD, BODY)
    made.settled()
    assert got.startswith(b"HTTP/1.1 200")
    assert got.endswith(b'\r\n\r\n{"a":1}')
    ((kept, disturbance),) = made.sink.answers
    assert kept is not None
    assert disturbance == ""
    assert [name for name, _ in kept.headers] == ["X-One", "x-TWO", "Set-Cookie", "Content-Type", "Content-Length"]
    assert kept.header("set-cookie")[0].startswith("redacted-")
    (peer,) = made.sink.peers
    assert peer.address == f"127.0.0.1:{far.port}"
    assert peer.version.startswith("TLS")
    names = [x509.load_der_x509_certificate(item).subject.rfc4514_string() for item in peer.chain]
    assert names == ["CN=equalis EMBEDDED gateway", "CN=equalis EMBEDDED test authority"]
    shown = x509.load_der_x509_certificate(far.clients[0])
    assert shown == x509.load_pem_x509_certificate(made.real.files("solution")[0].read_bytes())


def test_an_answer_that_comes_in_pieces_is_handed_on_before_its_end(way: Open) -> None:
    """Streams: the first piece is with the product while the far side still writes."""
    first_seen, times = threading.Event(), []

    def slowly(connection: ssl.SSLSocket, _: bytes) -> None:
        connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nfirst")
        times.append(first_seen.wait(PATIENCE))
        connection.sendall(b"after")

    made, _ = way(slowly)
    context = ssl.create_default_context(cadata=made.keys.authority.decode())
    context.load_cert_chain(*made.real.files("solution"))
    with socket.create_connection(("127.0.0.1", made.environment.port), PATIENCE) as plain, context.wrap_socket(plain, server_hostname="localhost") as tls:
        tls.sendall(b"GET /servid/x HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")
        content = b""
        while b"first" not in content:
            content += tls.recv(65536)
        first_seen.set()
        while piece := tls.recv(65536):
            content += piece
    assert times == [True]
    assert content.endswith(b"firstafter")
    made.settled()
    assert made.sink.answers[0][0] is not None
    assert made.sink.answers[0][0].body == b"firstafter"


def test_connections_are_kept_alive(way: Open, monkeypatch: pytest.MonkeyPatch) -> None:
    """Three calls, one connection to the far side."""
    monkeypatch.setattr("equalis.gateway.carrier.KEPT", PATIENCE)
    made, far = way(plainly(ANSWER))
    for _ in range(3):
        made.call(HEAD, BODY)
    assert len(far.heard) == 3
    assert far.connections == 1


def test_a_redirect_is_the_products_to_follow(way: Open) -> None:
    """302 goes back as it is; the gateway calls nobody."""
    made, far = way(plainly(b"HTTP/1.1 302 Found\r\nLocation: https://localhost:1/elsewhere\r\nContent-Length: 0\r\n\r\n"))
    got = made.call(HEAD, BODY)
    assert b"location: https://localhost:1/elsewhere" in got.lower()
    assert len(far.heard) == 1
    assert not made.sink.faults


@pytest.mark.parametrize("head", ["GET /mysecu/x HTTP/1.1\r\nHost: localhost", "GET /servid/x HTTP/1.1\r\nHost: evil.example", "GET /servid/x HTTP/1.1\r\nHost: [abc]:443", "GET /servid/x HTTP/1.1\r\nHost: u@localhost", "GET /servid/x HTTP/1.1\r\nHost: localhost/x", "GET https://evil.example/servid/x HTTP/1.1\r\nHost: evil.example"])
def test_a_host_or_service_outside_the_descriptor_is_refused(way: Open, head: str) -> None:
    """404 and a stranger in the evidence; nothing is forwarded."""
    made, far = way(plainly(ANSWER))
    assert made.call(f"{head}\r\nConnection: close\r\n\r\n").startswith(b"HTTP/1.1 404")
    assert made.sink.services == [""]
    assert not far.heard


def test_by_host_nothing_at_all_is_rewritten(way: Open, loaded: Loaded) -> None:
    """The product calls the environment's own name, which leads to the gateway; the Host it sent arrives."""
    prefix = loaded.bindings.services["servid"].prefix
    made, far = way(plainly(ANSWER), url="https://localhost:{port}" + prefix, routing="host")
    port = made.environment.port
    assert made.environment.addresses == {"servid": f"https://localhost:{port}{prefix}"}
    made.call(HEAD.replace("Host: 127.0.0.1", f"Host: localhost:{port}"), BODY)
    assert far.heard[0].startswith(f"POST {prefix}/Patient/$match?q=a%2Fb&r=%C3%A9 HTTP/1.1\r\nHost: localhost:{port}\r\n".encode())


def test_a_name_that_leads_back_to_the_gateway_is_connected_where_the_descriptor_says(way: Open) -> None:
    """`connect`: the name stays, for SNI and the certificate; the address is another one."""
    elsewhere = lambda port: {"servid": Address("https://localhost:1/far", f"127.0.0.1:{port}")}  # noqa: E731 - made when the port is known
    made, far = way(plainly(ANSWER), services=elsewhere)
    assert made.call(HEAD, BODY).endswith(b'{"a":1}')
    assert b"Host: localhost:1\r\n" in far.heard[0]


@pytest.mark.parametrize(("order", "arrives"), [("cut-before", False), ("cut-after-commit", True), ("cut-during-answer", True)])
def test_disturbances_are_injected_before_a_live_environment_too(way: Open, order: str, arrives: bool) -> None:
    """What is cut before never arrives; what is cut after was answered, and the product does not get it whole."""
    made, far = way(plainly(ANSWER))
    made.step(**{"idv.match": order})
    assert b'{"a":1}' not in made.call(HEAD, BODY)
    made.settled()
    assert bool(far.heard) is arrives
    assert made.sink.answers == [(None, order)]


@pytest.mark.parametrize(
    ("party", "blame", "word"),
    [("expired-certificate", Blame.ENVIRONMENT, "expired"), ("unknown-authority", Blame.CONFIGURATION, "not known"), ("wrong-name", Blame.CONFIGURATION, "another name")],
)
def test_a_wrong_certificate_of_the_environment_is_nothing_of_the_products(way: Open, party: str, blame: Blame, word: str) -> None:
    """TLS is verified, and who is to mend it is named."""
    made, far = way(plainly(ANSWER), party)
    assert made.call(HEAD, BODY).startswith(b"HTTP/1.1 502")
    made.settled()
    (fault,) = made.sink.faults
    assert (fault.blame, word in fault.cause) == (blame, True)
    assert not far.heard


def test_a_client_certificate_that_the_environment_refuses_is_configuration(way: Open) -> None:
    """No certificate where one is demanded: an alert, told as what it is."""
    made, _ = way(plainly(ANSWER), identity=IdentityFiles())
    assert made.call(HEAD, BODY).startswith(b"HTTP/1.1 502")
    made.settled()
    (fault,) = made.sink.faults
    assert fault.blame is Blame.CONFIGURATION
    assert "refuses the client certificate" in fault.cause


def test_an_environment_that_is_gone_is_lost_until_it_answers_again(way: Open) -> None:
    """After a failed call the gateway knows whether anybody listens."""
    made, far = way(plainly(ANSWER))
    made.call(HEAD, BODY)
    assert made.environment.lost == ""
    far.close()
    made.call(HEAD, BODY)
    made.settled()
    assert all(fault.blame is Blame.ENVIRONMENT for fault in made.sink.faults)
    assert made.sink.faults
    assert f"nobody answers at localhost:{far.port}" in made.environment.lost


def test_calls_keep_to_the_rate_of_the_environment(way: Open) -> None:
    """At most so many a second; a slow machine only makes them fewer."""
    made, far = way(plainly(ANSWER), rate=5.0)
    begun = time.monotonic()
    for _ in range(4):
        made.call(HEAD, BODY)
    assert len(far.heard) == 4
    assert time.monotonic() - begun >= 0.6


def test_a_request_arrives_once_whatever_becomes_of_its_connection(way: Open) -> None:
    """A kept connection that breaks: the DELETE is not sent again, and nobody but the environment is blamed."""
    served: list[bytes] = []

    def once(connection: ssl.SSLSocket, request: bytes) -> None:
        served.append(request)
        if len(served) == 1:
            connection.sendall(ANSWER)
        else:
            connection.shutdown(socket.SHUT_RDWR)

    made, _ = way(once)
    made.call(HEAD, BODY)
    made.call(HEAD.replace("POST", "DELETE"), BODY)
    made.settled()
    assert len(served) == 2
    (fault,) = made.sink.faults
    assert fault.blame is Blame.ENVIRONMENT


def test_a_header_that_is_repeated_in_another_case_is_not_lost(way: Open) -> None:
    """Each value arrives, in order, under the name as it was written first."""
    made, far = way(plainly(ANSWER))
    made.call(HEAD.replace("x-first: A", "x-SECOND: d"), BODY)
    assert [line for line in far.heard[0].split(b"\r\n") if line.lower().startswith(b"x-second")] == [b"X-Second: b", b"X-Second: d", b"X-Second: c"]


def test_a_header_that_cannot_be_forwarded_is_our_fault(way: Open) -> None:
    """Bytes that are not UTF-8: told, and nothing is sent without them."""
    made, far = way(plainly(ANSWER))
    context = HEAD.replace("x-first: A", "x-first: \xe9").encode("latin-1")
    made.call("", context + BODY)
    made.settled()
    (fault,) = made.sink.faults
    assert (fault.blame, "not UTF-8" in fault.cause) == (Blame.EQUALIS, True)
    assert not far.heard


@pytest.mark.parametrize(("status", "blamed"), [(429, True), (408, True), (421, True), (503, True), (404, False), (400, False)])
def test_what_stands_before_the_service_is_not_the_products_doing(way: Open, status: int, blamed: bool) -> None:
    """A limit, a proxy, an outage: the environment's. What the service says of the request is the product's to bear."""
    made, _ = way(plainly(f"HTTP/1.1 {status} x\r\nContent-Length: 0\r\n\r\n".encode()))
    assert made.call(HEAD, BODY).startswith(f"HTTP/1.1 {status}".encode())
    made.settled()
    assert [fault.blame for fault in made.sink.faults] == ([Blame.ENVIRONMENT] if blamed else [])


CHUNKED = b'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n7\r\n{"a":1}\r\n0\r\n\r\n'


def test_an_answer_in_chunks_is_repeated_and_cut_with_its_length_told(way: Open) -> None:
    """The first of two answers ends where it ends; half an answer is known to be half."""
    made, _ = way(plainly(CHUNKED))
    made.step(**{"idv.match": "repeat-answer"})
    first, _, second = made.call(HEAD, BODY).partition(b'{"a":1}')
    assert b"Content-Length: 7\r\n" in first
    assert second.startswith(b"HTTP/1.1 200")
    made.step(**{"idv.match": "cut-during-answer"})
    half = made.call(HEAD, BODY)
    assert b"Content-Length: 7\r\n" in half
    assert half.endswith(b'\r\n\r\n{"a')


@pytest.mark.parametrize("itself", [0.0, 0.6])
def test_a_delay_holds_the_time_that_the_environment_took_itself(way: Open, monkeypatch: pytest.MonkeyPatch, itself: float) -> None:
    """It tarries without passing the product's patience, however slow the environment is: half of it in all, and nothing where that is over already."""
    slept: list[float] = []
    sleep = asyncio.sleep

    async def noted(seconds: float) -> None:
        slept.append(seconds)
        await sleep(seconds)

    def slowly(connection: ssl.SSLSocket, _: bytes) -> None:
        time.sleep(SHORT * itself)
        connection.sendall(ANSWER)

    made, _ = way(slowly, patience=SHORT)
    made.step(**{"idv.match": "delay"})
    monkeypatch.setattr(asyncio, "sleep", noted)
    assert made.call(HEAD, BODY).endswith(b'{"a":1}')
    made.settled()
    assert slept
    assert max(slept) < SHORT * 0.5
    assert any(slept) is (itself < 0.5)
    assert made.sink.answers[0][1] == "delay"
    assert not made.sink.faults


def test_an_environment_that_is_slower_than_anybody_waits_is_left(way: Open) -> None:
    """The call ends before the case does, with a Fault that belongs to it."""
    over = threading.Event()

    def never(connection: ssl.SSLSocket, _: bytes) -> None:
        connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 99\r\n\r\n")
        while not over.wait(0.2):
            connection.sendall(b".")

    made, _ = way(never, patience=SHORT)
    made.call(HEAD, BODY)
    made.settled()
    over.set()
    (fault,) = made.sink.faults
    assert (fault.blame, "in time" in fault.cause) == (Blame.ENVIRONMENT, True)
    assert made.environment.in_flight == 0


def test_a_product_without_a_certificate_is_lent_none(way: Open) -> None:
    """The environment decides, as it would without us: it turns the product away, and that is nobody's Fault."""
    made, far = way(plainly(ANSWER))
    context = ssl.create_default_context(cadata=made.keys.authority.decode())
    with socket.create_connection(("127.0.0.1", made.environment.port), PATIENCE) as plain, context.wrap_socket(plain, server_hostname="localhost") as tls:
        tls.sendall(HEAD.encode() + BODY)
        with contextlib.suppress(OSError):
            assert tls.recv(100) == b""
    made.settled()
    assert not far.heard
    assert not made.sink.faults
    assert made.sink.answers == [(None, "")]


@pytest.mark.parametrize("location", ["/far/Patient/1", "https://localhost:{port}/servid/Patient/1"])
def test_an_address_that_leads_past_the_gateway_is_configuration(way: Open, location: str) -> None:
    """By prefix the environment's own addresses are not the product's: said, with the other way of routing."""
    holder: list[int] = []

    def elsewhere(connection: ssl.SSLSocket, _: bytes) -> None:
        connection.sendall(f"HTTP/1.1 302 Found\r\nLocation: {location.format(port=holder[0])}\r\nContent-Length: 0\r\n\r\n".encode())

    made, far = way(elsewhere)
    holder.append(far.port)
    made.call(HEAD, BODY)
    made.settled()
    (fault,) = made.sink.faults
    assert fault.blame is Blame.CONFIGURATION
    assert "host" in fault.remedy


@pytest.mark.parametrize(
    ("body", "word"),
    [
        (b"Destination is https://127.0.0.1/idp", "host"),  # by prefix a signed message names the gateway, and the environment wants its own
        (b"<html>400 The SSL certificate error</html>", "identity"),  # as nginx says it, to a product that had shown its certificate
    ],
    ids=["the-gateways-address", "another-certificate"],
)  # fmt: skip
def test_a_refusal_of_what_is_ours_is_configuration(way: Open, body: bytes, word: str) -> None:
    """Nothing of the product's: the way it is routed, or the certificate that the environment is shown."""
    made, _ = way(plainly(b"HTTP/1.1 400 Bad Request\r\nContent-Length: %d\r\n\r\n" % len(body) + body))
    made.call(HEAD, BODY)
    made.settled()
    (fault,) = made.sink.faults
    assert (fault.blame, word in fault.remedy) == (Blame.CONFIGURATION, True)


@pytest.mark.parametrize(
    ("answer", "begins", "blamed"),
    [
        (b"HTTP/1.1 304 Same\r\nContent-Length: 100\r\n\r\n", b"HTTP/1.1 304", False), (b"HTTP/1.1 204 None\r\n\r\n", b"HTTP/1.1 204", False),
        (b"HTTP/1.1 200 OK\r\nX-Long: " + b"x" * 60000 + b"\r\nContent-Length: 0\r\n\r\n", b"HTTP/1.1 200", False),
        (b"HTTP/1.1 999 What\r\nContent-Length: 0\r\n\r\n", b"HTTP/1.1 502", True),
    ],
    ids=["not-modified", "no-content", "a-long-header", "no-status"],
)  # fmt: skip
def test_unusual_answers_go_on(way: Open, answer: bytes, begins: bytes, blamed: bool) -> None:
    """A length of another answer, no body, a SAML message in a header; what is no status is the environment's."""
    made, _ = way(plainly(answer))
    assert made.call(HEAD, BODY).startswith(begins)
    made.settled()
    assert [fault.blame for fault in made.sink.faults] == ([Blame.ENVIRONMENT] if blamed else [])


def test_the_wait_for_the_rate_counts_with_the_answer(way: Open) -> None:
    """A product that gave up since both together took too long is not KO: the rate is configuration."""

    def slowly(connection: ssl.SSLSocket, _: bytes) -> None:
        time.sleep(SHORT * 0.8)
        connection.sendall(ANSWER)

    made, _ = way(slowly, patience=SHORT, rate=1 / (SHORT * 0.8 + SHORT * 0.48))
    made.call(HEAD, BODY)
    made.settled()
    assert not made.sink.faults
    made.call(HEAD, BODY)
    made.settled()
    (fault,) = made.sink.faults
    assert fault.blame is Blame.CONFIGURATION
    assert "for the environment's rate" in fault.cause


def test_a_secret_in_a_coded_answer_is_not_kept(way: Open) -> None:
    """The product gets the very bytes; the evidence has neither the secret nor the coding that hid it."""
    body = gzip.compress(b'{"refresh_token": "SECRET", "total": 1}')
    made, _ = way(plainly(b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: %d\r\n\r\n" % len(body) + body))
    assert made.call(HEAD, BODY).endswith(body)
    made.settled()
    ((kept, _),) = made.sink.answers
    assert kept is not None
    assert b"SECRET" not in encodings.content(kept)
    assert b'"total": 1' in kept.body
    assert kept.header("content-encoding") == ()
    assert kept.header("content-length") == (str(len(kept.body)),)


@pytest.mark.parametrize("path", ["/servid/../admin", "/servid/%2e%2e/admin", "/servid/a/./b"])
def test_no_path_leads_out_of_what_is_described(way: Open, path: str) -> None:
    """Dot segments are a stranger's."""
    made, far = way(plainly(ANSWER))
    assert made.call(f"GET {path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n").startswith(b"HTTP/1.1 404")
    assert not far.heard


def test_a_path_may_hold_an_address(way: Open) -> None:
    """`urn://z` in a path is no absolute target."""
    made, far = way(plainly(ANSWER))
    made.call("GET /servid/Patient/urn://z HTTP/1.1\r\nHost: [::1]\r\nConnection: close\r\n\r\n")
    assert far.heard[0].startswith(b"GET /far/Patient/urn://z HTTP/1.1\r\n")


def test_headers_beyond_ascii_arrive_byte_by_byte(way: Open) -> None:
    """UTF-8 in a header, as some products write names."""
    made, far = way(plainly(ANSWER))
    made.call(HEAD.replace("X-Second: b", "X-Second: voilà"), BODY)
    assert "X-Second: voilà\r\n".encode() in far.heard[0]  # its last byte is a space of Latin-1


def test_a_product_with_another_certificate_than_the_environment_is_shown_is_configuration(way: Open, real: Pki) -> None:
    """What it signs would be refused there, and nobody could see why: told before anything is forwarded."""
    made, far = way(plainly(ANSWER), identity=IdentityFiles(str(real.files("idp")[0]), str(real.files("idp")[1])))
    assert made.call(HEAD, BODY).startswith(b"HTTP/1.1 502")
    made.settled()
    (fault,) = made.sink.faults
    assert fault.blame is Blame.CONFIGURATION
    assert "another client certificate" in fault.cause
    assert not far.heard


def test_a_product_whose_authority_nobody_named_is_configuration(way: Open, keys: Pki, tmp_path: Path) -> None:
    """The handshake is refused by the gateway; that is no refusal of the product's."""
    made, _ = way(plainly(ANSWER))
    made.real = pki.load(tmp_path / "foreign")
    assert keys
    with contextlib.suppress(OSError):
        made.call(HEAD, BODY)
    made.settled()
    (fault,) = made.sink.faults
    assert fault.blame is Blame.CONFIGURATION
    assert "client-authority" in fault.remedy


def test_our_own_certificate_is_known_without_any_authority(way: Open) -> None:
    """The one in the description is taken from the product, whoever issued it."""
    made, far = way(plainly(ANSWER), client_authority="")
    assert made.call(HEAD, BODY).endswith(b'{"a":1}')
    assert len(far.heard) == 1


def test_a_rate_that_keeps_calls_waiting_too_long_is_configuration(way: Open) -> None:
    """Nothing is sent after the product has left; the environment is not blamed for our own queue."""
    made, far = way(plainly(ANSWER), rate=0.5 / PATIENCE)
    made.call(HEAD, BODY)
    assert made.call(HEAD, BODY).startswith(b"HTTP/1.1 502")
    made.settled()
    (fault,) = made.sink.faults
    assert fault.blame is Blame.CONFIGURATION
    assert len(far.heard) == 1


def test_quiet_hours_are_in_luxembourg_time(way: Open) -> None:
    """Over midnight too, summer and winter."""
    made, _ = way(plainly(ANSWER), quiet=("22:00-06:00", "12:00-13:00"))
    moments = {"2026-07-01T19:59": "", "2026-07-01T20:00": "22:00-06:00", "2026-12-01T20:30": "", "2026-12-01T04:59": "22:00-06:00", "2026-12-01T11:30": "12:00-13:00"}
    for moment, span in moments.items():
        assert made.environment.closed(datetime.fromisoformat(moment).replace(tzinfo=UTC)) == span


def test_the_product_is_given_both_authorities_and_the_key_only_where_the_descriptor_says(way: Open) -> None:
    """The environment's authority first, the gateway's after it; no key unless `hand-over`."""
    made, _ = way(plainly(ANSWER))
    given = made.environment.credentials
    assert given["authority"] == made.real.authority.decode() + made.keys.authority.decode()
    assert set(given) == {"authority", "certificate"}


def _pkcs12(real: Pki, path: Path, password: bytes) -> None:
    certificate, key = real.files("solution")
    encryption = serialization.BestAvailableEncryption(password)
    loaded_key = serialization.load_pem_private_key(key.read_bytes(), None)
    assert isinstance(loaded_key, rsa.RSAPrivateKey)
    path.write_bytes(pkcs12.serialize_key_and_certificates(b"x", loaded_key, x509.load_pem_x509_certificate(certificate.read_bytes()), None, encryption))


def test_a_pkcs12_file_opens_with_the_password_of_its_variable(real: Pki, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The same identity as the PEM files; the password is never in the configuration."""
    _pkcs12(real, tmp_path / "own.p12", b"secret")
    site = Live("real", {}, identity=IdentityFiles(pkcs12=str(tmp_path / "own.p12"), password_env=VARIABLE))
    with pytest.raises(CredentialError, match="is not set"):
        credentials.read(site)
    monkeypatch.setenv(VARIABLE, "wrong")
    with pytest.raises(CredentialError, match="cannot be opened"):
        credentials.read(site)
    monkeypatch.setenv(VARIABLE, "secret")
    found = credentials.read(site)
    assert found.leaf == x509.load_pem_x509_certificate(real.files("solution")[0].read_bytes())
    assert "PRIVATE" in found.key
    assert "PRIVATE" not in repr(found)
    assert os.environ[VARIABLE] not in repr(found)


def test_a_key_of_another_certificate_is_refused(real: Pki) -> None:
    """Said before any call."""
    site = Live("real", {}, identity=IdentityFiles(str(real.files("solution")[0]), str(real.files("idp")[1])))
    with pytest.raises(CredentialError, match="another certificate's") as refused:
        credentials.read(site)
    assert refused.value.remedy


def test_a_descriptor_is_held_against_the_bindings(loaded: Loaded) -> None:
    """A service that nobody knows, and a path that the binding has not: both with what to do."""
    with pytest.raises(DescriptorError, match="`mysec`") as unknown:
        agreed(Live("real", {"mysec": Address("https://x")}), loaded.bindings)
    assert "valid services: " in unknown.value.remedy
    with pytest.raises(DescriptorError, match="stands under /v2") as other:
        agreed(Live("real", {"mysecu": Address("https://x/v2")}, routing="host"), loaded.bindings)
    assert "prefix: /v2" in other.value.remedy
    agreed(Live("real", {"mysecu": Address("https://x/v2")}, routing="prefix"), loaded.bindings)


def test_the_gateway_shows_a_certificate_for_every_name_of_the_environment(tmp_path: Path) -> None:
    """By host: the product verifies the environment's names, and the gateway has them."""
    site = Live("real", {"idp": Address("https://idp.example:8443/idp"), "sts": Address("https://sts.example")}, routing="host")
    made = pki.load(tmp_path, hosts(site))
    shown = x509.load_pem_x509_certificate(made.files("gateway")[0].read_bytes())
    names = shown.extensions.get_extension_for_class(x509.SubjectAlternativeName).value.get_values_for_type(x509.DNSName)
    assert names == ["localhost", "idp.example", "sts.example"]
    assert hosts(replace(site, routing="prefix")) == ()
