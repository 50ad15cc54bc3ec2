"""Strict JSON: no duplicate keys, no NaN, bounded depth and numbers; numbers with a point are Decimals."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any, NoReturn

from equalis.model.characters import UNSHOWN
from equalis.model.values import Value
from equalis.wire import numerals
from equalis.wire.unreadable import UnreadableError

MAX_DEPTH = 64


def read(content: bytes) -> Value:
    """Read a JSON text (RFC 8259); raises UnreadableError, never anything else."""
    try:
        text = content.decode("utf-8")
        value = json.loads(
            text, object_pairs_hook=_pairs, parse_int=numerals.integer, parse_float=numerals.decimal, parse_constant=_constant
        )
    except UnicodeDecodeError as error:
        message = f"byte {error.start} is not UTF-8"
        raise UnreadableError(message) from None
    except json.JSONDecodeError as error:
        message = f"not JSON: {error.msg} at line {error.lineno} column {error.colno}"
        raise UnreadableError(message) from None
    except (RecursionError, ValueError, ArithmeticError) as error:
        message = f"not JSON that can be read: {error}"
        raise UnreadableError(message) from None
    return _frozen(value, 0)


def _pairs(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    record: dict[str, Any] = {}
    for key, value in pairs:
        if key in record:
            message = f"the key {key[:80]!r} stands twice"
            raise UnreadableError(message)
        record[key] = value
    return record


def _constant(word: str) -> NoReturn:
    message = f"{word} is not JSON"
    raise UnreadableError(message)


def _frozen(value: Any, depth: int) -> Value:
    if depth > MAX_DEPTH:
        message = f"more than {MAX_DEPTH} levels"
        raise UnreadableError(message)
    if isinstance(value, dict):
        return {_sound(key): _frozen(item, depth + 1) for key, item in value.items()}
    if isinstance(value, list):
        return tuple(_frozen(item, depth + 1) for item in value)
    if isinstance(value, str):
        return _sound(value)
    result: Value = value
    return result


def _sound(text: str) -> str:
    try:
        text.encode()
    except UnicodeEncodeError:
        message = "a lone surrogate in a string"
        raise UnreadableError(message) from None
    return text


def write(value: Mapping[str, Any]) -> bytes:
    """Write JSON for evidence and reports: sorted keys, UTF-8, one final newline."""
    return (shown(json.dumps(value, ensure_ascii=False, sort_keys=True, indent=2)) + "\n").encode()


def shown(document: str) -> str:
    """The same JSON text with everything escaped in it that is never shown as it is; its own line ends stay."""
    return UNSHOWN.sub(_escaped, document)


def _escaped(found: re.Match[str]) -> str:
    character = found.group()
    if character == "\n":
        return character
    return f"\\u{ord(character):04x}" if character == "#" else json.dumps(character)[1:-1]


def write_line(value: Mapping[str, Any]) -> bytes:
    """Write one JSON line, compact, for a log."""
    text = json.dumps(value, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    return (text + "\n").encode()
