"""`equalis explain`: what a case or an expectation demands, and why."""

from __future__ import annotations

import click

from equalis.cases.loading import Loaded
from equalis.cases.shapes import choice, plainly
from equalis.cli.endings import USAGE, EndError
from equalis.cli.loaded import everything
from equalis.cli.printing import row
from equalis.judge.checks import CHECKS
from equalis.judge.selection import described
from equalis.model.case import Case, Expectation, Family, Requirement, Step
from equalis.model.values import as_text
from equalis.reporting.terms import TERMS

SHOWN = 12
"""How many of the cases that prove a requirement are named."""


@click.command("explain")
@click.argument("words", metavar="CASE[#EXPECTATION]|REQUIREMENT|TERM", nargs=-1, required=True)
def command(words: tuple[str, ...]) -> int:
    """Say what a case gives, asks and demands; what is checked and how to mend it; what a requirement or a word of the report means.

    Examples: ra-pid/ra-depot, ra-pid/ra-depot#schema, RA-042, form (2), level S.
    """
    name = " ".join(words)
    if meaning := {plainly(term): (term, text) for term, text in TERMS.items()}.get(plainly(name)):
        _print([meaning[0], f"  {meaning[1]}"])
        return 0
    loaded = everything()
    demands = {item.id: (family, item) for family in loaded.pack.families.values() for item in family.requirements.values()}
    if found := demands.get(name.upper()):
        _print(_requirement(*found, loaded))
        return 0
    if "/" not in name and "#" not in name:
        raise EndError(USAGE, f"no requirement and no term `{name}`", choice(name, (*demands, *TERMS), "requirements and terms"))
    return _case_or_expectation(name, loaded)


def _case_or_expectation(name: str, loaded: Loaded) -> int:
    case_name, _, expectation_name = name.partition("#")
    case = loaded.pack.case(case_name)
    if case is None:
        names = [item.name for item in loaded.pack.cases]
        raise EndError(USAGE, f"no case `{case_name}`", choice(case_name, names, "cases"))
    family = loaded.pack.families[case.family]
    if not expectation_name:
        _print(_case(case))
        return 0
    found = next((item for item in case.expectations if item.id == expectation_name), None)
    if found is None:
        names = [item.id for item in case.expectations]
        raise EndError(USAGE, f"{case_name} expects no `{expectation_name}`", choice(expectation_name, names))
    _print(_expectation(case, found, family))
    return 0


def _print(rows: list[str]) -> None:
    for text in rows:
        row(text)


def _requirement(family: Family, item: Requirement, loaded: Loaded) -> list[str]:
    proving = [case.name for case in loaded.pack.cases if any(demand.requirement == item.id for demand in case.expectations)]
    causes = [cause for cause in family.causes if any(sign.requirement == item.id for sign in cause.signs)]
    return [
        f"{item.id} ({item.level.value}, {item.basis.value}) of {family.name}",
        f"  {item.sentence}",
        f"  source: {item.cites}",
        *([f"  mend: {item.remedy}"] if item.remedy else []),
        *(["", "  may show as"] if causes else []),
        *(f"    {cause.text}; {cause.remedy}" for cause in causes),
        "",
        f"  proven by {len(proving)} cases" if proving else f"  proven by no case: {item.unproven or 'it is attested'}",
        *(f"    {name}" for name in proving[:SHOWN]),
        *([f"    and {len(proving) - SHOWN} more"] if len(proving) > SHOWN else []),
    ]


def _case(case: Case) -> list[str]:
    rows = [f"{case.name} — {case.title}", f"  {case.source}"]
    if case.needs:
        rows.append(f"  needs: {', '.join(case.needs)}")
    if case.only_in:
        rows.append(f"  only in: {', '.join(case.only_in)}")
    rows += ["", "given"]
    rows += [f"  {key}: {as_text(value)}" for key, value in case.given.items()]
    rows += ["", "steps"]
    for step in case.steps:
        rows += _step(step)
    rows += ["", "expected"]
    rows += [f"  {item.id} ({item.level.value}, {item.requirement}) {item.sentence}" for item in case.expectations]
    return rows


def _step(step: Step) -> list[str]:
    what = f"pause {step.pause:g} s" if step.pause else f"equalis calls {step.call}" if step.call else step.action
    rows = [f"  {step.id} [{what}] {step.sentence}"]
    rows += [f"      {name} answers: {as_text(orders)}" for name, orders in step.script.items() if orders]
    rows += [f"      {name} is disturbed: {word}" for name, word in step.inject.items()]
    return rows


def _expectation(case: Case, item: Expectation, family: Family) -> list[str]:
    requirement = family.demands[item.requirement]
    check = CHECKS[item.check]
    select = described(item.select) + (f", field {item.select.field}" if item.select.field else "")
    arguments = ", ".join(f"{key}: {as_text(value)}" for key, value in item.arguments.items())
    return [
        f"{case.name}#{item.id}",
        f"  {item.level.value}: {item.sentence}",
        f"  {item.source}",
        "",
        f"  requirement {requirement.id} ({requirement.level.value}, {requirement.basis.value})",
        f"    {requirement.sentence}",
        f"    source: {requirement.cites}",
        "",
        f"  looks at    {select}",
        f"  check       {check.name}" + (f" ({arguments})" if arguments else ""),
        *(f"    {line}" for line in check.doc.splitlines()),
        *(["", "  likely, when it is KO"] if item.causes[:-1] else []),
        *(f"    {cause.text}; {cause.remedy}".rstrip("; ") for cause in item.causes[:-1]),
        *(["", "  mend"] if item.causes else []),
        *(f"    {cause.text}; {cause.remedy}".rstrip("; ") for cause in item.causes[-1:]),
        "",
        f"  replay      equalis run {case.name}",
    ]
