"""Typed values: from the text on a wire, and to and from the JSON of evidence."""

from __future__ import annotations

import base64
import binascii
import math
import re
from collections.abc import Callable, Mapping
from datetime import UTC, date, datetime, timedelta, timezone
from decimal import Decimal
from typing import Any

from equalis.model.values import Value
from equalis.wire import instants, numerals
from equalis.wire.instants import BLANKS
from equalis.wire.unreadable import UnreadableError

_LARGEST = 15
"""More digits than any amount of money has."""
_DIGITS = 18
"""The digits of an integer; XML Schema asks that so many are read (part 2 §4.3.11)."""
_INTEGER = re.compile(r"[+-]?[0-9]+\Z")
_DECIMAL = re.compile(r"[+-]?(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+)\Z")
_OUT_OF_BOUNDS = "another form, or too many digits"


def _money(text: str) -> Decimal:
    """The lexical forms of xs:decimal (XML Schema part 2 §3.2.3): no exponent, and no digits but the ten of ASCII."""
    written = text.strip(BLANKS)
    if not _DECIMAL.match(written):
        raise ValueError(_OUT_OF_BOUNDS)
    number = numerals.decimal(written)
    if number.adjusted() > _LARGEST:
        raise ValueError(_OUT_OF_BOUNDS)
    return number


def _integer(text: str) -> int:
    """The lexical forms of xs:integer (XML Schema part 2 §3.3.13)."""
    number = text.strip(BLANKS)
    digits = number.lstrip("+-").lstrip("0") or "0"
    if not _INTEGER.match(number) or len(digits) > _DIGITS:
        raise ValueError(_OUT_OF_BOUNDS)
    return -int(digits) if number.startswith("-") else int(digits)


def _text(text: str) -> str:
    """Any text but one with a lone surrogate, which no bytes can hold."""
    text.encode()
    return text


def _boolean(text: str) -> bool:
    """The lexical forms of xs:boolean (XML Schema part 2 §3.2.2)."""
    return {"true": True, "1": True, "false": False, "0": False}[text.strip(BLANKS)]


_READERS: dict[str, Callable[[str], Value]] = {
    "text": _text,
    "integer": _integer,
    "money": _money,
    "date": instants.day,
    "instant": instants.instant,
    "boolean": _boolean,
    "bytes": lambda text: base64.b64decode("".join(text.split()), validate=True),
}


def parse(kind: str, text: str) -> Value:
    """Read the text of a field as its type; raises UnreadableError with both."""
    try:
        return _READERS[kind](text)
    except (ValueError, KeyError, binascii.Error):
        message = f"{text[:80]!r} is not of type {kind}"
        raise UnreadableError(message) from None


def amount(value: Value) -> Decimal | None:
    """A value as an exact number, None when it is none: a text is one in the forms of xs:decimal only."""
    if isinstance(value, int | Decimal) and not isinstance(value, bool):
        return Decimal(value)
    try:
        return _money(value) if isinstance(value, str) else None
    except ValueError:
        return None


def of_type(kind: str, value: Value) -> Value:
    """Give a JSON or YAML value the type that a contract asks; raises UnreadableError."""
    if kind == "boolean" and isinstance(value, bool):
        return value
    if isinstance(value, int | Decimal) and not isinstance(value, bool) and numerals.reasonable(number := Decimal(value)):
        if kind == "integer" and isinstance(value, int) and number.adjusted() < _DIGITS:
            return value
        if kind == "money" and number.adjusted() <= _LARGEST:
            return number
        if kind == "text":
            return str(value)
    if isinstance(value, str) and kind not in {"boolean", "integer"}:
        return parse(kind, value)
    message = f"{shown(value)!r} is not of type {kind}"
    raise UnreadableError(message)


def shown(value: object) -> str:
    """A foreign value in a message: its beginning, whatever it is."""
    try:
        return str(value)[:80]
    except (ValueError, RecursionError):  # an integer of thousands of digits, a list of thousands of levels
        return "a value without end"


def to_json(value: Value) -> Any:
    """A value as evidence keeps it: only integers, strings, booleans, and one-key tags."""
    if value is None or isinstance(value, bool | int | str):
        return value
    if isinstance(value, Decimal):
        return {"money": str(value)}
    if isinstance(value, datetime):
        return {"instant": value.isoformat()}
    if isinstance(value, date):
        return {"date": value.isoformat()}
    if isinstance(value, bytes):
        return {"bytes": base64.b64encode(value).decode()}
    if isinstance(value, Mapping):
        return {"record": {key: to_json(item) for key, item in value.items()}}
    return [to_json(item) for item in value]


def from_json(value: Value) -> Value:
    """The reverse of ``to_json``; raises UnreadableError for anything else."""
    if isinstance(value, tuple):
        return tuple(from_json(item) for item in value)
    if not isinstance(value, Mapping):
        return value
    if len(value) == 1:
        ((tag, content),) = value.items()
        if tag == "record" and isinstance(content, Mapping):
            return {key: from_json(item) for key, item in content.items()}
        if tag in _EVIDENCE and isinstance(content, str):
            return _written(tag, content)
    message = f"not a value of evidence: {str(value)[:80]}"
    raise UnreadableError(message)


_EVIDENCE: dict[str, Callable[[str], Value]] = {
    "money": numerals.decimal, "instant": datetime.fromisoformat, "date": date.fromisoformat, "bytes": _READERS["bytes"],
}  # fmt: skip
"""The forms in which ``to_json`` writes: Python's own, which are not those of a wire."""


def _written(tag: str, content: str) -> Value:
    try:
        value = _EVIDENCE[tag](content)
    except (ValueError, binascii.Error):
        message = f"{content[:80]!r} is not of type {tag}"
        raise UnreadableError(message) from None
    return value.replace(tzinfo=UTC) if isinstance(value, datetime) and not value.tzinfo else value


def luxembourg_day(moment: date) -> date:
    """The calendar day in Luxembourg of an instant; a day stays what it is."""
    return luxembourg(moment).date() if isinstance(moment, datetime) else moment


def luxembourg(moment: datetime) -> datetime:
    """An instant as the clocks of Luxembourg show it.

    Central European Time, an hour more from the last Sunday of March to that of October, at 01:00 UTC
    (directive 2000/84/EC).
    """
    utc = instants.utc(moment)
    begins, ends = (datetime(utc.year, month, 31 - (date(utc.year, month, 31).weekday() + 1) % 7, 1, tzinfo=UTC) for month in (3, 10))
    zone = timezone(timedelta(hours=2 if begins <= utc < ends else 1))
    try:
        return utc.astimezone(zone)
    except OverflowError:  # the last hour of time
        return datetime.max.replace(tzinfo=zone)


_SECONDS = {"ms": 0.001, "s": 1.0, "m": 60.0, "h": 3600.0}


_LONGEST = 100 * 366 * 86400.0
"""A century: longer than anything that is waited for."""


def duration(value: Value) -> float:
    """Seconds of ``250ms``, ``60s``, ``31m``, ``2h`` or a bare number, ``-`` before it for the past.

    Raises UnreadableError.
    """
    text = shown(value)
    unit = text.lstrip("-0123456789.")
    try:
        if isinstance(value, int | Decimal) and not isinstance(value, bool):
            seconds = float(value)
        else:
            seconds = float(text.removesuffix(unit)) * _SECONDS[unit]
    except (KeyError, ValueError, OverflowError):
        seconds = math.nan
    if not abs(seconds) <= _LONGEST:
        message = f"{text!r} is not a duration (250ms, 60s, 31m, 2h)"
        raise UnreadableError(message)
    return seconds
