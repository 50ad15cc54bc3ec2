"""`equalis diff`: what changed between two runs, by likely cause."""

from __future__ import annotations

import click

from equalis.cli.bundles import checked
from equalis.cli.endings import INCONCLUSIVE, KO, OK
from equalis.reporting.comparison import compare, lines
from equalis.reporting.console import console, fitted


@click.command("diff")
@click.argument("before", metavar="BUNDLE|RUN-DIR")
@click.argument("after", metavar="BUNDLE|RUN-DIR")
def command(before: str, after: str) -> int:
    """Check both, judge both again, and say what is new, what stays, and what was mended.

    Exits 1 when something is newly KO, 3 when something is no longer judged, else 0.
    """
    found = compare(checked(before).report, checked(after).report)
    out = console()
    for line in lines(found):
        out.print(fitted(out, line))
    if found.new:
        return KO
    return INCONCLUSIVE if found.unjudged else OK
