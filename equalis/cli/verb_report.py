"""`equalis report`: the report of a bundle in another form."""

from __future__ import annotations

import sys

import click

from equalis.cli.bundles import checked
from equalis.reporting import document, junit
from equalis.reporting.text import full


@click.command("report")
@click.argument("path", metavar="BUNDLE|RUN-DIR")
@click.option("--as", "form", type=click.Choice(["text", "json", "junit"]), default="text", show_default=True)
def command(path: str, form: str) -> int:
    """Print the report of a bundle that was checked first (exit 4 when it is not authentic)."""
    found = checked(path)
    if form == "text":
        content = full(found.report, found.lines).encode()
    else:
        content = document.render(found.report) if form == "json" else junit.render(found.report, found.lines)
    sys.stdout.buffer.write(content)
    sys.stdout.buffer.flush()
    return 0
