"""What a world seeds, read by its keys: a list that is not there, or is none, is empty."""

from __future__ import annotations

from collections.abc import Mapping

from equalis.model.values import Record, as_text


def records(world: Record, key: str) -> list[Record]:
    """The records of a list of the world."""
    found = world.get(key, ())
    return [item for item in found if isinstance(item, Mapping)] if isinstance(found, tuple) else []


def texts(world: Record, key: str) -> list[str]:
    """The words of a list of the world."""
    found = world.get(key, ())
    return [as_text(item) for item in found] if isinstance(found, tuple) else []
