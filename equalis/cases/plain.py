"""Parts of a document as what they must be; the schemas have spoken before."""

from __future__ import annotations

from collections.abc import Mapping

from equalis.model.values import Record, Value, as_text


def record(value: Value) -> Record:
    """A mapping, empty for anything else (the grammar has spoken before)."""
    return value if isinstance(value, Mapping) else {}


def items(value: Value) -> tuple[Value, ...]:
    """A list, empty for anything else."""
    return value if isinstance(value, tuple) else ()


def texts(value: Value) -> tuple[str, ...]:
    """A list of words."""
    return tuple(as_text(item) for item in items(value))
