"""The HTTP hook's OpenAPI, generated from the contract (`actions.yaml`)."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from equalis.model.case import Action, ActionField

_SCHEMAS: dict[str, dict[str, Any]] = {
    "text": {"type": "string"},
    "integer": {"type": "integer"},
    "money": {"type": "string", "pattern": r"^-?\d+(\.\d+)?$", "description": "euro, a point before the cents"},
    "date": {"type": "string", "format": "date"},
    "instant": {"type": "string", "format": "date-time"},
    "boolean": {"type": "boolean"},
}


def contract(actions: Iterable[Action]) -> dict[str, Any]:
    """An OpenAPI 3.1 document of the hook that the driver `http` calls."""
    paths: dict[str, Any] = {
        "/equalis/reset": {"post": _operation("Prepare a case: forget the last one, and the tokens kept from it", _RESET, _EMPTY)},
        "/equalis/clock": {"post": _operation(
            "Move the product's clock ahead of the true time (capability `clock`)",
            {"type": "object", "required": ["offset"], "properties": {"offset": {"type": "number"}}}, _EMPTY)},
        "/equalis/idle": {"get": {
            "summary": "Say whether nothing is left to do; 501 when the product cannot tell",
            "responses": {"200": _answer({"type": "object", "required": ["idle"],
                                          "properties": {"idle": {"type": "boolean"}}})}}},
    }  # fmt: skip
    for action in actions:
        operation = _operation(action.title, _object(action.inputs), _object(action.observations) | {"additionalProperties": False})
        operation["responses"]["501"] = {"description": "The product does not know this action"}
        paths[f"/equalis/actions/{action.name}"] = {"post": operation}
    return {
        "openapi": "3.1.0",
        "info": {"title": "The hook of a solution under test", "version": "1"},
        "paths": paths,
    }


_EMPTY: dict[str, Any] = {"type": "object"}
_TEXTS: dict[str, Any] = {"type": "object", "additionalProperties": {"type": "string"}}
_RESET: dict[str, Any] = {
    "type": "object",
    "required": ["run", "case", "world", "persons", "services", "clock", "credentials"],
    "properties": {
        "run": {"type": "string"},
        "case": {"type": "string"},
        "world": {"type": "array", "items": {"type": "string"}, "description": "Names of seeds"},
        "persons": {"type": "object", "additionalProperties": {"type": "object"}, "description": "Test persons by role"},
        "services": {**_TEXTS, "description": "Base address of each service"},
        "clock": {"type": "object", "properties": {"offset": {"type": "number"}}},
        "identifiers": {**_TEXTS, "description": "Names in SAML: `idp` is the Issuer of the assertions, `sts` an Audience of each; none where a live environment has its own"},
        "credentials": {**_TEXTS, "description": "PEM: authority, certificate, key of the test identity"},
    },
}


def _operation(summary: str, request: dict[str, Any], answer: dict[str, Any]) -> dict[str, Any]:
    return {
        "summary": summary,
        "requestBody": {"required": True, "content": {"application/json": {"schema": request}}},
        "responses": {"200": _answer(answer)},
    }


def _answer(schema: dict[str, Any]) -> dict[str, Any]:
    return {"description": "Done", "content": {"application/json": {"schema": schema}}}


def _object(fields: tuple[ActionField, ...]) -> dict[str, Any]:
    required = [field.name for field in fields if field.required]
    made: dict[str, Any] = {"type": "object", "properties": {field.name: _field(field) for field in fields}}
    return made | ({"required": required} if required else {})


def _field(field: ActionField) -> dict[str, Any]:
    one = _object(field.of) if field.type == "record" else dict(_SCHEMAS[field.type])
    if field.values:
        one["enum"] = list(field.values)
    made = {"type": "array", "items": one} if field.many else one
    return made | {"description": field.label}
