"""The way to a live environment: every byte as it came, nobody else's address, and each failure put where it belongs."""

from __future__ import annotations

import contextlib
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
from tests.gateway.far_server import Conversation, FarServer, plainly

ANSWER = b'HTTP/1.1 200 Fine\r\nX-One: 1\r\nx-TWO:  2\r\nSet-Cookie: a=b\r\nContent-Type: application/json\r\nContent-Length: 7\r\n\r\n{"a":1}'
PATIENCE = 2.0
VARIABLE = "EQUALIS_TEST_PASSWORD"


@dataclass
class Kept:
    """A sink that keeps what came of a call."""

    services: list[str] = field(default_factory=list)
    answers: list[tuple[Message | None, str]] = field(default_factory=list)
    peers: list[Peer] = field(default_factory=list)
    entries: list[tuple[str, Any]] = field(default_factory=list)
    faults: list[Fault] = field(default_factory=list)

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
        raise AssertionError(told)

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
        """Send raw bytes to the gateway with the live client certificate; the raw answer until it is closed or silent."""
        context = ssl.create_default_context(cadata=self.keys.authority.decode())
        context.load_cert_chain(*self.real.files("solution"))
        with socket.create_connection(("127.0.0.1", self.environment.port), 5) as plain, context.wrap_socket(plain, server_hostname="localhost") as tls:
            tls.sendall(head.encode() + body)
            tls.settimeout(5)
            content = b""
            with contextlib.suppress(TimeoutError, OSError):
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

    def opened(converse: Conversation, party: str = "gateway", url: str = "https://localhost:{port}/far", **more: Any) -> tuple[Way, FarServer]:
        far = stack.enter_context(contextlib.closing(FarServer(real, converse, party)))
        certificate, key = real.files("solution")
        site = Live("real", {"servid": Address(url.format(port=far.port))}, str(real.authority_file), identity=IdentityFiles(str(certificate), str(key)))
        site = replace(site, **{name: value(far.port) if callable(value) else value for name, value in more.items()})
        behind = Behind(site=Site(site, credentials.read(site)))
        environment = stack.enter_context(contextlib.closing(Environment(loaded.bindings, keys, b"c" * 32, Clock().now, PATIENCE, behind=behind)))
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
        times.append(first_seen.wait(5))
        connection.sendall(b"after")

    made, _ = way(slowly)
    context = ssl.create_default_context(cadata=made.keys.authority.decode())
    with socket.create_connection(("127.0.0.1", made.environment.port), 5) as plain, context.wrap_socket(plain, server_hostname="localhost") as tls:
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


def test_connections_are_kept_alive(way: Open) -> None:
    """Three calls, one connection to the far side."""
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


@pytest.mark.parametrize("head", ["GET /mysecu/x HTTP/1.1\r\nHost: localhost", "GET /servid/x HTTP/1.1\r\nHost: evil.example", "GET https://evil.example/servid/x HTTP/1.1\r\nHost: evil.example"])
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
    """At most so many a second."""
    made, far = way(plainly(ANSWER), rate=5.0)
    begun = time.monotonic()
    for _ in range(4):
        made.call(HEAD, BODY)
    assert len(far.heard) == 4
    assert time.monotonic() - begun >= 0.6


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
    agreed(Live("real", {"mysecu": Address("https://x/v2")}), loaded.bindings)


def test_the_gateway_shows_a_certificate_for_every_name_of_the_environment(tmp_path: Path) -> None:
    """By host: the product verifies the environment's names, and the gateway has them."""
    site = Live("real", {"idp": Address("https://idp.example:8443/idp"), "sts": Address("https://sts.example")}, routing="host")
    made = pki.load(tmp_path, hosts(site))
    shown = x509.load_pem_x509_certificate(made.files("gateway")[0].read_bytes())
    names = shown.extensions.get_extension_for_class(x509.SubjectAlternativeName).value.get_values_for_type(x509.DNSName)
    assert names == ["localhost", "idp.example", "sts.example"]
    assert hosts(replace(site, routing="prefix")) == ()
