"""`equalis lint`: every mistake at once, with line and caret."""

from __future__ import annotations

from pathlib import Path

import click

from equalis import packs
from equalis.cases.speaking import live_only_lines
from equalis.cli.endings import USAGE, EndError, mistaken
from equalis.cli.loaded import everything
from equalis.cli.printing import row
from equalis.gateway.routes import apart
from equalis.model.source import MistakesError


@click.command("lint")
@click.argument("paths", metavar="[PATH]...", nargs=-1)
@click.option("--bindings", multiple=True, metavar="DIR", help="An overlay of bindings.")
def command(paths: tuple[str, ...], bindings: tuple[str, ...]) -> int:
    """Check case files: shipped ones, and every PATH (a folder of families, or one file of a family).

    Prints all mistakes at once, each with its line, the valid words and how to mend it.
    """
    shipped = packs.shipped_scenarios().resolve()
    named = (_scenario_folder(path) for path in paths)
    folders = tuple(dict.fromkeys(folder for folder in named if Path(folder).resolve() != shipped))
    try:
        loaded = everything(bindings, folders)
        if loaded.unheard:
            raise MistakesError(loaded.unheard)
    except MistakesError as error:
        number = len(error.mistakes)
        raise mistaken(error.mistakes, "", f"{number} mistake{'s' if number > 1 else ''}") from None
    apart(loaded.bindings, loaded.bindings.services)
    cases = loaded.pack.cases
    bases = sum(not case.variant for case in cases)
    row(f"OK: {bases} cases and {len(cases) - bases} variants in {len(loaded.pack.families)} families, no mistake")
    for text in live_only_lines(loaded.bindings):
        row(f"note: {text}")
    return 0


def _scenario_folder(path: str) -> str:
    """The folder of families that a path belongs to."""
    found = Path(path)
    mend = "name a folder that holds <family>/<case>.yaml, such a family, or such a file"
    if not found.exists():
        raise EndError(USAGE, f"{found} does not exist", mend)
    folder = found
    if found.is_file() and found.suffix == ".yaml":
        folder = found.parent.parent
    elif found.is_dir() and any(found.glob("*.yaml")):
        folder = found.parent
    if not folder.is_dir() or not any(folder.glob("*/*.yaml")):
        raise EndError(USAGE, f"{found} holds no case", mend)
    return str(folder)
