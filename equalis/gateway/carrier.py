"""Requests over the network to a live environment (aiohttp's door): connections kept, answers in pieces, nobody followed."""

from __future__ import annotations

import socket
import ssl
from collections.abc import Mapping
from contextvars import ContextVar
from dataclasses import replace
from typing import Any

import aiohttp
from aiohttp.abc import AbstractResolver, ResolveResult
from aiohttp.connector import Connection
from aiohttp.resolver import ThreadedResolver
from multidict import CIMultiDict
from yarl import URL

from equalis.gateway.far import Onward
from equalis.gateway.upstream import FarError
from equalis.model.config import Address
from equalis.model.outcome import Blame
from equalis.model.transcript import Message, Peer
from equalis.wire import http_message

HOP_BY_HOP = frozenset({"connection", "keep-alive", "proxy-connection", "te", "trailer", "transfer-encoding", "upgrade", "expect"})
"""Headers that are about one connection, not about the message (RFC 9110 §7.6.1)."""
CONNECT = 10.0
LINE = 128 << 10
"""Bytes of one header of an answer: a SAML message may stand in a Location."""
KEPT = 4.0
"""Seconds for which an idle connection is kept: less than the far side keeps it, as a rule."""
STATUSES = range(100, 600)
Headers = list[tuple[str, str]]


class Carrier:
    """A client with one TLS context; opened by the first call, in the listener's thread."""

    def __init__(self, addresses: Mapping[str, Address], context: ssl.SSLContext, patience: float) -> None:
        """``patience`` is how many seconds a call may take, to the end of its answer."""
        self._elsewhere = {item.named: item.reached for item in addresses.values() if item.connect}
        self._context, self._timeout = context, aiohttp.ClientTimeout(total=patience, sock_connect=min(CONNECT, patience))
        self._session: aiohttp.ClientSession | None = None

    async def carry(self, url: URL, headers: Headers, message: Message, onward: Onward | None) -> tuple[Message, Peer | None, bool]:
        """Send a request, and take the answer in; it goes on piece by piece where a way is given (then True)."""
        session, sent = self._opened(), False
        _PEER.set(None)
        async with session.request(
            http_message.method(message), url, headers=CIMultiDict(_as_sent(headers)), data=message.body or None, allow_redirects=False
        ) as response:
            if response.status not in STATUSES:
                cause = f"the environment answered HTTP {response.status}, which is no status"
                raise FarError(Blame.ENVIRONMENT, cause, "show the exchange to the environment's operator")
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
        if self._session is None:
            connector = _Connector(ssl=self._context, resolver=_Resolver(self._elsewhere), keepalive_timeout=KEPT, limit=64)
            self._session = aiohttp.ClientSession(
                connector=connector, timeout=self._timeout, auto_decompress=False, cookie_jar=aiohttp.DummyCookieJar(),
                skip_auto_headers=("User-Agent", "Accept", "Accept-Encoding", "Content-Type"), trust_env=False,
                max_line_size=LINE, max_field_size=LINE,
            )  # fmt: skip
            # aiohttp sends an idempotent request again when a kept connection breaks; a DELETE sent twice is a 404 that the
            # product has not earned. It has no public switch; a test holds that a request arrives once.
            vars(self._session)["_retry_connection"] = False
        return self._session

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
    """Names that lead back to the gateway are connected where the description says."""

    def __init__(self, elsewhere: Mapping[tuple[str, int], tuple[str, int]]) -> None:
        self._elsewhere, self._usual = elsewhere, ThreadedResolver()

    async def resolve(self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_INET) -> list[ResolveResult]:
        name, number = self._elsewhere.get((host.lower(), port), (host, port))
        found = await self._usual.resolve(name, number, family)
        return [{**item, "hostname": host} for item in found]

    async def close(self) -> None:
        await self._usual.close()


def _as_sent(headers: Headers) -> Headers:
    """Headers so that aiohttp, which writes UTF-8, sends the bytes that came; a name that is repeated is written as at first,
    since aiohttp would lose the others. Raises FarError for a value that is not UTF-8, which it cannot send.
    """
    names: dict[str, str] = {}
    found = []
    for name, value in headers:
        try:
            found.append((names.setdefault(name.lower(), name), value.encode("latin-1").decode("utf-8")))
        except UnicodeDecodeError:
            cause = f"the header {name} has bytes that are not UTF-8, which this gateway cannot forward"
            raise FarError(Blame.EQUALIS, cause, "report it to the makers of equalis, or write the header in UTF-8") from None
    return found


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


def beneath(error: Exception) -> Exception:
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
