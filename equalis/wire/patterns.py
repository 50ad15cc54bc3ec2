"""Patterns of cases, bindings and schemas, in linear time whatever they meet (RE2's door)."""

from __future__ import annotations

from functools import lru_cache

import re2


@lru_cache(maxsize=256)
def pattern(expression: str) -> re2._Regexp[str]:
    """Compile a pattern of a case or binding with RE2 (linear time); raises ValueError."""
    try:
        return re2.compile(expression)
    except re2.error as error:
        message = f"not an RE2 pattern: {expression!r} ({error})"
        raise ValueError(message) from error


def first_group(expression: str, value: str) -> str | None:
    """The first group of a pattern found anywhere in a text, None when it is not there."""
    found = pattern(expression).search(value)
    return None if found is None else found.group(1)
