"""What a product's side brings back, read strictly and in the same way for every driver."""

from __future__ import annotations

import codecs
import json
from collections.abc import Mapping
from typing import Any

from equalis.model.values import Record
from equalis.solution.port import DriverError
from equalis.wire import strict_json
from equalis.wire.unreadable import UnreadableError

LARGEST = 8 << 20
"""Bytes of one answer, unpacked: a thousand times what a screen shows."""
TOLD = 200
"""Characters of a text of the product that are told when something failed."""


def document(content: bytes, said: str) -> Record:
    """The one JSON object of an answer (RFC 8259, a byte order mark is let pass); raises DriverError.

    A key that stands twice, NaN, half a surrogate pair or a depth without end has no one meaning. ``said`` is who said it
    (``the hook answered``).
    """
    if len(content) > LARGEST:
        raise oversize(said)
    try:
        found = strict_json.read(content.removeprefix(codecs.BOM_UTF8))
    except UnreadableError as error:
        cause = f"{said} no JSON object that can be read: {error}"
        raise DriverError(cause, _REMEDY) from None
    if not isinstance(found, Mapping):
        cause = f"{said} no JSON object: {beginning(content)!r}"
        raise DriverError(cause, _REMEDY)
    return found


def written(answer: Mapping[Any, Any], said: str) -> bytes:
    """An answer of Python values as JSON, so that it is read like any other; raises DriverError."""
    found, size = [], 0
    try:
        for piece in json.JSONEncoder(ensure_ascii=False, allow_nan=False).iterencode(answer):
            found.append(piece.encode())
            size += len(found[-1])
            if size > LARGEST:
                raise oversize(said)
    except (TypeError, ValueError, RecursionError) as error:
        cause = f"{said} no dict of JSON values: {str(error)[:TOLD]!r}"
        raise DriverError(cause, _REMEDY) from None
    return b"".join(found)


def oversize(said: str) -> DriverError:
    """An answer that nobody reads to its end."""
    return DriverError(f"{said} more than {LARGEST >> 20} MiB", "answer what the user sees, and nothing else")


def beginning(content: bytes) -> str:
    """How a text of the product begins; what is no UTF-8 is replaced."""
    return content[: 4 * TOLD].decode(errors="replace")[:TOLD]


def sayable(text: str) -> str:
    """A text of the product, short and such that it can be written down."""
    return text[:TOLD].encode(errors="replace").decode()


_REMEDY = "answer the observations of actions.yaml as one JSON object, each key once, money and dates as text"
