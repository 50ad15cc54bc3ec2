"""The vendor's contract applied: inputs of a case, and observations that a driver brings back."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from decimal import Decimal
from typing import Any

from equalis.cases import shapes
from equalis.cases.citations import LATER
from equalis.model.case import Action, ActionField
from equalis.model.values import Record, Value, as_text
from equalis.wire import typed
from equalis.wire.unreadable import UnreadableError

SHOWN = 60
"""Characters of a foreign key or value that are told."""
LISTED = 5
"""Unknown keys that are named, of however many."""


class ObservationError(Exception):
    """Observations that are not those of the contract: the hook is to be mended."""

    def __init__(self, cause: str, remedy: str) -> None:
        """Say what came, and what the contract wants."""
        super().__init__(cause)
        self.cause, self.remedy = cause, remedy


class MistypedError(ObservationError):
    """An observation of another type than the contract says."""

    def __init__(self, action: Action, field: ActionField, value: object, wanted: str) -> None:
        """Say what came, and what the contract wants."""
        super().__init__(f"observation `{field.name}` of {action.name} is {typed.shown(value)[:SHOWN]!r}, not {wanted}", f"mend the hook: {field.label}")


class UnknownObservationError(ObservationError):
    """A key that the action does not have: what the product showed would be lost, and its absence taken for the product's."""

    def __init__(self, action: Action, unknown: list[str]) -> None:
        """Name the keys, the nearest valid one, and all of them."""
        names = [field.name for field in action.observations]
        first, said = unknown[0][:SHOWN], ", ".join(repr(key[:SHOWN]) for key in unknown[:LISTED])
        more = f" and {len(unknown) - LISTED} more" if len(unknown) > LISTED else ""
        dotted = [name for name in names if name.startswith(f"{first}.")]
        mend = f"write {', '.join(dotted)} each as one key, with its point" if dotted else shapes.choice(first, names, "observations")
        super().__init__(f"{action.name} shows no {said}{more}", f"mend the hook: {mend}")


def observed(action: Action, fields: Mapping[str, Any]) -> dict[str, Value]:
    """The observations of an action, typed; raises UnknownObservationError, MistypedError.

    Null means that the user saw nothing.
    """
    names = {field.name for field in action.observations}
    if unknown := [key for key in fields if key not in names]:
        raise UnknownObservationError(action, unknown)
    return {
        field.name: _observation(action, field, fields[field.name])
        for field in action.observations
        if fields.get(field.name) is not None
    }


def _observation(action: Action, field: ActionField, value: object) -> Value:
    if not field.many:
        return _one(action, field, value)
    if not isinstance(value, list | tuple):
        raise MistypedError(action, field, value, "a list")
    return tuple(_one(action, field, item) for item in value)


def _one(action: Action, field: ActionField, value: object) -> Value:
    plain: Value = Decimal(str(value)) if isinstance(value, float) else value  # type: ignore[assignment]
    try:
        found = typed.of_type(field.type, plain)
    except UnreadableError:
        raise MistypedError(action, field, value, field.type) from None
    if field.values and found not in field.values:
        raise MistypedError(action, field, value, " or ".join(field.values))
    return found


def input_mistakes(action: Action, given: Record) -> Iterator[tuple[str, str]]:
    """Inputs that are unknown, missing, or of another type than the contract says."""
    known = {field.name: field for field in action.inputs}
    for name in given:
        if name not in known:
            yield f"{action.name} takes no `{name}`", shapes.choice(name, known, "inputs")
    for name, field in known.items():
        if field.required and name not in given:
            yield f"{action.name} needs the input `{name}`", field.label
        elif name in given and (wrong := _problem(field, given[name])):
            yield f"input `{name}` of {action.name}: {wrong}", field.label


def _problem(field: ActionField, value: Value) -> str:
    """Why a value is not what a field of the contract takes, empty when it is."""
    if isinstance(value, str) and value.startswith("${") and value[2:].split(".")[0] in LATER:
        return ""
    if field.many:
        if not isinstance(value, tuple):
            return "a list is expected"
        return next((p for item in value if (p := _one_problem(field, item))), "")
    return _one_problem(field, value)


def _one_problem(field: ActionField, value: Value) -> str:
    if field.type == "record":
        if not isinstance(value, Mapping):
            return "a record is expected"
        known = {item.name: item for item in field.of}
        if unknown := sorted(set(value) - set(known)):
            return f"unknown `{unknown[0]}`; {shapes.choice(unknown[0], known)}"
        if missing := [n for n, item in known.items() if item.required and n not in value]:
            return f"`{missing[0]}` is missing"
        return next((p for n, item in value.items() if (p := _problem(known[n], item))), "")
    try:
        typed.of_type(field.type, value)
    except UnreadableError as error:
        return str(error)
    if field.values and as_text(value) not in field.values:
        return shapes.choice(as_text(value), field.values)
    return ""
