"""With which services and operations a case speaks: what an environment must have so that it applies."""

from __future__ import annotations

from equalis.judge.selection import selection_of
from equalis.model.case import Case, Family, Selection
from equalis.model.embedded import ANSWERED
from equalis.wire.bindings import Bindings


def named_operations(case: Case) -> tuple[str, ...]:
    """The operations that its steps call, script, disturb or await, and that its expectations look at."""
    found: dict[str, None] = {}
    for step in case.steps:
        names = (step.call, *step.script, *(name for name in step.inject if name != "tls"), *step.until.seen)
        found.update(dict.fromkeys(name for name in names if name))
    for selection in _selections(case):
        found.update(dict.fromkeys(selection.operation))
    return tuple(found)


def named_services(case: Case, family: Family, bindings: Bindings) -> tuple[str, ...]:
    """The services of its family, those that its expectations name, and the one that alone has an operation of it."""
    found = dict.fromkeys(family.services)
    for selection in _selections(case):
        found.update(dict.fromkeys(name for name in (selection.service, selection.ledger) if name in bindings.services))
    for operation in named_operations(case):
        homes = {item.service for item in bindings.operations.get(operation, ())}
        if len(homes) == 1:
            found.update(dict.fromkeys(homes))
    return tuple(found)


def _selections(case: Case) -> list[Selection]:
    return [selection for item in case.expectations for selection in (item.select, selection_of(item.arguments))]


def live_only(bindings: Bindings) -> dict[str, tuple[str, ...]]:
    """What no embedded service answers: a service with none of its operations, or operations of one that is there."""
    found = {}
    for name, binding in bindings.services.items():
        lacking = tuple(item.name for item in binding.operations if item.name not in ANSWERED.get(name, ()))
        if name not in ANSWERED or lacking:
            found[name] = lacking if name in ANSWERED else ()
    return found


def live_only_lines(bindings: Bindings) -> list[str]:
    """The same in words, a line a service."""
    return [
        f"{', '.join(operations)} of {name} {'are' if len(operations) > 1 else 'is'} live-only: the embedded {name} does not answer them"
        if operations else f"{name} is live-only: no embedded service answers it, and cases that speak with it do not apply there"
        for name, operations in live_only(bindings).items()
    ]  # fmt: skip
