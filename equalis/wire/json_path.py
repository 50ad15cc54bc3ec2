"""RFC 9535 paths of a binding: what stands at a path of a JSON body."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from decimal import Decimal
from functools import lru_cache
from typing import Self

import jsonpath_rfc9535
from jsonpath_rfc9535 import JSONPathError, JSONPathQuery

from equalis.model.values import Value
from equalis.wire.unreadable import UnreadableError


@lru_cache(maxsize=256)
def compiled(expression: str) -> JSONPathQuery:
    """A path compiled once; raises ValueError for one that is none."""
    try:
        return jsonpath_rfc9535.compile(expression)
    except JSONPathError as error:
        message = f"not an RFC 9535 path: {expression!r} ({error})"
        raise ValueError(message) from error


class _Number(float):
    """A number with a fraction as the comparisons of a filter take it (RFC 9535 §2.3.5.2.2), and as it was written."""

    __slots__ = ("exact",)

    def __new__(cls, exact: Decimal) -> Self:
        """Keep the digits."""
        made = super().__new__(cls, exact)
        made.exact = exact
        return made

    exact: Decimal


def plain(value: Value, number: Callable[[Decimal], object] = lambda exact: exact) -> object:
    """A JSON value with lists and dicts, as libraries walk it; ``number`` makes what stands for a number with a fraction."""
    if isinstance(value, Mapping):
        return {key: plain(item, number) for key, item in value.items()}
    if isinstance(value, tuple):
        return [plain(item, number) for item in value]
    return number(value) if isinstance(value, Decimal) else value


def comparable(value: Value) -> object:
    """The same for ``find``: its filters compare numbers by what they mean, and its values keep their digits."""
    return plain(value, _Number)


def find(expression: str, document: object) -> list[object]:
    """Every value at a path of what ``comparable`` made, in document order; raises UnreadableError for a document that cannot be walked."""
    try:
        found = compiled(expression).find(document).values()  # type: ignore[arg-type]
        return [value.exact if isinstance(value, _Number) else value for value in found]
    except (JSONPathError, RecursionError) as error:
        message = f"the path {expression} cannot be followed: {error}"
        raise UnreadableError(message) from None
