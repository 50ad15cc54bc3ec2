"""`equalis drift`: do the embedded services answer as the live ones did?"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import asdict

import click

from equalis import packs
from equalis.archive.rundir import Recorded
from equalis.cases.loading import load_all
from equalis.cli.bundles import checked
from equalis.cli.endings import INCONCLUSIVE, KO, OK, USAGE, EndError, say
from equalis.cli.folders import home
from equalis.cli.loaded import overlays
from equalis.cli.printing import document
from equalis.gateway import pki
from equalis.proof.drift import Difference, Drift, NotLiveError, drift
from equalis.reporting.console import console
from equalis.reporting.text import clean
from equalis.verifier import inputs

NAMED = 5
"""How many files a note names."""
SHOWN = 60
"""Characters of a value in a line."""


@click.command("drift")
@click.argument("bundle", metavar="BUNDLE|RUN-DIR")
@click.option("--bindings", multiple=True, metavar="DIR", help="An overlay of bindings, as for the run.")
@click.option("--json", "as_json", is_flag=True, help="Every difference as JSON.")
def command(bundle: str, bindings: tuple[str, ...], as_json: bool) -> int:  # noqa: FBT001 - click's
    """Ask the embedded services what a live recording asked of the real ones, and say where the answers differ, field by field.

    They answer by the shipped bindings, the overlays that equalis.toml names for that environment, and --bindings: those that
    the bundle brings are compared with these, and never used. Exits 0 when nothing differs, 1 when something does, 3 when
    there is nothing to compare.
    """
    found_there = checked(bundle)
    recorded = found_there.recorded
    ours = packs.bindings(overlays(found_there.report.header.environment, bindings))
    _compare(recorded, ours)
    files = {name: content for name, content in inputs(recorded).items() if not name.startswith("bindings/")}
    try:
        found = drift(recorded, load_all({**files, **ours.content}, ours.shown), pki.load(home() / "pki"))
    except NotLiveError as error:
        raise EndError(USAGE, f"{bundle}: {error}", "name the bundle of a run with --environment") from None
    if as_json:
        document(asdict(found))
    else:
        _print(found)
    if not found.compared:
        raise EndError(INCONCLUSIVE, "no answer of the recording can be compared", "name a run in which the environment answered")
    return KO if found.differences else OK


def _compare(recorded: Recorded, ours: packs.Files) -> None:
    """Say which bindings of the recording are other ones than ours: its answers are read by ours all the same."""
    if other := recorded.differing("bindings", ours.content):
        more = f" and {len(other) - NAMED} more" if len(other) > NAMED else ""
        say(f"note: the recording was made with other bindings than these: {', '.join(other[:NAMED])}{more}", "name its overlays by --bindings")


def _print(found: Drift) -> None:
    out = console()
    grouped: dict[tuple[str, str], list[Difference]] = defaultdict(list)
    for item in found.differences:
        grouped[item.operation, item.field].append(item)
    for (operation, name), items in grouped.items():
        first = items[0]
        out.print(clean(f"{operation} {name}"))
        out.print(clean(f"   live      {_short(first.live)}"))
        out.print(clean(f"   embedded  {_short(first.embedded)}"))
        out.print(clean(f"   where     {first.at}" + (f", and {len(items) - 1} more" if len(items) > 1 else "")))
    more = f"; {found.unanswered} more were disturbed on their way to the product, and only asked again" if found.unanswered else ""
    more += f"; {found.live_only} more spoke with live-only services" if found.live_only else ""
    differ = f"{len(found.differences)} differences in {len(grouped)} fields" if grouped else "no difference"
    out.print(f"{found.compared} answers compared: {differ}{more}")


def _short(text: str) -> str:
    return text if len(text) <= SHOWN else f"{text[:SHOWN]}…"
