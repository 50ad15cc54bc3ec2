"""`equalis list`: cases, checks, requirements, services, actions, defects; for people and machines."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import click

from equalis.cli.loaded import everything

Rows = list[dict[str, Any]]


@click.command("list")
@click.argument("what", type=click.Choice(["cases", "checks", "requirements", "services", "actions", "defects", "openapi"]))
@click.option("--json", "as_json", is_flag=True, help="Print a machine-readable list.")
@click.option("--family", default="", help="Only of this family.")
def command(what: str, as_json: bool, family: str) -> int:  # noqa: FBT001 - click's
    """List what there is (openapi: the contract of the HTTP hook, always JSON)."""
    if what == "openapi":
        from equalis.cases.openapi import contract  # noqa: PLC0415 - only here

        families = everything().pack.families.values()
        actions = [action for item in families for action in item.actions.values()]
        click.echo(json.dumps(contract(actions), ensure_ascii=False, indent=2))
        return 0
    rows = [row for row in LISTS[what]() if not family or row.get("family") in {family, None}]
    if as_json:
        click.echo(json.dumps(rows, ensure_ascii=False, indent=2))
    else:
        width = max((len(next(iter(row.values()))) for row in rows), default=0)
        for row in rows:
            first, second, *_ = row.values()
            click.echo(f"{first:<{width}}  {second}")
    return 0


def _cases() -> Rows:
    return [
        {"case": case.name, "title": case.title, "family": case.family, "needs": list(case.needs),
         "only_in": list(case.only_in), "tags": list(case.tags), "source": str(case.source),
         "requirements": sorted({item.requirement for item in case.expectations}),
         "disturbed": any(step.inject for step in case.steps)}
        for case in everything().pack.cases
    ]  # fmt: skip


def _checks() -> Rows:
    from equalis.judge.checks import CHECKS  # noqa: PLC0415 - only here

    return [
        {"check": check.name, "does": " ".join(check.doc.split()), "arguments": check.arguments}
        for check in CHECKS.values()
    ]


def _requirements() -> Rows:
    loaded = everything()
    proven: dict[str, list[str]] = {}
    for case in loaded.pack.cases:
        for item in case.expectations:
            proven.setdefault(item.requirement, []).append(case.name)
    return [
        {"requirement": item.id, "sentence": item.sentence, "family": family.name, "level": item.level.value,
         "basis": item.basis.value, "source": item.cites, "when": item.when, "unproven": item.unproven,
         "cases": list(dict.fromkeys(proven.get(item.id, [])))}
        for family in loaded.pack.families.values() for item in family.requirements.values()
    ]  # fmt: skip


def _services() -> Rows:
    return [
        {"service": binding.service, "title": binding.title, "prefix": binding.prefix,
         "operations": [{"operation": item.name, "title": item.title, "basis": item.basis}
                        for item in binding.operations]}
        for binding in everything().bindings.services.values()
    ]  # fmt: skip


def _actions() -> Rows:
    return [
        {"action": action.name, "title": action.title, "family": family.name,
         "inputs": [field.name for field in action.inputs],
         "observations": [field.name for field in action.observations]}
        for family in everything().pack.families.values() for action in family.actions.values()
    ]  # fmt: skip


def _defects() -> Rows:
    from equalis.demo.defects import DEFECTS  # noqa: PLC0415 - only here

    return [
        {"defect": item.name, "sentence": item.sentence, "breaks": list(item.breaks)} for item in DEFECTS
    ]


LISTS: dict[str, Callable[[], Rows]] = {
    "cases": _cases, "checks": _checks, "requirements": _requirements,
    "services": _services, "actions": _actions, "defects": _defects,
}  # fmt: skip
