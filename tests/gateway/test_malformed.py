"""Malformed HTTP over real sockets and real TLS: each is an event, is answered as the RFCs say, and ends the connection."""

from __future__ import annotations

import contextlib
import socket
import ssl
import struct
from collections.abc import Iterator
from dataclasses import dataclass, field
from types import SimpleNamespace
from typing import Any

import pytest

from equalis.cases.loading import Loaded
from equalis.clock import Clock
from equalis.gateway.environment import Environment
from equalis.gateway.pki import OTHER_PARTY, Pki
from equalis.gateway.watching import Watching
from equalis.model.case import Step
from equalis.model.source import Source
from tests.gateway.test_gateway import connections
from tests.pace import PATIENCE, waited

PATH = b"/eadministrative/practitioner/1985031421294/consent/MH"
LINE = b"POST " + PATH + b" HTTP/1.1\r\nHost: localhost\r\n"
CHUNKED = LINE + b"Transfer-Encoding: chunked\r\n\r\n"
GOOD = b"GET " + PATH + b" HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n"
MENDS = pytest.mark.mends("12")


@dataclass
class Kept:
    """A sink that keeps what is asked of it here."""

    requests: list[Any] = field(default_factory=list)
    malformed_ones: list[Any] = field(default_factory=list)
    handshakes: list[str] = field(default_factory=list)
    faults: list[Any] = field(default_factory=list)

    def request(self, number: int, service: str, step: str, at: object, message: Any, *_: object, ours: bool) -> None:
        assert (step, ours) == ("s", False)
        assert number
        assert at
        self.requests.append((service, message))

    def answer(self, *_: object) -> None:
        """Not looked at."""

    def entry(self, *told: object) -> None:
        raise AssertionError(told)

    def peer(self, *told: object) -> None:
        raise AssertionError(told)

    def malformed(self, item: Any) -> None:
        assert item.step == "s"
        assert item.at.tzinfo
        self.malformed_ones.append(item)

    def handshake(self, step: str, at: object, reason: str) -> None:
        assert step
        assert at
        self.handshakes.append(reason)

    def fault(self, fault: object) -> None:
        self.faults.append(fault)


@pytest.fixture(scope="module")
def environment(loaded: Loaded, keys: Pki) -> Iterator[Environment]:
    """An open environment."""
    made = Environment(loaded.bindings, keys, b"c" * 32, Clock().now, PATIENCE)
    yield made
    made.close()


@pytest.fixture
def kept(environment: Environment, loaded: Loaded) -> Kept:
    """A fresh case."""
    sink = Kept()
    environment.begin_case(sink, {name: {} for name in loaded.bindings.services})
    environment.begin_step(Step("s", "", Source("")))
    return sink


@dataclass
class Client:
    """Sends exact bytes to the gateway over TLS."""

    environment: Environment
    keys: Pki

    def open(self, party: str = "solution") -> ssl.SSLSocket:
        """A connection after its handshake."""
        context = ssl.create_default_context(cadata=self.keys.authority.decode())
        context.load_cert_chain(*self.keys.files(party))
        plain = socket.create_connection(("127.0.0.1", self.environment.port), PATIENCE)
        return context.wrap_socket(plain, server_hostname="localhost")

    def send(self, *pieces: bytes, party: str = "solution") -> bytes:
        """Send pieces, read until the gateway closes: it must."""
        with self.open(party) as tls:
            for piece in pieces:
                with contextlib.suppress(ConnectionError, ssl.SSLError):
                    tls.sendall(piece)
            return rest(tls)


def rest(tls: ssl.SSLSocket) -> bytes:
    parts = []
    with contextlib.suppress(ConnectionError, ssl.SSLError):
        while part := tls.recv(65536):
            parts.append(part)
    return b"".join(parts)


@pytest.fixture
def client(environment: Environment, keys: Pki, kept: Kept) -> Client:
    """A client of a fresh case."""
    assert kept is not None
    return Client(environment, keys)


def with_fields(*lines: bytes) -> bytes:
    return LINE + b"".join(line + b"\r\n" for line in lines) + b"\r\n"


