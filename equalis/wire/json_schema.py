"""JSON Schemas of a pack (2020-12), compiled once, and values held against them: exact numbers, patterns in linear time."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from decimal import Decimal
from functools import lru_cache
from typing import Any, Final

import jsonschema
import referencing
from jsonschema import validators
from referencing.jsonschema import DRAFT202012

from equalis.model.values import Value
from equalis.wire import json_path
from equalis.wire.patterns import pattern
from equalis.wire.schema_files import FOLDER, Files

PACK: Final = "pack:///"
MOST_SHOWN = 5


@lru_cache(maxsize=64)
def compiled(found: Files) -> Any:
    """The first of these schemas as a validator; raises ValueError when it is none."""
    loaded = {_address(name): json.loads(content, parse_float=Decimal) for name, content in found}
    for each in loaded.values():
        try:
            jsonschema.Draft202012Validator.check_schema(each)
        except jsonschema.SchemaError as error:
            message = f"not a JSON Schema: {error.message[:160]}"
            raise ValueError(message) from None
        for expression in _patterns(each):
            pattern(expression)
    registry: referencing.Registry[Any] = referencing.Registry().with_resources(
        (address, DRAFT202012.create_resource(each)) for address, each in loaded.items()
    )
    return _LINEAR({"$ref": _address(found[0][0])}, registry=registry)


def violations(validator: Any, value: Value) -> list[str]:
    """What a schema finds wrong with a value, at most five lines of it; raises ValueError for a reference to nothing."""
    try:
        errors = sorted(validator.iter_errors(json_path.plain(value)), key=lambda error: list(map(str, error.path)))
    except referencing.exceptions.Unresolvable as error:
        message = f"the schema refers to nothing: {error.ref}"
        raise ValueError(message) from None
    return [f"/{'/'.join(map(str, error.path))}: {error.message[:160]}" for error in errors[:MOST_SHOWN]]


def _address(name: str) -> str:
    """Where a schema stands, so that its relative references are those of the pack's folders."""
    return PACK + name.replace("/", f"/{FOLDER}/")


def _patterns(schema: Any) -> Iterator[str]:
    """Every pattern of a schema; raises ValueError where one would be met by an engine that backtracks."""
    waiting, words = [schema], set[str]()
    while waiting:
        value = waiting.pop()
        if isinstance(value, dict):
            words |= value.keys()
            waiting += value.values()
            found = value.get("pattern")
            yield from [found] if isinstance(found, str) else []
            named = value.get("patternProperties")
            yield from named if isinstance(named, dict) else ()
        elif isinstance(value, list):
            waiting += value
    if {"patternProperties", "unevaluatedProperties"} <= words:
        message = "patternProperties and unevaluatedProperties do not go together here; write additionalProperties"
        raise ValueError(message)


def _pattern(_validator: Any, expression: str, instance: object, _schema: object) -> Iterator[jsonschema.ValidationError]:
    if isinstance(instance, str) and not pattern(expression).search(instance):
        yield jsonschema.ValidationError(f"{instance!r} does not match {expression!r}")


def _pattern_properties(validator: Any, named: Mapping[str, Any], instance: object, _schema: object) -> Iterator[jsonschema.ValidationError]:
    for expression, each in named.items() if isinstance(instance, dict) else ():
        for key, item in instance.items() if isinstance(instance, dict) else ():
            if pattern(expression).search(key):
                yield from validator.descend(item, each, path=key, schema_path=expression)


def _additional(validator: Any, allowed: Any, instance: object, schema: Mapping[str, Any]) -> Iterator[jsonschema.ValidationError]:
    if not isinstance(instance, dict):
        return
    named, like = schema.get("properties", {}), schema.get("patternProperties", {})
    more = [key for key in instance if key not in named and not any(pattern(expression).search(key) for expression in like)]
    if allowed is False and more:
        yield jsonschema.ValidationError(f"additional properties are not allowed: {', '.join(more)[:80]}")
    for key in more if isinstance(allowed, dict) else ():
        yield from validator.descend(instance[key], allowed, path=key)


def _integer(_checker: object, value: object) -> bool:
    """An integer by its value: 1.0 is one (JSON Schema 2020-12, validation §6.1.1)."""
    return (isinstance(value, int) and not isinstance(value, bool)) or (isinstance(value, Decimal) and value == value.to_integral_value())


_LINEAR: Any = validators.extend(  # type: ignore[no-untyped-call]
    jsonschema.Draft202012Validator,
    {"pattern": _pattern, "patternProperties": _pattern_properties, "additionalProperties": _additional},
    type_checker=jsonschema.Draft202012Validator.TYPE_CHECKER.redefine("integer", _integer),
)
