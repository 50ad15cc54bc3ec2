"""The business content of a message, held against the schema that its binding names: XML Schema, or a FHIR resource."""

from __future__ import annotations

from lxml import etree

from equalis.model.binding import Binding, Half
from equalis.wire import fhir, strict_xml
from equalis.wire.opened import Opened
from equalis.wire.unreadable import UnknownFieldError


def schema(binding: Binding, name: str) -> bytes:
    """The bytes of a schema; raises UnknownFieldError when the binding carries none of that name."""
    content = binding.schemas.get(name)
    if content is None:
        message = f"the binding of {binding.service} has no schema {name!r}"
        raise UnknownFieldError(message)
    return content


def element(binding: Binding, half: Half, opened: Opened) -> etree._Element | None:
    """The element that the schema describes: at ``payload``, or the root."""
    root = opened.document(half.body)
    if not half.payload:
        return root
    return next(iter(strict_xml.elements(strict_xml.xpath(half.payload, binding.namespaces), root)), None)


def violations(binding: Binding, half: Half, opened: Opened, name: str = "") -> list[str]:
    """What the schema (a name of the binding, or ``fhir-r4:KIND``) finds wrong, nothing when the operation has no schema.

    Raises UnreadableError for bytes that are not of its form, UnknownFieldError for a missing schema.
    """
    wanted = name or half.schema
    if not wanted:
        return []
    if wanted in fhir.SCHEMAS:
        return fhir.problems(opened.content, wanted.partition(":")[2])
    node = element(binding, half, opened)
    if node is None:
        return [f"no element at {half.payload}"]
    return strict_xml.violations(strict_xml.schema(schema(binding, wanted)), node)
