"""`equalis docs`: the documents and schemas that travel with this version."""

from __future__ import annotations

import contextlib
import sys
from pathlib import Path

import click

from equalis import packs
from equalis.cases.shapes import choice
from equalis.cli.endings import USAGE, EndError
from equalis.cli.printing import row


@click.command("docs")
@click.argument("name", metavar="[NAME]", default="")
@click.option("--path", "as_path", is_flag=True, help="Print where the file is instead, to open it.")
def command(name: str, as_path: bool) -> int:  # noqa: FBT001 - click's
    """Print a document (platform, ra-pid, idv, eprescription, vendor …), a schema (mysecu/memoire.xsd) or verify.sh; without a name, list them."""
    known = packs.documents()
    if not name:
        for each, path in known.items():
            row(f"{each:<28} {path if as_path else _title(path)}".rstrip())
        return 0
    wanted = name if name in known else name.removesuffix(".md").removeprefix("docs/")
    if wanted not in known:
        raise EndError(USAGE, f"no document `{name}`", choice(name, known, "documents"))
    if as_path:
        row(str(known[wanted]))
        return 0
    with contextlib.suppress(BrokenPipeError):  # a pager that was left
        sys.stdout.buffer.write(known[wanted].read_bytes())
        sys.stdout.buffer.flush()
    return 0


def _title(path: Path) -> str:
    """The heading of a page; of another file its kind."""
    if path.suffix != ".md":
        return {".xsd": "XML Schema", ".json": "JSON", ".sh": "shell script"}.get(path.suffix, "")
    return path.read_text(encoding="utf-8").partition("\n")[0].removeprefix("# ")
