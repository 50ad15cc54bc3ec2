"""What a script may order of an operation of a service."""

from __future__ import annotations

from equalis.cases.shapes import choice
from equalis.model import embedded
from equalis.wire.bindings import Bindings

EVER = frozenset(word for name in embedded.OPERATIONS for word in embedded.orders(name)) | {"delayed"}
"""What some script may order of some operation; `delayed` is a field of a payment's answer, and was a word of its own once."""


def unknown(operation: str, order: str, bindings: Bindings) -> tuple[str, str]:
    """The mistake of ordering what an operation does not hear: what, and how to mend it."""
    return f"`{operation}` cannot be scripted with `{order}`", choice(order, valid(operation, bindings), f"orders of {operation}")


def valid(operation: str, bindings: Bindings) -> frozenset[str]:
    """What a script may order of an operation: words, and fields of its answer where its service takes them."""
    services = {known.service for known in bindings.operations.get(operation, ())}
    fields = {field.removeprefix("answer.") for field in bindings.fields(operation) if field.startswith("answer.")}
    taken = services & embedded.FIELDS_ORDERED or not services & set(embedded.ANSWERED)
    return embedded.orders(operation) | (fields if taken else set())
