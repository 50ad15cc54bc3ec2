"""Checks against the schemas that the binding in force carries."""

from __future__ import annotations

from equalis.judge.judgement import Judgement, check, ko, ok
from equalis.judge.selection import Scene, Subject
from equalis.model.case import Expectation
from equalis.model.values import as_text
from equalis.wire import payloads
from equalis.wire.unreadable import UnknownFieldError

_ARGUMENTS = {"schema": {"type": "string"}}


def request_violations(subject: Subject, schema_name: str = "") -> list[str]:
    """What the schema of a request finds wrong with it; raises UnknownFieldError without schema."""
    reading = subject.reading
    if reading is None or reading.operation is None or reading.binding is None:
        message = f"{subject.label} has no binding, hence no schema"
        raise UnknownFieldError(message)
    half = reading.operation.request
    name = schema_name or half.schema
    if not name:
        message = f"{reading.operation.name} has no schema in the binding"
        raise UnknownFieldError(message)
    return payloads.violations(reading.binding, half, reading.request, schema_name)


def _judged(subjects: tuple[Subject, ...], expectation: Expectation) -> Judgement:
    name = as_text(expectation.arguments.get("schema"))
    for subject in subjects:
        found = request_violations(subject, name)
        if found:
            expected = f"a request that follows {name or 'its schema'}"
            return ko(expected, "; ".join(found), (subject,))
    return ok("requests that follow their schema", "they do", subjects)


@check("schema")
def schema(subjects: tuple[Subject, ...], expectation: Expectation, _scene: Scene) -> Judgement:
    """Each request follows the schema that the binding in force names, whatever its form: XML Schema, JSON Schema, FHIR R4."""
    return _judged(subjects, expectation)


@check("schema-xml", _ARGUMENTS)
def schema_xml(subjects: tuple[Subject, ...], expectation: Expectation, _scene: Scene) -> Judgement:
    """Each request follows its XML Schema (`schema` names another one of the binding)."""
    return _judged(subjects, expectation)


@check("schema-json", _ARGUMENTS)
def schema_json(subjects: tuple[Subject, ...], expectation: Expectation, _scene: Scene) -> Judgement:
    """Each request follows its JSON Schema (`schema` names another one of the binding)."""
    return _judged(subjects, expectation)
