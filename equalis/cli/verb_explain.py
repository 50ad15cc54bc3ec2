"""`equalis explain`: what a case or an expectation demands, and why."""

from __future__ import annotations

import click

from equalis.cases.shapes import choice
from equalis.cli.endings import USAGE, EndError
from equalis.cli.loaded import everything
from equalis.cli.printing import row
from equalis.judge.checks import CHECKS
from equalis.judge.selection import described
from equalis.model.case import Case, Expectation, Family, Step
from equalis.model.values import as_text


@click.command("explain")
@click.argument("name", metavar="CASE[#EXPECTATION]")
def command(name: str) -> int:
    """Say what is given, asked and demanded; with #EXPECTATION, what is checked and how to mend it."""
    loaded = everything()
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
        *(["", "  likely"] if item.causes else []),
        *(f"    {cause.text}; {cause.remedy}".rstrip("; ") for cause in item.causes),
        "",
        f"  replay      equalis run {case.name}",
    ]
