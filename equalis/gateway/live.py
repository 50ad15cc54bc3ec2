"""The way to a live environment: each call forwarded to the byte, its answer handed on as it comes (aiohttp's door).

Redirects are the solution's to follow, and hosts outside the descriptor are nobody's: the address of a service is the only
place that a call can go to.
"""

from __future__ import annotations

import asyncio
import socket
import ssl
import time
from collections.abc import Mapping
from contextvars import ContextVar
from dataclasses import replace
from datetime import datetime
from typing import Any
from urllib.parse import urlsplit

import aiohttp
from aiohttp.abc import AbstractResolver, ResolveResult
from aiohttp.connector import Connection
from aiohttp.resolver import ThreadedResolver
from multidict import CIMultiDict
from yarl import URL

from equalis.gateway.deriving import Deriving
from equalis.gateway.far import Answered, Onward
from equalis.gateway.upstream import FarError, attributed
from equalis.model.config import Live
from equalis.model.outcome import Blame
from equalis.model.transcript import Message, Peer
from equalis.model.values import Record
from equalis.wire import http_message
from equalis.wire.bindings import Bindings
from equalis.wire.opened import Opened

HOP_BY_HOP = frozenset({"connection", "keep-alive", "proxy-connection", "te", "trailer", "transfer-encoding", "upgrade", "expect"})
"""Headers that are about one connection, not about the message (RFC 9110 §7.6.1)."""
CONNECT = 10.0
PATIENCE = 3
"""An answer may take so many times as long as the solution waits; what comes later is nobody's any more."""
KEPT = 4.0
"""Seconds for which an idle connection is kept: less than the far side keeps it, as a rule."""


class Forwarding:
    """A live environment as the gateway sees it."""

    def __init__(self, site: Live, bindings: Bindings, context: ssl.SSLContext, patience: float) -> None:
        """``context`` verifies the environment and shows our certificate; ``patience`` is the solution's own, in seconds."""
        self.environment = site.says
        self._site, self._bindings, self._context = site, bindings, context
        self._timeout = aiohttp.ClientTimeout(total=None, sock_connect=CONNECT, sock_read=max(30.0, patience * PATIENCE))
        self._session: aiohttp.ClientSession | None = None
        self._ledgers = Deriving()
        self._next = 0.0
        self._failed: tuple[str, int] | None = None

    def reset(self, worlds: Mapping[str, Record]) -> None:  # noqa: ARG002 - a live environment holds what it holds
        """Begin a case: what it commits is counted from here."""
        self._ledgers = Deriving()

    async def answer(
        self, service: str, message: Message, certificate: bytes, now: datetime, script: Record, onward: Onward | None  # noqa: ARG002 - the port
    ) -> Answered:  # fmt: skip
        """Forward a call; raises FarError with who is at fault."""
        url = self._target(service, message)
        await self._turn()
        try:
            found, peer, sent = await self._forwarded(url, self._outgoing(service, message), message, onward)
        except Exception as error:
            failure = attributed(_plain(error), f"{url.scheme}://{url.authority}")
            if failure.blame is Blame.ENVIRONMENT:
                self._failed = self._socket(service)
            raise failure from error
        self._failed = None
        binding = self._bindings.services[service]
        operation = self._bindings.recognise(service, Opened(message))
        return Answered(found, self._ledgers.entries(binding, operation, message, found), peer, sent)

    def _target(self, service: str, message: Message) -> URL:
        """The same path and query at the environment; only a prefix of the gateway's own is replaced."""
        parts = urlsplit(self._site.services[service].url)
        path = http_message.path(message)
        if self._site.routing == "prefix":
            path = parts.path + path.removeprefix(self._bindings.services[service].prefix)
        query = http_message.query_string(message)
        return URL(f"https://{parts.netloc}{path or '/'}{f'?{query}' if query else ''}", encoded=True)

    def _outgoing(self, service: str, message: Message) -> CIMultiDict[str]:
        """The headers as they came, in their order; the Host is the environment's where the gateway has an address of its own."""
        named = {name.strip().lower() for value in message.header("connection") for name in value.split(",")}
        kept = [(name, value) for name, value in message.headers if name.lower() not in HOP_BY_HOP | named]
        if self._site.routing == "prefix":
            own = urlsplit(self._site.services[service].url).netloc
            kept = [(name, own if name.lower() == "host" else value) for name, value in kept]
        return CIMultiDict(kept)

    async def _forwarded(
        self, url: URL, headers: CIMultiDict[str], message: Message, onward: Onward | None
    ) -> tuple[Message, Peer | None, bool]:
        """Send, and take the answer in; it goes on piece by piece where a way is given."""
        session, sent = self._opened(), False
        _PEER.set(None)
        async with session.request(http_message.method(message), url, headers=headers, data=message.body or None, allow_redirects=False) as response:
            answer = Message(f"HTTP/1.1 {response.status}", _incoming(response.raw_headers), b"")
            parts: list[bytes] = []
            async for part in response.content.iter_any():
                if onward is not None:
                    if not sent:
                        await onward.head(answer)
                        sent = True
                    await onward.piece(part)
                parts.append(part)
        return replace(answer, body=b"".join(parts)), _PEER.get(), sent

    def _opened(self) -> aiohttp.ClientSession:
        """The session, opened by the first call in the listener's thread."""
        if self._session is None:
            names = {urlsplit(item.url).hostname or "": item.connect for item in self._site.services.values() if item.connect}
            connector = _Connector(ssl=self._context, resolver=_Resolver(names), keepalive_timeout=KEPT, limit=64)
            self._session = aiohttp.ClientSession(
                connector=connector, timeout=self._timeout, auto_decompress=False, cookie_jar=aiohttp.DummyCookieJar(),
                skip_auto_headers=("User-Agent", "Accept", "Accept-Encoding", "Content-Type"), trust_env=False,
            )  # fmt: skip
        return self._session

    async def _turn(self) -> None:
        """Wait until the environment's rate allows one more call."""
        if self._site.rate:
            moment = max(time.monotonic(), self._next)
            self._next = moment + 1 / self._site.rate
            await asyncio.sleep(moment - time.monotonic())

    def _socket(self, service: str) -> tuple[str, int]:
        address = self._site.services[service]
        parts = urlsplit(f"//{address.connect}" if address.connect else address.url)
        return parts.hostname or "", parts.port or 443

    @property
    def lost(self) -> str:
        """Why nobody answers where a call failed, empty while somebody does."""
        if self._failed is None:
            return ""
        host, port = self._failed
        try:
            socket.create_connection((host, port), 2).close()
        except OSError as error:
            return f"nobody answers at {host}:{port} ({error.strerror or error})"
        return ""

    async def close(self) -> None:
        """Let go of every connection."""
        if self._session is not None:
            await self._session.close()


