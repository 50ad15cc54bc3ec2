"""What a check returns, and what a check is."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from inspect import cleandoc
from typing import Any

from equalis.judge.selection import SELECTION_KEYS, Scene, Subject
from equalis.model.case import Expectation
from equalis.model.outcome import Outcome


@dataclass(frozen=True, slots=True)
class Judgement:
    """The outcome of a check with what it compared; ``subjects`` are the evidence of ``actual``."""

    outcome: Outcome
    expected: str
    actual: str
    subjects: tuple[Subject, ...] = ()
    expected_at: str = ""


UNREADABLE = "unreadable: "
"""How the judgement of bytes that the product wrote and nobody can read begins."""

Judging = Callable[[tuple[Subject, ...], Expectation, Scene], Judgement]


@dataclass(frozen=True, slots=True)
class Check:
    """A named check: its function, the JSON Schema of ``with:``, and whether absence is its subject.

    ``side`` says what it needs of ``select``: ``field`` (a field must be named) or ``any``.
    """

    name: str
    function: Judging
    arguments: Mapping[str, Any]
    counts: bool
    needs_field: bool

    @property
    def doc(self) -> str:
        """The check's documentation, from its function."""
        return cleandoc(self.function.__doc__ or "")


def check(
    name: str,
    arguments: Mapping[str, Any] | None = None,
    required: tuple[str, ...] = (),
    *,
    counts: bool = False,
    needs_field: bool = False,
) -> Callable[[Judging], Check]:
    """Make a check of a function; ``arguments`` are the properties of ``with:``."""
    schema = {
        "type": "object",
        "properties": dict(arguments or {}),
        "required": list(required),
        "additionalProperties": False,
    }

    def made(function: Judging) -> Check:
        return Check(name, function, schema, counts, needs_field)

    return made


def selection_arguments(*, field: bool) -> dict[str, Any]:
    """The properties that name another selection inside ``with:``."""
    properties: dict[str, Any] = {key: {"type": "string"} for key in SELECTION_KEYS}
    properties["operation"] = {"type": ["string", "array"], "items": {"type": "string"}}
    properties["step"] = {"type": ["string", "array"], "items": {"type": "string"}}
    properties["where"] = {"type": "object"}
    properties["which"] = {"type": ["string", "integer"]}
    for flag in ("strangers", "handshakes", "malformed"):
        properties[flag] = {"type": "boolean"}
    if not field:
        del properties["field"]
    return properties


def ok(expected: str, actual: str, subjects: tuple[Subject, ...], at: str = "") -> Judgement:
    """The demand is met."""
    return Judgement(Outcome.OK, expected, actual, subjects, at)


def ko(expected: str, actual: str, subjects: tuple[Subject, ...], at: str = "") -> Judgement:
    """The demand is not met."""
    return Judgement(Outcome.KO, expected, actual, subjects, at)


def judged(met: object, expected: str, actual: str, subjects: tuple[Subject, ...]) -> Judgement:
    """OK when ``met`` is true, KO otherwise."""
    return (ok if met else ko)(expected, actual, subjects)