MALFORMED = {
    "length and chunks": (with_fields(b"Content-Length: 3", b"Transfer-Encoding: chunked") + b"0\r\n\r\n", 400),
    "chunks and length": (with_fields(b"Transfer-Encoding: chunked", b"Content-Length: 3") + b"0\r\n\r\n", 400),
    "two lengths": (with_fields(b"Content-Length: 3", b"Content-Length: 4") + b"abcd", 400),
    "the same length twice": (with_fields(b"Content-Length: 3", b"content-length: 3") + b"abc", 400),
    "a list of lengths": (with_fields(b"Content-Length: 3, 3") + b"abc", 400),
    "a signed length": (with_fields(b"Content-Length: +5") + b"abcde", 400),
    "a negative length": (with_fields(b"Content-Length: -1"), 400),
    "a hexadecimal length": (with_fields(b"Content-Length: 0x5") + b"abcde", 400),
    "no length": (with_fields(b"Content-Length:"), 400),
    "a length in other digits": (with_fields("Content-Length: ٥".encode()) + b"abcde", 400),
    "a length with an underscore": (with_fields(b"Content-Length: 1_0") + b"abcdefghij", 400),
    "a length beyond the limit": (with_fields(b"Content-Length: 67108865"), 413),
    "a length beyond all words": (with_fields(b"Content-Length: " + b"9" * 5000), 413),
    "an unknown coding": (with_fields(b"Transfer-Encoding: gzip, chunked"), 501),
    "no final chunked": (with_fields(b"Transfer-Encoding: chunked, gzip"), 400),
    "chunked twice": (with_fields(b"Transfer-Encoding: chunked", b"Transfer-Encoding: chunked"), 400),
    "identity": (with_fields(b"Transfer-Encoding: identity"), 400),
    "xchunked": (with_fields(b"Transfer-Encoding: xchunked"), 400),
    "an empty coding": (with_fields(b"Transfer-Encoding: "), 400),
    "chunked after a control character": (with_fields(b"Transfer-Encoding: \x0bchunked"), 400),
    "chunks in HTTP/1.0": (b"POST / HTTP/1.0\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", 400),
    "bare LF": (GOOD.replace(b"\r\n", b"\n"), 400),
    "one bare LF": (LINE + b"A: b\nC: d\r\n\r\n", 400),
    "a bare CR": (LINE + b"A: b\rC: d\r\n\r\n", 400),
    "a bare CR before the line": (b"\rGET / HTTP/1.1\r\nHost: localhost\r\n\r\n", 400),
    "a bare LF before the line": (b"\nGET / HTTP/1.1\r\nHost: localhost\r\n\r\n", 400),
    "obs-fold": (with_fields(b"A: b", b" c"), 400),
    "obs-fold by a tabulator": (with_fields(b"A: b", b"\tc"), 400),
    "a blank first": (b"GET / HTTP/1.1\r\n Host: localhost\r\n\r\n", 400),
    "a blank before the colon": (with_fields(b"A : b"), 400),
    "a tabulator before the colon": (with_fields(b"A\t: b"), 400),
    "no colon": (with_fields(b"A"), 400),
    "no name": (with_fields(b": b"), 400),
    "a name that is no token": (with_fields(b"A(b): c"), 400),
    "a name with a byte beyond ASCII": (with_fields("É: c".encode()), 400),
    "NUL": (with_fields(b"A: b\x00c"), 400),
    "NUL in a name": (with_fields(b"A\x00: b"), 400),
    "a control character": (with_fields(b"A: b\x01"), 400),
    "DEL": (with_fields(b"A: b\x7f"), 400),
    "a chunk's size in letters": (CHUNKED + b"zz\r\nab\r\n0\r\n\r\n", 400),
    "a body without chunks": (CHUNKED + b'{"password": "hunter2"}', 400),
    "an empty size": (CHUNKED + b"\r\n\r\n", 400),
    "a size with a sign": (CHUNKED + b"+2\r\nab\r\n0\r\n\r\n", 400),
    "a negative size": (CHUNKED + b"-2\r\nab\r\n0\r\n\r\n", 400),
    "a size with 0x": (CHUNKED + b"0x2\r\nab\r\n0\r\n\r\n", 400),
    "a size of 17 digits": (CHUNKED + b"0" * 16 + b"2\r\nab\r\n0\r\n\r\n", 400),
    "a huge size": (CHUNKED + b"ffffffffffffffff\r\nab\r\n", 413),
    "a chunk longer than its size": (CHUNKED + b"2\r\nabc\r\n0\r\n\r\n", 400),
    "a chunk ended by LF": (CHUNKED + b"2\r\nab\n0\r\n\r\n", 400),
    "a size ended by LF": (CHUNKED + b"2\nab\r\n0\r\n\r\n", 400),
    "a bare CR in a size": (CHUNKED + b"2\r;a\r\nab\r\n0\r\n\r\n", 400),
    "a blank after a size": (CHUNKED + b"2 \r\nab\r\n0\r\n\r\n", 400),
    "an extension without a name": (CHUNKED + b"2;\r\nab\r\n0\r\n\r\n", 400),
    "an extension that is not closed": (CHUNKED + b'2;a="b\r\nab\r\n0\r\n\r\n', 400),
    "a long extension": (CHUNKED + b"2;a=" + b"b" * 5000 + b"\r\nab\r\n0\r\n\r\n", 400),
    "many extensions": (CHUNKED + (b"1;a=" + b"b" * 4000 + b"\r\nx\r\n") * 70 + b"0\r\n\r\n", 400),
    "a trailer without a colon": (CHUNKED + b"0\r\nabc\r\n\r\n", 400),
    "a length in the trailers": (CHUNKED + b"0\r\nContent-Length: 5\r\n\r\n", 400),
    "long trailers": (CHUNKED + b"0\r\n" + b"A: b\r\n" * 14000 + b"\r\n", 431),
    "no Host": (b"GET / HTTP/1.1\r\nA: b\r\n\r\n", 400),
    "two Hosts": (with_fields(b"host: localhost"), 400),
    "an empty Host": (b"GET / HTTP/1.1\r\nHost:\r\n\r\n", 400),
    "a list of Hosts": (b"GET / HTTP/1.1\r\nHost: localhost, localhost\r\n\r\n", 400),
    "a Host beyond ASCII": ("GET / HTTP/1.1\r\nHost: localhôst\r\n\r\n".encode(), 400),
    "a Host in angle brackets": (b"GET / HTTP/1.1\r\nHost: <localhost>\r\n\r\n", 400),
    "HTTP/0.9": (b"GET /\r\n", 400),
    "HTTP/0.9 by its name": (b"GET / HTTP/0.9\r\n\r\n", 505),
    "HTTP/2 in clear": (b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", 505),
    "HTTP/3.0": (b"GET / HTTP/3.0\r\nHost: localhost\r\n\r\n", 505),
    "a version in small letters": (b"GET / http/1.1\r\nHost: localhost\r\n\r\n", 400),
    "a version of two digits": (b"GET / HTTP/1.10\r\nHost: localhost\r\n\r\n", 400),
    "a version of another protocol": (b"GET / RTSP/1.0\r\nHost: localhost\r\n\r\n", 400),
    "an unknown method": (b"FROBNICATE / HTTP/1.1\r\nHost: localhost\r\n\r\n", 501),
    "a method in small letters": (b"get / HTTP/1.1\r\nHost: localhost\r\n\r\n", 501),
    "a method that is no token": (b"G@T / HTTP/1.1\r\nHost: localhost\r\n\r\n", 400),
    "a method of 10,000 letters": (b"A" * 10000 + b" / HTTP/1.1\r\nHost: localhost\r\n\r\n", 501),
    "a tunnel": (b"CONNECT localhost:443 HTTP/1.1\r\nHost: localhost:443\r\n\r\n", 501),
    "two blanks": (b"GET  / HTTP/1.1\r\nHost: localhost\r\n\r\n", 400),
    "a blank in the target": (b"GET /a b HTTP/1.1\r\nHost: localhost\r\n\r\n", 400),
    "a blank after the version": (b"GET / HTTP/1.1 \r\nHost: localhost\r\n\r\n", 400),
    "a target beyond ASCII": ("GET /é HTTP/1.1\r\nHost: localhost\r\n\r\n".encode(), 400),
    "a fragment": (b"GET /a#b HTTP/1.1\r\nHost: localhost\r\n\r\n", 400),
    "a target without a slash": (b"GET a HTTP/1.1\r\nHost: localhost\r\n\r\n", 400),
    "an asterisk that is not asked for": (b"GET * HTTP/1.1\r\nHost: localhost\r\n\r\n", 400),
    "a head beyond 64 KiB": (with_fields(b"A: " + b"b" * 65536), 431),
    "many fields": (with_fields(*[b"A: b"] * 12000), 431),
    "a head without an end": (LINE + b"A: b\r\n" * 12000, 431),
    "a target beyond 64 KiB": (b"GET /" + b"a" * 65536 + b" HTTP/1.1\r\nHost: localhost\r\n\r\n", 414),
    "no line at all": (b"\x16\x03\x01" + b"\x80" * 70000, 414),
}  # fmt: skip
"""Every kind, with what the RFCs answer it."""


@MENDS
@pytest.mark.parametrize("name", MALFORMED)
def test_what_is_malformed_is_an_event_is_answered_and_ends_the_connection(client: Client, kept: Kept, name: str) -> None:
    """One event, one answer, nothing recorded as an exchange, and a good request behind it is not taken."""
    content, status = MALFORMED[name]
    answer = client.send(content + GOOD)
    assert answer.split(b" ")[:2] == [b"HTTP/1.1", str(status).encode()]
    assert answer.count(b"HTTP/1.1 ") == 1
    (item,) = kept.malformed_ones
    assert (item.status, item.ours) == (status, False)
    assert item.reason
    assert not kept.requests
    assert not kept.faults
    assert b"hunter2" not in item.head


@MENDS
@pytest.mark.parametrize("name", ["bare LF", "HTTP/0.9", "a chunk's size in letters", "a chunk longer than its size", "a trailer without a colon", "obs-fold"])
def test_it_is_found_whatever_pieces_it_comes_in(client: Client, kept: Kept, name: str) -> None:
    """Byte by byte."""
    content, status = MALFORMED[name]
    answer = client.send(*(content[place : place + 1] for place in range(len(content))))
    assert answer.startswith(f"HTTP/1.1 {status} ".encode())
    assert [item.status for item in kept.malformed_ones] == [status]


@MENDS
def test_a_chunked_body_beyond_the_limit_is_answered_413(client: Client, kept: Kept) -> None:
    """A body of 65 MiB in chunks of one: the answer can be read by who sends it all first."""
    answer = client.send(CHUNKED, *[b"100000\r\n" + b"x" * (1 << 20) + b"\r\n"] * 65)
    assert answer.startswith(b"HTTP/1.1 413 ")
    assert [item.status for item in kept.malformed_ones] == [413]
    assert not kept.requests


@MENDS
def test_a_body_announced_beyond_the_limit_is_answered_though_all_of_it_comes(client: Client, kept: Kept) -> None:
    """Content-Length of 65 MiB."""
    answer = client.send(with_fields(b"Content-Length: %d" % (65 << 20)), *[b"x" * (1 << 20)] * 65)
    assert answer.startswith(b"HTTP/1.1 413 ")
    assert [item.status for item in kept.malformed_ones] == [413]


UNUSUAL = {
    "chunks with extensions and trailers": (
        CHUNKED.replace(b"\r\n\r\n", b"\r\nTrailer: X-Sum\r\n\r\n") + b'2;a;b=c;d="e\\";f"\r\nab\r\n3 ; g = h\r\ncde\r\n000;z\r\nX-Sum: 1\r\nX-More: 2\r\n\r\n', b"abcde"),
    "a chunked coding in capitals, after an empty member": (with_fields(b"Transfer-Encoding: , CHUNKED") + b"A\r\n0123456789\r\n0\r\n\r\n", b"0123456789"),
    "an expectation": (with_fields(b"Expect: 100-continue", b"Content-Length: 2") + b"ab", b"ab"),
    "an expectation that nobody knows": (with_fields(b"Expect: tea", b"Content-Length: 2") + b"ab", b"ab"),
    "several lines of one name": (with_fields(b"A: 1", b"a: 2", b"Accept: x", b"Accept: y"), b""),
    "absolute form": (b"GET https://localhost" + PATH + b"?a=b|c HTTP/1.1\r\nHost: localhost\r\n\r\n", b""),
    "absolute form without a path": (b"OPTIONS https://localhost HTTP/1.1\r\nHost: localhost\r\n\r\n", b""),
    "the asterisk": (b"OPTIONS * HTTP/1.1\r\nHost: localhost\r\n\r\n", b""),
    "names in small letters": (b"GET " + PATH + b" HTTP/1.1\r\nhost:localhost\r\naccept:*/*\r\n\r\n", b""),
    "an empty value and bytes beyond ASCII": (with_fields(b"A:", "B: é".encode(), b"C: \ta\t b \t"), b""),
    "an empty line first": (b"\r\n" + LINE + b"\r\n", b""),
    "some empty lines first": (b"\r\n\r\n\r\n" + LINE + b"\r\n", b""),
    "a length with zeros": (with_fields(b"Content-Length: 0003") + b"abc", b"abc"),
    "a body of GET": (b"GET " + PATH + b" HTTP/1.1\r\nHost: localhost\r\nContent-Length: 2\r\n\r\nab", b"ab"),
    "a body that looks like a request": (with_fields(b"Content-Length: %d" % len(GOOD)) + GOOD, GOOD),
    "HEAD": (b"HEAD " + PATH + b" HTTP/1.1\r\nHost: localhost\r\n\r\n", b""),
    "DELETE": (b"DELETE " + PATH + b" HTTP/1.1\r\nHost: localhost\r\n\r\n", b""),
    "PROPFIND": (b"PROPFIND " + PATH + b" HTTP/1.1\r\nHost: localhost\r\n\r\n", b""),
    "an upgrade": (with_fields(b"Connection: Upgrade, HTTP2-Settings", b"Upgrade: h2c", b"HTTP2-Settings: AAMAAABkAAQAoAAAAAIAAAAA", b"Content-Length: 2") + b"ab", b"ab"),
    "an upgrade to a web socket": (with_fields(b"Connection: Upgrade", b"Upgrade: websocket", b"Sec-WebSocket-Version: 13", b"Sec-WebSocket-Key: AAAA"), b""),
    "a Host with a port": (b"GET " + PATH + b" HTTP/1.1\r\nHost: localhost:8443\r\n\r\n", b""),
    "a head of nearly 64 KiB": (with_fields(b"A: " + b"b" * 65000), b""),
}  # fmt: skip
"""Well-formed, and seldom seen, each with its body."""


@pytest.mark.parametrize("name", [
    pytest.param(name, marks=MENDS if name in {"an upgrade", "chunks with extensions and trailers", "absolute form without a path"} else ())
    for name in UNUSUAL
])  # fmt: skip
@pytest.mark.parametrize("drip", [False, True])
def test_what_is_unusual_is_a_request_like_any_other(client: Client, kept: Kept, name: str, drip: bool) -> None:
    """Recorded with its body, no event, and the next request on the connection is recorded too; in one piece or byte by byte."""
    content, body = UNUSUAL[name]
    whole = content + GOOD
    pieces = [whole[place : place + 1] for place in range(len(whole))] if drip and len(whole) < 5000 else [whole]
    answer = client.send(*pieces)
    client.environment.drain()
    assert answer.count(b"HTTP/1.1 ") - answer.count(b"HTTP/1.1 100 ") == 2
    assert not kept.malformed_ones
    first, second = (message for _, message in kept.requests)
    assert first.body == body
    assert first.line.encode() == content.lstrip(b"\r\n").split(b"\r\n")[0]
    assert second.line == f"GET {PATH.decode()} HTTP/1.1"


def test_http_1_0_is_answered_and_closed(client: Client, kept: Kept) -> None:
    """Without a Host, too."""
    answer = client.send(b"GET " + PATH + b" HTTP/1.0\r\n\r\n")
    client.environment.drain()
    assert answer.startswith(b"HTTP/1.1 ")
    assert len(kept.requests) == 1
    assert not kept.malformed_ones


def test_an_expectation_is_met_before_the_body_comes(client: Client, kept: Kept) -> None:
    """100, then the body, then the answer."""
    with client.open() as tls:
        tls.sendall(with_fields(b"Expect: 100-Continue", b"Content-Length: 2", b"Connection: close"))
        assert tls.recv(100).startswith(b"HTTP/1.1 100 ")
        tls.sendall(b"ab")
        assert rest(tls).startswith(b"HTTP/1.1 4")
    client.environment.drain()
    assert kept.requests[0][1].body == b"ab"
    assert not kept.malformed_ones


@MENDS
def test_requests_before_a_malformed_one_are_answered_first(client: Client, kept: Kept) -> None:
    """Three pipelined requests, the third malformed, a fourth behind it: two exchanges, one refusal, nothing more."""
    one = GOOD.replace(b"Connection: close\r\n", b"")
    answer = client.send(one + one + MALFORMED["two lengths"][0] + GOOD)
    client.environment.drain()
    statuses = [part[:3] for part in answer.split(b"HTTP/1.1 ")[1:]]
    assert statuses[2:] == [b"400"]
    assert statuses[0] == statuses[1] != b"400"
    assert len(kept.requests) == 2
    assert len(kept.malformed_ones) == 1


@MENDS
def test_a_pipelined_request_whose_body_is_malformed_never_begins(client: Client, kept: Kept) -> None:
    """The one before it is answered, and the one behind it is not read."""
    one = GOOD.replace(b"Connection: close\r\n", b"")
    answer = client.send(one + MALFORMED["a chunk longer than its size"][0] + GOOD)
    client.environment.drain()
    assert [part[:3] for part in answer.split(b"HTTP/1.1 ")[1:]][1:] == [b"400"]
    assert len(kept.requests) == 1
    assert len(kept.malformed_ones) == 1


@MENDS
@pytest.mark.parametrize("content", [
    with_fields(b"Content-Length: 10") + b"abc", CHUNKED + b"5\r\nab", CHUNKED + b"0\r\n", LINE + b"Content-", b"GE",
])  # fmt: skip
@pytest.mark.parametrize("rudely", [False, True])
def test_a_request_that_its_client_does_not_end_is_an_event_without_an_answer(client: Client, kept: Kept, content: bytes, rudely: bool) -> None:
    """Closed or reset in the middle of its head or its body: it may be meant so, and is told with the status 0."""
    with client.open() as tls:
        tls.sendall(content)
        if rudely:
            # what was sent is read before the reset; else the event could not be told from nothing
            assert waited(lambda: any(one.framing.midway for one in connections(client.environment)))
            tls.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    assert waited(lambda: kept.malformed_ones)
    client.environment.drain()
    assert [(item.status, item.ours) for item in kept.malformed_ones] == [(0, False)]
    assert not kept.requests


def test_a_connection_that_ends_between_two_requests_is_no_event(client: Client, kept: Kept) -> None:
    """Opened and closed; after an answer; after an empty line."""
    for content in (b"", GOOD.replace(b"Connection: close\r\n", b""), b"\r\n"):
        with client.open() as tls:
            tls.sendall(content)
            if content.strip():
                assert tls.recv(100)
    client.send(GOOD)
    client.environment.drain()
    assert not kept.malformed_ones


def test_a_request_that_we_cut_is_no_event(client: Client, kept: Kept, loaded: Loaded) -> None:
    """Half a head when the next case begins."""
    with client.open() as tls:
        tls.sendall(GOOD + b"GET / HT")
        assert tls.recv(100)
        later = Kept()
        client.environment.begin_case(later, {name: {} for name in loaded.bindings.services})
        rest(tls)
    assert not kept.malformed_ones
    assert not later.malformed_ones


@MENDS
def test_what_equalis_sends_itself_is_said_to_be_ours(client: Client, kept: Kept) -> None:
    """The certificate tells."""
    client.send(MALFORMED["no Host"][0], party=OTHER_PARTY)
    assert [item.ours for item in kept.malformed_ones] == [True]


def test_plain_http_at_the_tls_port_is_a_handshake_that_did_not_come_about(client: Client, kept: Kept) -> None:
    """Nobody's certificate, nobody's request."""
    with socket.create_connection(("127.0.0.1", client.environment.port), PATIENCE) as plain:
        plain.sendall(GOOD)
        with contextlib.suppress(ConnectionError):
            plain.recv(100)
    assert waited(lambda: kept.handshakes)
    assert kept.handshakes == ["http request"]
    assert not kept.malformed_ones


@MENDS
def test_nothing_secret_is_kept_of_a_malformed_request(client: Client, kept: Kept) -> None:
    """Whatever the line in which it stands."""
    secret = b"hunter2"
    lines = (b"Authorization : Basic " + secret, b"Cookie: a", b" b=" + secret, b"X-Api-Key: " + secret, b"A: \x00" + secret, secret, b"A\r" + secret)
    for content in (
        b"GET /a?password=" + secret + b" HTTP/1.1\r\n" + b"\r\n".join(lines) + b"\r\n\r\n" + b"password=" + secret,
        with_fields(b"Content-Length: 1") + b"{" + b'"password": "' + secret + b'"}\r\n\r\n',
        with_fields(b"Cookie: " + secret) + b"password: " + secret + b"\r\nhost: " + b"a" + b"\r\n\r\n",
    ):
        client.send(content)
    assert len(kept.malformed_ones) == 3
    assert kept.malformed_ones[0].head.startswith(b"GET /a?password=redacted-")
    assert b"Authorization : (14 bytes)" in kept.malformed_ones[0].head
    assert all(secret not in item.head + item.reason.encode() for item in kept.malformed_ones)


@MENDS
def test_serve_says_it(loaded: Loaded) -> None:
    """One line each, with the reason and the answer."""
    lines = list[str]()
    watching = Watching(loaded.bindings, lines.append)
    watching.malformed(SimpleNamespace(reason="the field Host is missing", status=400))  # type: ignore[arg-type]
    watching.malformed(SimpleNamespace(reason="the client left before its request was whole", status=0))  # type: ignore[arg-type]
    assert lines == ["malformed HTTP: the field Host is missing (answered 400)", "a request was cut short: the client left before its request was whole"]
