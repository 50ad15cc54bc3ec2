"""The business content of a message, held against the schema that its binding names: XML Schema, JSON Schema, FHIR."""

from __future__ import annotations

from lxml import etree

from equalis.model.binding import Binding, Half
from equalis.wire import fhir, json_schema, schema_files, strict_xml, xml_schema
from equalis.wire.opened import Opened


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
    if wanted.endswith(".json"):
        return json_schema.violations(json_schema.compiled(schema_files.files(binding, wanted)), opened.json)
    node = element(binding, half, opened)
    if node is None:
        return [f"no element at {half.payload}"]
    return xml_schema.violations(xml_schema.compiled(schema_files.files(binding, wanted)), node)
