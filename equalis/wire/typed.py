"""Typed values: from the text on a wire, and to and from the JSON of evidence."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Callable, Mapping
from datetime import UTC, date, datetime, timedelta, timezone
from decimal import Decimal, InvalidOperation
from typing import Any

from equalis.model.values import Value
from equalis.wire.unreadable import UnreadableError

_LARGEST = 15
"""More digits than any amount of money has."""


def _money(text: str) -> Decimal:
    amount = Decimal(text.strip())
    if not amount.is_finite() or abs(amount.adjusted()) > _LARGEST:
        raise InvalidOperation
    return amount


def _instant(text: str) -> datetime:
    moment = datetime.fromisoformat(text.strip())
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def _boolean(text: str) -> bool:
    """The lexical forms of xs:boolean (XML Schema part 2 §3.2.2)."""
    return {"true": True, "1": True, "false": False, "0": False}[text.strip()]


_READERS: dict[str, Callable[[str], Value]] = {
    "text": str,
    "integer": lambda text: int(text.strip()),
    "money": _money,
    "date": lambda text: date.fromisoformat(text.strip()[:10]),
    "instant": _instant,
    "boolean": _boolean,
    "bytes": lambda text: base64.b64decode("".join(text.split()), validate=True),
}


def parse(kind: str, text: str) -> Value:
    """Read the text of a field as its type; raises UnreadableError with both."""
    try:
        return _READERS[kind](text)
    except (ValueError, KeyError, InvalidOperation, binascii.Error, OverflowError):
        message = f"{text[:80]!r} is not of type {kind}"
        raise UnreadableError(message) from None


def of_type(kind: str, value: Value) -> Value:
    """Give a JSON or YAML value the type that a contract asks; raises UnreadableError."""
    if kind == "boolean":
        if isinstance(value, bool):
            return value
    elif kind == "integer":
        if isinstance(value, int) and not isinstance(value, bool):
            return value
    elif kind == "money" and isinstance(value, int | Decimal) and not isinstance(value, bool):
        return parse(kind, str(value))
    elif isinstance(value, str):
        return parse(kind, value)
    if kind == "text" and isinstance(value, int | Decimal) and not isinstance(value, bool):
        return str(value)
    message = f"{str(value)[:80]!r} is not of type {kind}"
    raise UnreadableError(message)


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
        if tag in {"money", "instant", "date", "bytes"} and isinstance(content, str):
            return parse(tag, content)
    message = f"not a value of evidence: {str(value)[:80]}"
    raise UnreadableError(message)


def luxembourg_day(moment: date) -> date:
    """The calendar day in Luxembourg of an instant; a day stays what it is."""
    return luxembourg(moment).date() if isinstance(moment, datetime) else moment


def luxembourg(moment: datetime) -> datetime:
    """An instant as the clocks of Luxembourg show it.

    Central European Time, an hour more from the last Sunday of March to that of October, at 01:00 UTC
    (directive 2000/84/EC).
    """
    utc = moment.astimezone(UTC)
    begins, ends = (datetime(utc.year, month, 31 - (date(utc.year, month, 31).weekday() + 1) % 7, 1, tzinfo=UTC) for month in (3, 10))
    return utc.astimezone(timezone(timedelta(hours=2 if begins <= utc < ends else 1)))


_SECONDS = {"ms": 0.001, "s": 1.0, "m": 60.0, "h": 3600.0}


def duration(value: Value) -> float:
    """Seconds of ``250ms``, ``60s``, ``31m``, ``2h`` or a bare number, ``-`` before it for the past.

    Raises UnreadableError.
    """
    if isinstance(value, int | Decimal) and not isinstance(value, bool):
        return float(value)
    text = str(value)
    unit = text.lstrip("-0123456789.")
    try:
        return float(text.removesuffix(unit)) * _SECONDS[unit]
    except (KeyError, ValueError):
        message = f"{text!r} is not a duration (250ms, 60s, 31m, 2h)"
        raise UnreadableError(message) from None
