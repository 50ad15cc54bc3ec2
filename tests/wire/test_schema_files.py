"""Schemas of a pack: exact numbers, patterns in linear time, references inside the pack."""

from __future__ import annotations

from decimal import Decimal

import pytest

from equalis.model.values import Value
from equalis.wire import json_schema, xml_schema


def wrong(schema: str, value: Value) -> list[str]:
    return json_schema.violations(json_schema.compiled((("x/a.json", schema.encode()),)), value)


@pytest.mark.mends("2")
def test_a_pattern_of_a_schema_meets_foreign_bytes_in_linear_time() -> None:
    """A pattern for which a backtracking engine would need for ever; the test ends, or it is stopped."""
    assert wrong('{"type": "string", "pattern": "^(a+)+$"}', "a" * 60 + "!")
    assert not wrong('{"type": "string", "pattern": "^(a+)+$"}', "a" * 60)
    assert wrong('{"patternProperties": {"^(a+)+$": {"type": "integer"}}}', {"aaa": "x"})
    assert wrong('{"patternProperties": {"^a": {}}, "additionalProperties": false}', {"a": 1, "b": 1})
    assert wrong('{"additionalProperties": {"type": "integer"}}', {"a": "x"})


def test_an_amount_is_a_multiple_of_a_cent_to_the_digit() -> None:
    """1.1 is 110 cents: a binary fraction would say otherwise."""
    assert not wrong('{"multipleOf": 0.01}', Decimal("1.10"))
    assert wrong('{"multipleOf": 0.01}', Decimal("1.101"))
    assert not wrong('{"type": "integer"}', Decimal("1.0"))
    assert wrong('{"type": "integer"}', Decimal("1.5"))
    assert wrong('{"type": "integer"}', True)  # noqa: FBT003 - the value itself


@pytest.mark.parametrize("text", ['{"pattern": "(?=a)"}', '{"type": 3}', '{"patternProperties": {"a": {}}, "unevaluatedProperties": false}'])
def test_what_is_no_schema_is_refused_when_it_is_compiled(text: str) -> None:
    """A look-ahead, a type that is none, a pair of words that would be met by another engine."""
    with pytest.raises(ValueError, match=r"RE2|JSON Schema|do not go together"):
        json_schema.compiled((("x/a.json", text.encode()),))


def test_schemas_that_include_one_another_are_compiled() -> None:
    """A circle of references ends."""
    one, other = (f'<xs:schema xmlns:xs="http://www.w3.org/2001/XMLSchema"><xs:include schemaLocation="{far}.xsd"/><xs:element name="{near}" type="xs:int"/></xs:schema>'.encode()
                  for near, far in (("a", "b"), ("b", "a")))  # fmt: skip
    assert xml_schema.compiled((("x/a.xsd", one), ("x/b.xsd", other)))
    assert not wrong('{"properties": {"a": {"$ref": "#"}}}', {"a": {"a": 1}})
