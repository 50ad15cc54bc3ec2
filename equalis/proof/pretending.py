"""Products that call nobody and only say something: no case may be OK with one of them.

The silent one says nothing, the echoing one what it was asked, one says a word of the contract wherever it may stand, and the
guessing one has read the case and says what it wants to hear.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

from equalis.cases.contract import MistypedError, observed
from equalis.judge import judge
from equalis.model.case import Action, ActionField, Case, Family, Step
from equalis.model.outcome import Outcome
from equalis.model.transcript import Observation, Transcript
from equalis.model.values import Record, Value, as_text
from equalis.solution.port import Reset, Seen
from equalis.wire.bindings import Bindings

SILENT, ECHOING, GUESSING = "silent", "echoing", "guessing"
SAYING = "says "
ORDINARY: tuple[Value, ...] = ("x", "1", Decimal("1.00"), 1, True, False, "2026-11-22", "2026-11-22T10:00:00Z")
"""Values that somebody would make up who knows nothing but types."""
Said = Mapping[str, Any]
Saying = Callable[[Case, Step, Action, Record], Said]
"""What a product says after a step of a case, given its inputs."""


@dataclass(frozen=True, slots=True)
class Pretended:
    """What the cases came to with one of these products: each that is OK, and how many were played."""

    product: str
    played: int
    passed: tuple[str, ...]


class Pretending:
    """The driver of a product that calls nobody; ``case`` is told before each case."""

    patience: float | None = 60.0

    def __init__(self, saying: Saying) -> None:
        """``saying`` says what the screen shows."""
        self._saying = saying
        self.case: Case | None = None

    def reset(self, reset: Reset) -> None:
        """Nothing is remembered."""

    def act(self, action: Action, step: Step, inputs: Record) -> Seen:
        """Say something, and do nothing."""
        return Seen(self._saying(self.case, step, action, inputs) if self.case else {})

    def clock(self, offset: float) -> None:
        """Time means nothing to it."""

    def idle(self) -> bool | None:
        """It has nothing to do, ever."""
        return True

    def close(self) -> None:
        """Nothing to let go."""


def products(family: Family) -> tuple[str, ...]:
    """Every product that a family is tried with: one for each word of its contract too."""
    words = (word for action in family.actions.values() for field in action.observations for word in field.values)
    return (SILENT, ECHOING, GUESSING, *(f"{SAYING}{word}" for word in dict.fromkeys(words)))


def saying(product: str, bindings: Bindings) -> Saying:
    """How a product of that name speaks."""
    if product == ECHOING:
        return _echo
    if product == GUESSING:
        return _Guess(bindings)
    word = product.removeprefix(SAYING) if product.startswith(SAYING) else ""
    return lambda _case, _step, action, _inputs: {field.name: _many(field, word) for field in action.observations if word and word in field.values}


def _many(field: ActionField, value: Any) -> Any:
    return [value] if field.many else value


def _echo(_case: Case, _step: Step, action: Action, inputs: Record) -> Said:
    """Each field with what was given under its name, or else with the first thing that was given and fits."""
    given = dict(_leaves(inputs, ""))
    found: dict[str, Any] = {}
    for field in action.observations:
        named = [value for name, value in given.items() if name.split(".")[-1] == field.name.split(".")[-1]]
        fitting = (_many(field, each) for each in (*named, *given.values()))
        value = next((each for each in fitting if _fits(action, field, each)), None)
        if value is not None:
            found[field.name] = value
    return found


def _leaves(value: Value, name: str) -> Iterator[tuple[str, Any]]:
    """Every value in a record, under its path, as a hook would say it."""
    if isinstance(value, Mapping):
        for key, item in value.items():
            yield from _leaves(item, f"{name}.{key}")
    elif isinstance(value, tuple):
        for index, item in enumerate(value):
            yield from _leaves(item, f"{name}.{index}")
    elif value is not None:
        yield name, as_text(value) if not isinstance(value, bool | int | str) else value


def _fits(action: Action, field: ActionField, value: Any) -> bool:
    try:
        observed(replace(action, observations=(field,)), {field.name: value})
    except MistypedError:
        return False
    return True


class _Guess:
    """Chooses for each field of a screen, one after the other, what pleases the most expectations of the case."""

    def __init__(self, bindings: Bindings) -> None:
        self._bindings = bindings
        self._known: dict[str, dict[str, Said]] = {}

    def __call__(self, case: Case, step: Step, action: Action, _inputs: Record) -> Said:
        before = self._known.setdefault(case.name, {})
        if step.id not in before:
            before[step.id] = self._screen(case, step, action, before)
        return before[step.id]

    def _screen(self, case: Case, step: Step, action: Action, before: Mapping[str, Said]) -> Said:
        chosen: dict[str, Any] = {}
        for field in action.observations:
            best, pleased = None, -1
            for value in self._candidates(case, step, action, field):
                score = self._pleased(case, step, action, {**before, step.id: {**chosen, field.name: value}})
                if score > pleased:
                    best, pleased = value, score
            if best is not None and pleased >= self._pleased(case, step, action, {**before, step.id: chosen}):
                chosen[field.name] = best
        return chosen

    def _candidates(self, case: Case, step: Step, action: Action, field: ActionField) -> Iterator[Any]:
        """Words of the contract; else everything that stands in what is expected, in what is given, and what anybody would make up."""
        if field.values:
            yield from (_many(field, word) for word in field.values)
            return
        demanded = [item for item in case.expectations if item.select.observation == step.id]
        wanted = [value for item in demanded for value in (*item.arguments.values(), *item.select.where.values())]
        if field.many:
            yield from ([each for _, each in _leaves(value, "")] for value in wanted if isinstance(value, tuple))
            yield []
        known = dict.fromkeys(each for value in (*wanted, case.given, *(other.input for other in case.steps), ORDINARY) for _, each in _leaves(value, ""))
        yield from (value for each in known if _fits(action, field, value := _many(field, each)))

    def _pleased(self, case: Case, step: Step, action: Action, said: Mapping[str, Said]) -> int:
        """How many expectations of this step's screen would hold."""
        mine = tuple(item for item in case.expectations if item.select.observation == step.id)
        at = datetime(2026, 11, 22, 10, tzinfo=UTC)
        actions = {each.id: each for each in case.steps}
        seen = tuple(Observation(name, actions[name].action, at, _typed(action, fields) if name == step.id else dict(fields)) for name, fields in said.items())
        verdict = judge(replace(case, expectations=mine), Transcript(case.name, capabilities=case.needs, observations=seen), self._bindings)
        return sum(item.outcome is Outcome.OK for item in verdict.findings)


def _typed(action: Action, fields: Said) -> dict[str, Value]:
    try:
        return observed(action, fields)
    except MistypedError:
        return {}