_PEER: ContextVar[Peer | None] = ContextVar("peer", default=None)
"""Who is at the other end of the connection of the call that is under way in this task."""


class _Connector(aiohttp.TCPConnector):
    """Notes the peer of each connection when a call gets it: a short answer has let go of it before anybody could ask."""

    async def connect(self, req: aiohttp.ClientRequest, traces: list[Any], timeout: aiohttp.ClientTimeout) -> Connection:  # noqa: ASYNC109 - aiohttp's signature
        connection = await super().connect(req, traces, timeout)
        tls = connection.transport.get_extra_info("ssl_object") if connection.transport else None
        if tls is not None and connection.transport is not None:
            host, port, *_ = connection.transport.get_extra_info("peername") or ("", 0)
            _PEER.set(Peer(f"{host}:{port}", tls.version() or "", tls.cipher()[0], _chain(tls)))
        return connection


class _Resolver(AbstractResolver):
    """Names that lead back to the gateway are connected where the descriptor says."""

    def __init__(self, elsewhere: Mapping[str, str]) -> None:
        self._elsewhere, self._usual = elsewhere, ThreadedResolver()

    async def resolve(self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_INET) -> list[ResolveResult]:
        if host not in self._elsewhere:
            return await self._usual.resolve(host, port, family)
        name, _, number = self._elsewhere[host].rpartition(":")
        found = await self._usual.resolve(name, int(number), family)
        return [{**item, "hostname": host} for item in found]

    async def close(self) -> None:
        await self._usual.close()


def _incoming(raw: Any) -> tuple[tuple[str, str], ...]:
    """The headers of an answer as they came, without those of the connection."""
    pairs = [(name.decode("latin-1"), value.decode("latin-1")) for name, value in raw]
    return tuple(pair for pair in pairs if pair[0].lower() not in HOP_BY_HOP)


def _chain(tls: ssl.SSLObject) -> tuple[bytes, ...]:
    """The verified chain, the peer's own certificate first; only that one where this Python does not tell more."""
    told = getattr(tls, "get_verified_chain", None) or getattr(getattr(tls, "_sslobj", None), "get_verified_chain", None)
    own = tls.getpeercert(binary_form=True) or b""
    if told is None:
        return (own,)
    found = [item if isinstance(item, bytes) else ssl.PEM_cert_to_DER_cert(item.public_bytes()) for item in told() or ()]
    return tuple(found) or (own,)


def _plain(error: Exception) -> Exception:
    """What went wrong beneath aiohttp's own words."""
    if isinstance(error, FarError):
        return error
    if isinstance(error.__cause__, ssl.SSLError):  # an alert that came after the handshake (TLS 1.3)
        return error.__cause__
    if isinstance(error, aiohttp.ClientConnectorCertificateError):
        return error.certificate_error
    if isinstance(error, aiohttp.ClientConnectorError):
        return error.os_error
    if isinstance(error, aiohttp.ClientError) and not isinstance(error, OSError):
        return ConnectionError(str(error) or type(error).__name__)
    return error
