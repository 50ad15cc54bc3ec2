"""The data of a family beside its cases: register, contract, seeds, people."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from itertools import product

from equalis.cases.citations import resolve
from equalis.cases.plain import items, record, texts
from equalis.cases.shapes import choice
from equalis.model.case import Action, ActionField, Case, Cause, Family, Requirement, Seed, Sign
from equalis.model.outcome import Basis, Level
from equalis.model.source import Mistake
from equalis.model.values import Record, Value, as_text
from equalis.wire.patterns import pattern
from equalis.wire.strict_yaml import Document


def requirements(document: Document, mistakes: list[Mistake]) -> dict[str, Requirement]:
    """The requirements of a register, by id; an id that stands twice is a mistake."""
    found: dict[str, Requirement] = {}
    for index, item in enumerate(items(record(document.value).get("requirements"))):
        entry = record(item)
        name = as_text(entry["id"])
        source = document.source(("requirements", index))
        if name in found:
            mistakes.append(document.mistake(source, f"`{name}` stands twice", "give it another number"))
        if ("must" in entry) == ("should" in entry):
            mend = "write the sentence under `must:` or under `should:`"
            mistakes.append(document.mistake(source, f"`{name}` has no level", mend))
            continue
        level = Level.MUST if "must" in entry else Level.SHOULD
        found[name] = Requirement(
            id=name, level=level, sentence=as_text(entry[level.value]), basis=Basis(entry["basis"]),
            cites=as_text(entry["source"]), source=source, when=as_text(entry.get("when")),
            remedy=as_text(entry.get("remedy")), unproven=as_text(entry.get("unproven")),
        )  # fmt: skip
    return found


def causes(document: Document, known: Iterable[str], mistakes: list[Mistake]) -> tuple[Cause, ...]:
    """The causes of a catalogue, in its order; an id twice, an unknown requirement or a bad pattern is a mistake."""
    found: dict[str, Cause] = {}
    for index, item in enumerate(items(record(document.value).get("causes"))):
        entry = record(item)
        name = as_text(entry["id"])
        if name in found:
            mistakes.append(document.mistake(document.source(("causes", index)), f"`{name}` stands twice", "give it another id"))
        signs = []
        for position, shown in enumerate(items(entry["shows"])):
            sign = Sign(*(as_text(record(shown).get(key)) for key in ("requirement", "at", "actual", "expected")))
            source = document.source(("causes", index, "shows", position))
            if sign.requirement not in known:
                mend = choice(sign.requirement, known, "requirements")
                mistakes.append(document.mistake(source, f"no requirement `{sign.requirement}`", mend))
            for expression in (sign.at, sign.actual, sign.expected):
                try:
                    pattern(expression)
                except ValueError as error:
                    mistakes.append(document.mistake(source, str(error), "mend the pattern"))
            signs.append(sign)
        found[name] = Cause(name, as_text(entry["cause"]), as_text(entry["remedy"]), tuple(signs))
    return tuple(found.values())


def candidates(causes_known: Iterable[Cause], requirement: Requirement, name: str) -> tuple[Cause, ...]:
    """The causes that an expectation (`case#expectation`) may show, and at last the requirement's own remedy."""
    fitting = []
    for cause in causes_known:
        signs = tuple(sign for sign in cause.signs if sign.requirement == requirement.id and pattern(sign.at).search(name))
        if signs:
            fitting.append(replace(cause, signs=signs))
    text, _, remedy = requirement.remedy.partition("; ")
    return (*fitting, Cause(requirement.id, text, remedy, (Sign(requirement.id),)))


def actions(document: Document) -> dict[str, Action]:
    """The actions of a contract, by name."""
    found = {}
    for name, item in record(record(document.value).get("actions")).items():
        entry = record(item)
        found[name] = Action(
            name=name,
            title=as_text(entry["title"]),
            inputs=_fields(entry["inputs"]),
            observations=_fields(entry["observations"]),
            source=document.source(("actions", name)),
        )
    return found


def _fields(value: Value) -> tuple[ActionField, ...]:
    return tuple(
        ActionField(
            name=name, type=as_text(record(item)["type"]), label=as_text(record(item)["label"]),
            required=record(item).get("required") is True, many=record(item).get("many") is True,
            values=texts(record(item).get("values")), of=_fields(record(item).get("of")),
        )
        for name, item in record(value).items()
    )  # fmt: skip


