"""Lint: what the grammar cannot see; every mistake of every case at once."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from equalis.cases import shapes
from equalis.cases.citations import UnknownCitationError
from equalis.cases.contract import input_mistakes
from equalis.cases.families import capabilities, world
from equalis.cases.orders import EVER, unknown
from equalis.cases.plain import items, record, texts
from equalis.judge.checks import CHECKS
from equalis.judge.selection import selection_of
from equalis.model.case import TLS_DISTURBANCES, TRANSPORT_DISTURBANCES, Case, Expectation, Family, Selection, Step
from equalis.model.source import Mistake
from equalis.model.values import Value, as_text
from equalis.wire import typed
from equalis.wire.bindings import Bindings
from equalis.wire.patterns import pattern
from equalis.wire.strict_yaml import Document
from equalis.wire.unreadable import UnreadableError

Path = tuple[str | int, ...]
Trouble = Iterator[tuple[Path, str, str]]


@dataclass(frozen=True, slots=True)
class Linter:
    """One family's words, and the bindings in force."""

    family: Family
    bindings: Bindings

    def mistakes(self, document: Document, cases: list[Case]) -> list[Mistake]:
        """Everything wrong in one case file and its variants, each mistake once."""
        found: dict[Mistake, None] = {}
        for at, what, mend in self._file(document, cases[0]):
            found[document.mistake(document.source(at), what, mend)] = None
        for case in cases:
            for item in self._case(document, case):
                found[item] = None
        return list(found)

    def _file(self, document: Document, case: Case) -> Trouble:
        top = record(document.value)
        if not document.path.endswith(f"{case.id}.yaml"):
            yield ("case",), f"`{case.id}` is not the path of this file", f"move it to {case.id}.yaml"
        yield from _repeated(items(top.get("variants")), ("variants",))
        yield from _repeated(items(top["steps"]), ("steps",))
        yield from _repeated(items(top["expect"]), ("expect",))
        yield from self._taken(items(top["expect"]), ("expect",))
        steps = [step.id for step in case.steps]
        known = {expectation.id for expectation in case.expectations}
        whens = capabilities(self.family)
        for index, need in enumerate(case.needs):
            if need not in whens:
                yield ("needs", index), f"no capability `{need}`", shapes.choice(need, whens, "capabilities")
        for index, item in enumerate(items(top.get("variants"))):
            variant, at = record(item), ("variants", index)
            yield from _repeated(items(variant.get("expect")), (*at, "expect"))
            yield from self._taken(items(variant.get("expect")), (*at, "expect"))
            for key in ("input", "script", "inject"):
                for name in record(variant.get(key)):
                    if name not in steps:
                        yield (*at, key, name), f"no step `{name}`", shapes.choice(name, steps, "steps")
            for position, name in enumerate(texts(variant.get("omit"))):
                if name not in known:
                    yield (*at, "omit", position), f"no expectation `{name}`", shapes.choice(name, known, "ids")

    def _taken(self, listed: tuple[Value, ...], at: Path) -> Trouble:
        """Ids that the register gives to what it demands of every case."""
        taken = {item.id: item.requirement for item in self.family.everywhere}
        for index, item in enumerate(listed):
            name = as_text(record(item).get("id"))
            if name in taken:
                yield (*at, index, "id"), f"{taken[name]} is demanded of every case as `{name}`", "give it another id"

    def standing(self, expectation: Expectation) -> Trouble:
        """What is wrong with an expectation that a register demands of every case."""
        yield from self._check(Case("", self.family.name, "", {}, (), (), expectation.source), expectation)

    def _case(self, document: Document, case: Case) -> Iterator[Mistake]:
        paths = {source: path for path, source in reversed(document.places.items()) if path}
        for step in case.steps:
            for key, what, mend in self._step(step):
                yield document.mistake(document.source((*paths[step.source], *key)), what, mend)
        for expectation in case.expectations:
            for key, what, mend in self._expectation(case, expectation):
                yield document.mistake(document.source((*paths[expectation.source], *key)), what, mend)
        for name in texts(case.given.get("world")):
            if name not in self.family.seeds:
                source = document.source(("given", "world"))
                yield document.mistake(source, f"no seed `{name}`", shapes.choice(name, self.family.seeds, "seeds"))
        try:
            world(self.family.seeds, case.given, self.family.people)
        except UnknownCitationError as error:
            yield document.mistake(document.source(("given", "world")), f"a seed of the world: {error}")

    def _step(self, step: Step) -> Trouble:
        if sum(map(bool, (step.action, step.pause, step.call))) != 1:
            yield (), f"the step `{step.id}` needs an action, a pause or a call", "write one of `action:`, `pause:` and `call:`"
        if step.call:
            yield from self._called(step)
        action = self.family.actions.get(step.action)
        if step.action and action is None:
            yield ("action",), f"no action `{step.action}`", shapes.choice(step.action, self.family.actions, "actions")
        if action is not None:
            for what, mend in input_mistakes(action, step.input):
                yield ("input",), what, mend
        yield from self._orders(step)

    def _called(self, step: Step) -> Trouble:
        """A call of equalis in another party's name: the operation, what it is given, and who calls."""
        known = {name: item for name, (item, *_) in self.bindings.operations.items() if item.request.body == "none" or item.request.template}
        if step.call not in known:
            yield ("call",), f"equalis cannot call `{step.call}`", shapes.choice(step.call, known, "operations")
            return
        fields = known[step.call].request.fields
        for name in step.input:
            if name not in fields:
                yield ("input",), f"a request of {step.call} has no `{name}`", shapes.choice(name, fields, "fields")
        if "ehealthid" not in step.caller:
            yield (), f"the step `{step.id}` does not say who calls", "write `as: ${people.…}`, a professional"

    def _orders(self, step: Step) -> Trouble:
        """What a step orders of operations: unknown ones, unknown orders, unknown disturbances."""
        operations = self.bindings.operations
        named: list[tuple[Path, str]] = [(("until",), name) for name in step.until.seen]
        named += [(("script",), name) for name in step.script]
        named += [(("inject",), name) for name in step.inject if name != "tls"]
        for key, name in named:
            if name not in operations:
                yield key, f"no operation `{name}`", shapes.choice(name, operations, "operations")
        for name, orders in step.script.items():
            fields = [field.removeprefix("answer.") for field in self.bindings.fields(name)]
            for order in orders:
                if name in operations and order not in EVER and order not in fields:
                    yield ("script", name, order), *unknown(name, order, self.bindings)
        for name, disturbance in step.inject.items():
            known = TLS_DISTURBANCES if name == "tls" else TRANSPORT_DISTURBANCES
            if disturbance not in known:
                mend = shapes.choice(disturbance, known, "disturbances")
                yield ("inject", name), f"no disturbance `{disturbance}`", mend

    def _expectation(self, case: Case, expectation: Expectation) -> Trouble:
        requirement = self.family.demands.get(expectation.requirement)
        if not expectation.sentence:
            yield (), f"`{expectation.id}` demands nothing", "write the sentence under `must:` or `should:`"
        if requirement is None:
            words = shapes.choice(expectation.requirement, self.family.requirements, "requirements")
            yield ("requirement",), f"no requirement `{expectation.requirement}`", words
        elif requirement.level is not expectation.level:
            levels = requirement.level.value.upper(), expectation.level.value.upper()
            yield ("requirement",), f"{requirement.id} is a {levels[0]}, this a {levels[1]}", "use the register's level"
        yield from self._check(case, expectation)

    def _check(self, case: Case, expectation: Expectation) -> Trouble:
        """What an expectation looks at, how, and with which arguments."""
        check = CHECKS.get(expectation.check)
        if check is None:
            yield ("check",), f"no check `{expectation.check}`", shapes.choice(expectation.check, CHECKS, "checks")
            return
        for what, mend in self._selection(case, expectation.select):
            yield ("select",), what, mend
        if check.needs_field and not expectation.select.field:
            yield ("select",), f"the check {check.name} needs `field:` here", "name the field that it looks at"
        yield from self._vain(expectation)
        for error in shapes.compiled(check.arguments).iter_errors(expectation.arguments):
            valid = shapes.choice("", check.arguments["properties"], f"arguments of {check.name}")
            yield ("with",), error.message, valid
        yield from self._words(case, expectation)
        if any(key in expectation.arguments for key in ("operation", "observation")):
            for what, mend in self._selection(case, selection_of(expectation.arguments)):
                yield ("with",), what, mend

    def _words(self, case: Case, expectation: Expectation) -> Trouble:
        """Arguments that no schema can see through: patterns, durations, and words that a screen never shows."""
        for key in ("pattern", "like"):
            try:
                pattern(as_text(expectation.arguments.get(key)))
            except ValueError as error:
                yield ("with",), str(error), "mend the pattern (RE2 has no look-around and no back-reference)"
        if expectation.check == "within" and "at-most" in expectation.arguments:
            try:
                typed.duration(expectation.arguments["at-most"])
            except UnreadableError as error:
                yield ("with",), str(error), "write 250ms, 60s, 31m or 2h"
        known = self._shown(case, expectation.select)
        for word in record(expectation.arguments.get("says")) if known else ():
            if word not in known:
                yield ("with",), f"the screen never says `{word}`", shapes.choice(word, known)

    def _shown(self, case: Case, select: Selection) -> tuple[str, ...]:
        """The words that an observation's field may have, none when any text may stand there."""
        action = next((self.family.actions.get(step.action) for step in case.steps if step.id == select.observation), None)
        fields = action.observations if action else ()
        return next((field.values for field in fields if field.name == select.field), ())

    def _vain(self, expectation: Expectation) -> Trouble:
        """Checks that could never fail."""
        if expectation.check.startswith("schema") and "schema" not in expectation.arguments:
            for operation in expectation.select.operation:
                if not any(item.request.schema for item in self.bindings.operations.get(operation, ())):
                    mend = "let its binding name one" if expectation.check == "schema" else "name one with `with: {schema: …}`"
                    yield ("check",), f"`{operation}` has no schema", mend
        if expectation.check == "media":
            for operation in expectation.select.operation:
                if not any(item.request.media for item in self.bindings.operations.get(operation, ())):
                    yield ("check",), f"`{operation}` has no media type", "let its binding name one"
        if expectation.arguments.get("field") == expectation.select.field and expectation.check == "same-as" and (
            expectation.select.operation and selection_of(expectation.arguments).operation == expectation.select.operation
        ):
            yield ("with",), "a field is always the same as itself", "compare it with another field"

    def _selection(self, case: Case, select: Selection) -> Iterator[tuple[str, str]]:
        named = [select.operation, select.service, select.observation, select.ledger,
                 select.strangers, select.handshakes, select.malformed]  # fmt: skip
        if sum(map(bool, named)) != 1:
            words = "operation, service, observation, ledger, strangers, handshakes, malformed"
            yield f"a selection names {sum(map(bool, named))} things", f"name exactly one of: {words}"
        for operation in select.operation:
            if operation not in self.bindings.operations:
                yield f"no operation `{operation}`", shapes.choice(operation, self.bindings.operations, "operations")
                continue
            fields = self.bindings.fields(operation)
            for field in (select.field, *select.where):
                if field and field not in fields:
                    yield f"`{operation}` has no field `{field}`", shapes.choice(field, fields, "fields")
        for service in (select.service, select.ledger):
            if service and service != "any" and service not in self.bindings.services:
                yield f"no service `{service}`", shapes.choice(service, self.bindings.services, "services")
        if select.observation:
            yield from self._observation(case, select)

    def _observation(self, case: Case, select: Selection) -> Iterator[tuple[str, str]]:
        steps = {step.id: step for step in case.steps}
        step = steps.get(select.observation)
        if step is None:
            yield f"no step `{select.observation}`", shapes.choice(select.observation, steps, "steps")
            return
        action = self.family.actions.get(step.action)
        if action and select.field:
            names = [field.name for field in action.observations]
            if select.field not in names:
                what = f"{action.name} shows no `{select.field}`"
                yield what, shapes.choice(select.field, names, "observations")


def _repeated(listed: tuple[Value, ...], at: Path) -> Trouble:
    seen: set[str] = set()
    for index, item in enumerate(listed):
        name = as_text(record(item).get("id"))
        if name in seen:
            yield (*at, index, "id"), f"the id `{name}` stands twice", "give it another one"
        seen.add(name)
