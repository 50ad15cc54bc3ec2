"""`equalis lint`: every mistake at once, with line and caret."""

from __future__ import annotations

import click

from equalis.cli.endings import USAGE, EndError
from equalis.cli.loaded import everything
from equalis.model.source import MistakesError
from equalis.reporting.text import mistake_text


@click.command("lint")
@click.argument("paths", metavar="[PATH]...", nargs=-1)
@click.option("--bindings", multiple=True, metavar="DIR", help="An overlay of bindings.")
def command(paths: tuple[str, ...], bindings: tuple[str, ...]) -> int:
    """Check case files: shipped ones, and every PATH (a folder of families, or one file of a family).

    Prints all mistakes at once, each with its line, the valid words and how to mend it.
    """
    folders = tuple(dict.fromkeys(_scenario_folder(path) for path in paths))
    try:
        loaded = everything(bindings, folders)
    except MistakesError as error:
        texts = "\n\n".join(mistake_text(item) for item in error.mistakes)
        number = len(error.mistakes)
        end = f"\n\n{number} mistake{'s' if number > 1 else ''}"
        raise EndError(USAGE, (texts + end).removeprefix("error: ")) from None
    cases = loaded.pack.cases
    bases = sum(not case.variant for case in cases)
    click.echo(f"OK: {bases} cases and {len(cases) - bases} variants in {len(loaded.pack.families)} families, no mistake")
    return 0


def _scenario_folder(path: str) -> str:
    """The folder of families that a path belongs to."""
    from pathlib import Path  # noqa: PLC0415 - only when a path was given

    found = Path(path)
    if found.is_file():
        return str(found.parent.parent)
    if found.is_dir():
        return str(found if any(found.glob("*/*.yaml")) else found.parent)
    raise EndError(USAGE, f"{found} does not exist", "name a folder that holds <family>/<case>.yaml, or such a file")
