"""`equalis report`: the report of a bundle in another form."""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping
from pathlib import Path

import click

from equalis.cli.bundles import checked
from equalis.cli.folders import CONFIGURATION
from equalis.model.report import Report
from equalis.model.source import Source
from equalis.reporting import document, junit, pipelines
from equalis.reporting.report_text import full
from equalis.reporting.text import Lines


def at_hand(source: Source) -> Source | None:
    """A file that whoever reads has: their own case, else their equalis.toml, which names the product; None where there is neither."""
    if Path(source.path).is_file():
        return source
    return Source(CONFIGURATION) if Path(CONFIGURATION).is_file() else None


FORMS: Mapping[str, Callable[[Report, Lines], bytes]] = {
    "text": lambda report, lines: full(report, lines).encode(), "json": lambda report, _: document.render(report), "junit": junit.render,
    "github": lambda report, _: pipelines.github(report, at_hand), "markdown": lambda report, _: pipelines.markdown(report),
    "gitlab": lambda report, _: pipelines.gitlab(report, at_hand), "ctrf": lambda report, _: pipelines.ctrf(report),
}  # fmt: skip
"""Every form of a report; github: workflow commands, markdown: a job's summary, gitlab: code quality."""


@click.command("report")
@click.argument("path", metavar="BUNDLE|RUN-DIR")
@click.option("--as", "form", type=click.Choice(list(FORMS)), default="text", show_default=True)
def command(path: str, form: str) -> int:
    """Print the report of a bundle that was checked first (exit 4 when it is not authentic)."""
    found = checked(path)
    sys.stdout.buffer.write(FORMS[form](found.report, found.lines))
    sys.stdout.buffer.flush()
    return 0
