"""`equalis report`: the report of a bundle in another form."""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping

import click

from equalis.cli.bundles import checked
from equalis.model.report import Report
from equalis.reporting import document, junit, pipelines
from equalis.reporting.text import Lines
from equalis.reporting.whole import full

FORMS: Mapping[str, Callable[[Report, Lines], bytes]] = {
    "text": lambda report, lines: full(report, lines).encode(), "json": lambda report, _: document.render(report), "junit": junit.render,
    "github": lambda report, _: pipelines.github(report), "markdown": lambda report, _: pipelines.markdown(report),
    "gitlab": lambda report, _: pipelines.gitlab(report), "ctrf": lambda report, _: pipelines.ctrf(report),
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
