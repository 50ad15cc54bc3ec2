"""RFC 9535 paths of a binding: what stands at a path of a JSON body."""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache

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


def plain(value: Value) -> object:
    """A JSON value with lists and dicts, as libraries walk it."""
    if isinstance(value, Mapping):
        return {key: plain(item) for key, item in value.items()}
    return [plain(item) for item in value] if isinstance(value, tuple) else value


def find(expression: str, document: object) -> list[object]:
    """Every value at a path, in document order; raises UnreadableError for a document that cannot be walked."""
    try:
        return list(compiled(expression).find(document).values())  # type: ignore[arg-type]
    except (JSONPathError, RecursionError) as error:
        message = f"the path {expression} cannot be followed: {error}"
        raise UnreadableError(message) from None
