"""Values on their way to a solution: plain JSON, money and dates as strings."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from equalis.model.values import Record, Value, as_text
from equalis.solution.port import Reset


def plain(value: Value) -> Any:
    """A JSON value: numbers with a point, dates and bytes become strings."""
    if value is None or isinstance(value, bool | int | str):
        return value
    if isinstance(value, Mapping):
        return {key: plain(item) for key, item in value.items()}
    if isinstance(value, tuple):
        return [plain(item) for item in value]
    return as_text(value)


def reset_document(reset: Reset) -> dict[str, Any]:
    """The body of ``POST /equalis/reset``."""
    persons: Record = reset.persons
    return {
        "run": reset.run,
        "case": reset.case,
        "world": list(reset.world),
        "persons": plain(persons),
        "services": dict(reset.services),
        "clock": {"offset": reset.offset},
        "credentials": dict(reset.credentials),
        "identifiers": dict(reset.identifiers),
    }
