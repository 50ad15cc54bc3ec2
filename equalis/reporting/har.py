"""HAR 1.2: exchanges in the form that browsers' network views and many tools read."""

from __future__ import annotations

import base64
from typing import Any

from equalis import __version__
from equalis.model.transcript import Exchange, Message
from equalis.wire import http_message, strict_json


def document(entries: list[dict[str, Any]]) -> bytes:
    """A HAR file of entries."""
    creator = {"name": "equalis", "version": __version__}
    return strict_json.write({"log": {"version": "1.2", "creator": creator, "entries": entries}})


def entry(case: str, exchange: Exchange) -> dict[str, Any]:
    """One exchange; an answer that never came has status 0."""
    request, answer = exchange.request, exchange.answer
    milliseconds = exchange.elapsed // 1000
    host = "".join(request.header("host"))
    return {
        "startedDateTime": exchange.at.isoformat(),
        "time": milliseconds,
        "comment": f"{case} #{exchange.number} {exchange.disturbance}".strip(),
        "request": {
            "method": http_message.method(request), "url": f"https://{host}{http_message.target(request)}",
            "httpVersion": "HTTP/1.1", "cookies": [], "headers": _headers(request),
            "queryString": [{"name": key, "value": value} for key, value in http_message.query(request)],
            "postData": {"mimeType": "".join(request.header("content-type")), "text": _text(request.body)},
            "headersSize": -1, "bodySize": len(request.body),
        },
        "response": {
            "status": http_message.status(answer) if answer else 0, "statusText": "", "httpVersion": "HTTP/1.1",
            "cookies": [], "headers": _headers(answer) if answer else [],
            "content": _content(answer), "redirectURL": "", "headersSize": -1,
            "bodySize": len(answer.body) if answer else -1,
        },
        "cache": {},
        "timings": {"send": 0, "wait": milliseconds, "receive": 0},
    }  # fmt: skip


def _headers(message: Message) -> list[dict[str, str]]:
    return [{"name": name, "value": value} for name, value in message.headers]


def _text(body: bytes) -> str:
    return body.decode("utf-8", errors="replace")


def _content(answer: Message | None) -> dict[str, Any]:
    if answer is None:
        return {"size": 0, "mimeType": ""}
    mime = "".join(answer.header("content-type"))
    return {"size": len(answer.body), "mimeType": mime, "encoding": "base64",
            "text": base64.b64encode(answer.body).decode()}  # fmt: skip