def seeds(document: Document) -> dict[str, Seed]:
    """The seeds of a contract, by name; their citations are resolved against a case's ``given``."""
    found = {}
    for name, item in record(record(document.value).get("seeds")).items():
        entry = record(item)
        services = {key: record(value) for key, value in record(entry.get("services")).items()}
        found[name] = Seed(name, as_text(entry["title"]), services, document.source(("seeds", name)))
    return found


def seeded(named: Mapping[str, Seed], given: Record) -> tuple[str, ...]:
    """The seeds of a case's world that ask something of a service, and not of the product alone."""
    return tuple(name for name in texts(given.get("world")) if name in named and named[name].services)


def invents(case: Case, people: Record) -> bool:
    """Whether a case gives a person who is none of the environment's people, to the letter."""
    given = [value for key, value in case.given.items() if key != "world"] + [step.input for step in case.steps]
    return any(_strangers(value, tuple(people.values())) for value in given)


def _strangers(value: Value, people: tuple[Value, ...]) -> bool:
    if isinstance(value, tuple):
        return any(_strangers(item, people) for item in value)
    if not isinstance(value, Mapping) or value in people:
        return False
    return "last_name" in value or "first_names" in value or any(_strangers(item, people) for item in value.values())


def world(named: Mapping[str, Seed], given: Record, people: Record) -> dict[str, Record]:
    """What each service holds before the first step: its seeds, cited from ``given``.

    Raises UnknownCitationError when a seed cites what a case does not give. Lists of several seeds
    are joined; for any other key the last seed wins.
    """
    merged: dict[str, dict[str, Value]] = {}
    scope = {"people": people} | dict(given)
    for name in texts(given.get("world")):
        if name not in named:
            continue
        for service, content in named[name].services.items():
            mine = merged.setdefault(service, {})
            for key, value in record(resolve(content, scope)).items():
                before = mine.get(key)
                joined = isinstance(before, tuple) and isinstance(value, tuple)
                mine[key] = (*items(before), *items(value)) if joined else value
    return {service: dict(content) for service, content in merged.items()}


def worlds(family: Family, given: Record, defaults: Mapping[str, Record]) -> dict[str, Record]:
    """Each service's world for a case: its own defaults, the people, then the seeds of the case."""
    return layered(defaults, family.people, world(family.seeds, given, family.people))


def layered(defaults: Mapping[str, Record], people: Record, seeded: Mapping[str, Record]) -> dict[str, Record]:
    """Each service's own defaults, the people over them, and what is seeded over both."""
    known = persons(people)
    return {service: {**own, **known, **seeded.get(service, {})} for service, own in defaults.items()}


def world_of_all(named: Mapping[str, Seed], seeds: tuple[str, ...], people: Record) -> dict[str, Record]:
    """What each service holds when seeds are given for every test person at once: each patient, each professional."""
    known = persons(people)
    merged: dict[str, dict[str, Value]] = {}
    numbered = [person for person in items(known["patients"]) if "matricule" in record(person)]
    for patient, provider in product(numbered, items(known["professionals"])):
        for service, content in world(named, {"world": seeds, "patient": patient, "provider": provider}, people).items():
            mine = merged.setdefault(service, {})
            for key, value in content.items():
                before = items(mine.get(key))
                mine[key] = (*before, *(item for item in value if item not in before)) if isinstance(value, tuple) else value
    return dict(merged)


def persons(people: Record) -> dict[str, Value]:
    """The people as a service's world knows them: professionals and patients; what has no name is no person."""
    everyone = [item for item in people.values() if isinstance(item, Mapping) and "last_name" in item]
    return {
        "professionals": tuple(item for item in everyone if "ehealthid" in item),
        "patients": tuple(item for item in everyone if "ehealthid" not in item),
    }


def capabilities(family: Family) -> tuple[str, ...]:
    """The capabilities that a family's requirements name, and `clock`."""
    return (*dict.fromkeys(word for item in family.requirements.values() for word in item.capabilities), "clock")
