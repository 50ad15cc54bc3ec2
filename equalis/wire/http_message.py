"""HTTP messages taken apart: request targets, path templates, forms, bearer tokens (RFC 9110)."""

from __future__ import annotations

import base64
import binascii
import re
from functools import lru_cache
from urllib.parse import parse_qsl, unquote

from equalis.model.transcript import Message
from equalis.model.values import Record, Value
from equalis.wire import encodings, strict_json
from equalis.wire.unreadable import UnreadableError

_STATUS = re.compile(r"[^ ]* ([0-9]{3})(?: |\Z)")
"""The three digits of a status line (RFC 9112 §4)."""


def method(message: Message) -> str:
    """The method of a request line."""
    return message.line.split(" ", 1)[0]


def target(message: Message) -> str:
    """The request target: path and query."""
    words = message.line.split(" ")
    return words[1] if len(words) > 1 else ""


def path(message: Message) -> str:
    """The path of the target, still percent-encoded."""
    found = target(message).partition("?")[0]
    if not found.startswith("/") and "://" in found:  # the absolute form (RFC 9112 §3.2.2)
        found = "/" + found.partition("://")[2].partition("/")[2]
    return found


def query_string(message: Message) -> str:
    """What follows the question mark of the target."""
    return target(message).partition("?")[2]


def query(message: Message) -> list[tuple[str, str]]:
    """The parameters of the target, decoded, in order."""
    return parse_qsl(query_string(message), keep_blank_values=True)


def form(message: Message) -> list[tuple[str, str]]:
    """The fields of an ``application/x-www-form-urlencoded`` body."""
    try:
        return parse_qsl(encodings.content(message).decode("utf-8"), keep_blank_values=True, max_num_fields=200)
    except ValueError as error:
        text = f"not a form: {error}"
        raise UnreadableError(text) from None


def status(message: Message) -> int:
    """The status code of a status line, 0 when it has none."""
    found = _STATUS.match(message.line)
    return int(found[1]) if found else 0


@lru_cache(maxsize=256)
def _template(template: str) -> re.Pattern[str]:
    parts = re.split(r"\{(\w+)\}", template)
    literal = [re.escape(part) if index % 2 == 0 else f"(?P<{part}>[^/]+)"
               for index, part in enumerate(parts)]  # fmt: skip
    return re.compile("".join(literal) + r"/?\Z")


def match_path(template: str, actual: str) -> dict[str, str] | None:
    """The values of ``{name}`` parts, or None when the path is another one."""
    found = _template(template).match(actual)
    return {key: unquote(value) for key, value in found.groupdict().items()} if found else None


def bearer(message: Message) -> str:
    """The bearer token of a request (RFC 6750), empty when it has none."""
    for value in message.header("authorization"):
        scheme, _, token = value.partition(" ")
        if scheme.lower() == "bearer":
            return token.strip()
    return ""


def claims(token: str) -> Record:
    """The claims of a JWT, not verified; raises UnreadableError when it is not one."""
    parts = token.split(".")
    try:
        content = base64.urlsafe_b64decode(parts[1] + "=" * (-len(parts[1]) % 4))
    except (IndexError, ValueError, binascii.Error):
        text = "the bearer token is not a JWT"
        raise UnreadableError(text) from None
    value: Value = strict_json.read(content)
    if not isinstance(value, dict):
        text = "the bearer token holds no claims"
        raise UnreadableError(text)
    return value
