"""What a register demands of every case: an expectation that stands at the requirement, and is judged in each case of the family.

What may go wrong in any call (a request that is no HTTP) is written once and found wherever it happens.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from equalis.cases.families import candidates
from equalis.cases.lint import Linter
from equalis.cases.plain import items, record
from equalis.judge.selection import selection_of
from equalis.model.case import Case, Expectation, Family, Requirement
from equalis.model.source import Mistake
from equalis.model.values import as_text
from equalis.wire.strict_yaml import Document


def demanded(register: Document, requirements: Mapping[str, Requirement]) -> tuple[Expectation, ...]:
    """The expectations that a register adds to every case."""
    found = []
    for index, item in enumerate(items(record(register.value).get("requirements"))):
        entry = record(record(item).get("everywhere"))
        requirement = requirements.get(as_text(record(item).get("id")))
        if entry and requirement is not None:
            found.append(Expectation(
                id=as_text(entry["id"]), level=requirement.level, sentence=requirement.sentence, requirement=requirement.id,
                select=selection_of(record(entry["select"])), check=as_text(entry["check"]), arguments=record(entry.get("with")),
                source=register.source(("requirements", index, "everywhere")),
            ))  # fmt: skip
    return tuple(found)


def mistakes(register: Document, linter: Linter) -> list[Mistake]:
    """What is wrong with them, each once."""
    paths = {source: path for path, source in reversed(register.places.items()) if path}
    return [
        register.mistake(register.source((*paths[item.source], *key)), what, mend)
        for item in linter.family.everywhere for key, what, mend in linter.standing(item)
    ]  # fmt: skip


def added(case: Case, family: Family) -> Case:
    """The case with what is demanded of every case, after its own expectations."""
    standing = [
        replace(item, causes=candidates(family.causes, family.requirements[item.requirement], f"{case.name}#{item.id}"))
        for item in family.everywhere
    ]
    return replace(case, expectations=(*case.expectations, *standing))
