"""The whole report as text."""

from __future__ import annotations

import shlex
from collections.abc import Iterator

from equalis.model.outcome import Outcome
from equalis.model.report import Report
from equalis.model.transcript import EMBEDDED
from equalis.reporting.blocks import PLAIN, Blocks, not_applicable
from equalis.reporting.text import Lines, case_line, summary


def command_of(report: Report) -> str:
    """The command that plays a case of a run again, as far as the run itself says how it was played."""
    head = report.header
    words = ["--demo"] * (head.driver == "demo" and not head.defects) + [f"--defect {shlex.quote(name)}" for name in head.defects]
    words += [f"--environment {shlex.quote(head.environment)}"] * (head.environment != EMBEDDED)
    return " ".join((PLAIN, *words))


def full(report: Report, lines: Lines) -> str:
    """Every case that applied, every block, the summary."""
    return "\n".join(_rows(report, lines)) + "\n"


def _rows(report: Report, lines: Lines) -> Iterator[str]:
    blocks = Blocks(lines, command_of(report))
    yield from (case_line(verdict) for verdict in report.verdicts if verdict.outcome is not Outcome.NOT_APPLICABLE)
    yield from not_applicable(report.verdicts)
    for verdict in report.verdicts:
        for text in blocks.of(verdict):
            yield ""
            yield text
    yield ""
    yield from summary(report)
