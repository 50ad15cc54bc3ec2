"""`equalis list`: cases, checks, requirements, services, actions, seeds, defects; for people and machines."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import click

from equalis.cases.plain import texts
from equalis.cases.shapes import choice
from equalis.cli import printing
from equalis.cli.bundles import checked
from equalis.cli.endings import KO, OK, USAGE, EndError
from equalis.cli.loaded import everything
from equalis.model.case import INVENTED
from equalis.model.outcome import Outcome

Rows = list[dict[str, Any]]


@click.command("list")
@click.argument("what", type=click.Choice(["cases", "checks", "requirements", "services", "actions", "seeds", "defects", "openapi"]))
@click.option("--json", "as_json", is_flag=True, help="Print a machine-readable list.")
@click.option("--family", default="", help="Only of this family.")
@click.option("--coverage", "bundle", default="", metavar="BUNDLE", help="requirements: joined to what this run emitted; drift exits 1.")
def command(what: str, as_json: bool, family: str, bundle: str) -> int:  # noqa: FBT001 - click's
    """List what there is (openapi: the contract of the HTTP hook, always JSON)."""
    if bundle:
        if what != "requirements":
            raise EndError(USAGE, f"--coverage goes with requirements, not with {what}", "equalis list requirements --coverage BUNDLE")
        return _coverage(bundle, family, as_json=as_json)
    if what == "openapi":
        from equalis.cases.openapi import contract  # noqa: PLC0415 - only here

        families = everything().pack.families.values()
        actions = [action for item in families for action in item.actions.values()]
        printing.document(contract(actions))
        return 0
    rows = [row for row in LISTS[what]() if not family or row.get("family") in {family, None}]
    if as_json:
        printing.document(rows)
    else:
        width = max((len(next(iter(row.values()))) for row in rows), default=0)
        for row in rows:
            first, second, *_ = row.values()
            printing.row(f"{first:<{width}}  {second}")
    return 0


def _coverage(bundle: str, family: str, *, as_json: bool) -> int:
    """The register joined to the findings of a run; 1 when they have drifted apart."""
    from equalis.cases.coverage import coverage  # noqa: PLC0415 - only here

    report = checked(bundle).report
    families = everything().pack.families
    if family and family not in families:
        raise EndError(USAGE, f"no family `{family}`", choice(family, families, "families"))
    involved = dict.fromkeys(name.split("/")[0] for name in report.header.plan)
    known = {key: item for name in involved if name in families and family in {"", name}
             for key, item in families[name].demands.items()}  # fmt: skip
    rows, named = coverage(known, report)
    everywhere = {key for item in families.values() for key in item.requirements}
    strangers = [name for name in named if name not in everywhere]
    drift = [f"{row.requirement.id}: {row.drift}" for row in rows if row.drift]
    drift += [f"{name}: a case of the run names it, and the register lacks it" for name in strangers]
    if as_json:
        listed = [{"requirement": row.requirement.id, "level": row.requirement.level.value, "outcome": row.outcome.value,
                   "cases": list(row.cases), "unproven": row.requirement.unproven, "drift": row.drift} for row in rows]  # fmt: skip
        printing.document({"requirements": listed, "drift": drift})
    else:
        for row in rows:
            proof = f"{len(row.cases)} cases" if row.cases else row.requirement.unproven or row.drift or "not applicable"
            printing.row(f"{row.requirement.id:<9} {row.requirement.level.value:<6} {row.outcome.value:<14} {proof}")
        proven = sum(row.outcome is Outcome.OK for row in rows)
        printing.row(f"{proven} of {len(rows)} requirements proven by {len(report.verdicts)} cases, {len(drift)} drifted")
        for text in drift:
            printing.row(f"drift: {text}")
    return KO if drift else OK


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


def _seeds() -> Rows:
    return [
        {"seed": seed.name, "title": seed.title, "family": family.name, "services": list(seed.services),
         "cases": [case.name for case in family.cases if seed.name in texts(case.given.get("world"))]}
        for family in everything().pack.families.values() for seed in family.seeds.values()
    ] + [{"seed": INVENTED, "title": "L'environnement connaît les personnes que des cas écrivent eux-mêmes.", "family": None, "services": [],
          "cases": [case.name for case in everything().pack.cases if case.invented]}]  # fmt: skip


def _defects() -> Rows:
    from equalis.demo.defects import DEFECTS  # noqa: PLC0415 - only here

    return [
        {"defect": item.name, "sentence": item.sentence, "breaks": list(item.breaks), "family": item.family} for item in DEFECTS
    ]


LISTS: dict[str, Callable[[], Rows]] = {
    "cases": _cases, "checks": _checks, "requirements": _requirements,
    "services": _services, "actions": _actions, "seeds": _seeds, "defects": _defects,
}  # fmt: skip
