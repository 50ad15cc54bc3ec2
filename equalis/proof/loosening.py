"""Each MUST expectation removed, and loosened: does the kill matrix notice?

What was recorded while a defect was on is judged again, without the expectation and then with a
weaker one in its place. An expectation whose weaker form kills the same defects in the same cases
demands less than it seems to.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace

from equalis.judge import judge
from equalis.model.case import Case, Expectation
from equalis.model.outcome import Outcome
from equalis.model.transcript import Transcript
from equalis.model.values import Record, Value
from equalis.wire import typed
from equalis.wire.bindings import Bindings

ANY_NUMBER: Record = {"at-least": 0}
FACTOR = 1000
NEVER = r"\b\B"
"""A pattern that nothing matches."""
_HAS_ONE = frozenset({
    "equals", "each-equals", "matches", "same-as", "among", "unique", "sums-to", "schema-xml", "schema-json",
    "schema", "fhir-valid", "same-name", "signed-by", "jws-signed", "same-day-as", "media", "token-valid", "header", "tls",
})  # fmt: skip
"""Checks of a value: the weaker form asks only that there is one."""


@dataclass(frozen=True, slots=True)
class Noticed:
    """The ways of weakening an expectation (by `case#expectation`) that changed a cell of the matrix."""

    case: str
    expectation: str
    removed: bool
    loosened: bool


def weaker(expectation: Expectation) -> Expectation:
    """The same demand, loosened: a value to any value, a bound by one, what was told to any word."""
    check, arguments = expectation.check, expectation.arguments
    if check in _HAS_ONE:
        return replace(expectation, check="present", arguments={})
    if check == "true-to-ledger":
        says = arguments["says"]
        return replace(expectation, arguments={"says": {word: {} for word in says} if isinstance(says, Mapping) else {}})
    if check in {"ledger", "count"}:
        return replace(expectation, arguments=_wider(arguments))
    if check == "within":
        return replace(expectation, arguments={**arguments, "at-most": int(typed.duration(arguments["at-most"]) * FACTOR)})
    if check == "absent" and expectation.select.field:
        return replace(expectation, arguments={"like": NEVER})
    return replace(expectation, check="count", arguments=ANY_NUMBER)


def _wider(arguments: Record) -> Record:
    """Amounts whose bounds are wider by one on each side; nothing needs to be unique."""
    found: dict[str, Value] = {}
    for key, value in arguments.items():
        if isinstance(value, Mapping):
            found[key] = _wider(value)
        elif isinstance(value, int) and key == "at-least":
            found[key] = max(value - 1, 0)
        elif isinstance(value, int) and key == "at-most":
            found[key] = value + 1
        elif isinstance(value, int) and key == "exactly":
            found |= {"at-least": max(value - 1, 0), "at-most": value + 1}
        elif isinstance(value, int):
            found[key] = {"at-least": max(value - 1, 0), "at-most": value + 1}
    return found


def judged_again(
    cases: Mapping[str, Case], transcripts: Mapping[str, Transcript], killed: Iterable[tuple[str, str]], bindings: Bindings
) -> list[Noticed]:
    """What becomes of each KO (case, expectation) when its expectation is taken out, and when it is loosened.

    An expectation is weighed by what it looks at: what a step awaited in vain makes KO whatever the expectation says.
    """
    found = []
    for name, identity in killed:
        case, transcript = cases[name], replace(transcripts[name], unmet={})
        expectation = next(item for item in case.expectations if item.id == identity)
        others = tuple(item for item in case.expectations if item.id != identity)
        without = judge(replace(case, expectations=others), transcript, bindings)
        with_weaker = judge(replace(case, expectations=(weaker(expectation),)), transcript, bindings)
        removed = not any(item.expectation == identity for item in without.findings)
        loosened = with_weaker.findings[0].outcome is Outcome.OK
        found.append(Noticed(name, identity, removed, loosened))
    return found
