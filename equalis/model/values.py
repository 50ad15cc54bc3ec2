"""The values that cases, messages and observations are made of."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime
from decimal import Decimal
from typing import TypeAlias

Scalar: TypeAlias = str | int | bool | Decimal | date | datetime | bytes | None
Value: TypeAlias = "Scalar | tuple[Value, ...] | Mapping[str, Value]"
Record: TypeAlias = Mapping[str, Value]

def as_text(value: Value) -> str:
    """Write a value as a sentence or a report shows it (money keeps its cents)."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, datetime):
        return value.isoformat().replace("+00:00", "Z")
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, bytes):
        return f"{len(value)} bytes"
    if isinstance(value, Mapping):
        return ", ".join(f"{key}: {as_text(item)}" for key, item in value.items())
    if isinstance(value, tuple):
        return ", ".join(as_text(item) for item in value)
    return str(value)


def at_path(value: Value, path: str) -> Value:
    """Follow a dotted path (``shares.patient``, ``acts.0.code``) into records and lists.

    A record that has the whole rest of the path as one key (``shares.patient``) is followed too.
    Raises KeyError with the path when nothing is there.
    """
    if not path:
        return value
    if isinstance(value, Mapping) and path in value:
        return value[path]
    head, _, rest = path.partition(".")
    if isinstance(value, Mapping) and head in value:
        return at_path(value[head], rest)
    if isinstance(value, tuple) and head.isdecimal() and int(head) < len(value):
        return at_path(value[int(head)], rest)
    raise KeyError(path)
