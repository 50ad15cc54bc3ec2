"""HTTP messages read from the listener and written to it: whole, in pieces, by half, garbled."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace
from typing import Any

from equalis.gateway.server import Connection
from equalis.model.transcript import Message
from equalis.wire import http_message

BODILESS = frozenset({204, 304})
Receive = Callable[[], Awaitable[dict[str, Any]]]
Send = Callable[[dict[str, Any]], Awaitable[None]]


async def body_of(receive: Receive) -> bytes | None:
    """The whole body, None when the client left before its end or was refused."""
    parts: list[bytes] = []
    while True:
        event = await receive()
        if event["type"] == "http.disconnect":
            return None
        parts.append(event.get("body", b""))
        if not event.get("more_body", False):
            return b"".join(parts)


def message_of(raw_head: bytes, body: bytes) -> Message:
    """A request as it was on the wire."""
    lines = raw_head.decode("latin-1").split("\r\n")
    headers = [line.partition(":") for line in lines[1:] if line]
    return Message(lines[0], tuple((name, value.strip(" \t")) for name, _, value in headers), body)


def garbled(answer: Message) -> Message:
    """The first half of an answer, then bytes that no reader accepts."""
    body = answer.body[: len(answer.body) // 2] + b"\x00<&"
    return replace(answer, headers=(*answer.without("content-length"), ("Content-Length", str(len(body)))), body=body)


def head_of(answer: Message) -> bytes:
    """The head of an answer that is written beside uvicorn, its length told: chunks are not kept."""
    lines = [answer.line, *(f"{name}: {value}" for name, value in answer.without("content-length")), f"Content-Length: {len(answer.body)}", "", ""]
    return "\r\n".join(lines).encode("latin-1")


async def send_half(answer: Message, connection: Connection) -> None:
    """The head and half the body of an answer, then the connection is cut; one without a body is cut in its status line,
    since many clients take a head that ends early for a whole one.
    """
    head = head_of(answer)
    connection.write(head + answer.body[: len(answer.body) // 2] if answer.body else head.partition(b" ")[0])
    await asyncio.sleep(0.05)  # the half must be on its way before the connection is reset
    connection.cut()


def not_found() -> Message:
    """What a stranger is answered."""
    body = b"equalis: no service stands at this address; `equalis serve` prints those that do\n"
    headers = (("Content-Type", "text/plain"), ("Content-Length", str(len(body))))
    return Message("HTTP/1.1 404", headers, body)


@dataclass(frozen=True, slots=True)
class Onwards:
    """An answer that goes on to the solution as it comes."""

    send: Send

    async def head(self, answer: Message) -> None:
        """The status line and the headers."""
        status = http_message.status(answer)  # the Content-Length of one without a body tells of another answer (RFC 9110 §8.6)
        pairs = answer.without("content-length") if status in BODILESS else answer.headers
        headers = [(name.lower().encode("latin-1"), value.encode("latin-1")) for name, value in pairs]
        await self.send({"type": "http.response.start", "status": status, "headers": headers})

    async def piece(self, content: bytes) -> None:
        """Some of the body."""
        await self.send({"type": "http.response.body", "body": content, "more_body": True})


async def send_whole(send: Send, answer: Message) -> Message:
    """Send an answer at once; what was sent."""
    await Onwards(send).head(answer)
    await send({"type": "http.response.body", "body": answer.body})
    return answer
