"""The report in the words of pipelines: GitHub annotations and summary, GitLab code quality, CTRF.

Each is a function of the report; a SHOULD that is not met is a notice everywhere and never a failure.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterator
from datetime import datetime
from typing import Any

from equalis.model.outcome import Level, Outcome
from equalis.model.report import Report
from equalis.model.source import Source
from equalis.model.verdict import Finding, Verdict
from equalis.reporting.text import clean, summary

CTRF_VERSION = "0.0.0"
"""The version of the Common Test Report Format that is written (https://ctrf.io)."""
SHOWN = 50
"""How many findings a summary shows; the bundle has them all."""


def _told(report: Report) -> Iterator[tuple[Verdict, Finding]]:
    """Every finding that is not met."""
    for verdict in report.verdicts:
        for finding in verdict.findings:
            if finding.outcome is Outcome.KO:
                yield verdict, finding


def _sentence(finding: Finding) -> str:
    why = finding.why
    told = [f"likely: {why.likely}" if why.likely else "", f"mend: {why.remedy}" if why.remedy else "", *why.quoted, f"follows from {why.follows}" if why.follows else ""]
    return clean(" · ".join(filter(None, (finding.sentence, f"expected {finding.expected}; actual {finding.actual}", *told))))


Place = Callable[[Source], Source | None]
"""Gives the file and line at which a reader can be shown a finding: one that they have; None where there is none."""


def _as_written(source: Source) -> Source:
    return source


def github(report: Report, place: Place = _as_written) -> bytes:
    """Workflow commands: an error for each KO, a warning for each case that nobody could judge, a notice for a SHOULD."""
    lines = []
    for verdict, finding in _told(report):
        word = "error" if finding.level is Level.MUST else "notice"
        title = f"{verdict.case} · {finding.expectation} · {finding.requirement}"
        shown = place(finding.source)
        at = f"file={_property(shown.path)},line={shown.line}," if shown else ""
        lines.append(f"::{word} {at}title={_property(title)}::{_data(_sentence(finding))}")
    lines += [
        f"::warning title={_property(f'{verdict.case} · not judged')}::{_data(verdict.reason or 'some expectation cannot be judged')}"
        for verdict in report.verdicts if verdict.outcome is Outcome.INCONCLUSIVE
    ]  # fmt: skip
    return "".join(f"{line}\n" for line in lines).encode()


def _data(text: str) -> str:
    """The text of a workflow command: one row, in which a percent sign is escaped."""
    return clean(text).replace("%", "%25")


def _property(text: str) -> str:
    return _data(text).replace(":", "%3A").replace(",", "%2C")


def markdown(report: Report) -> bytes:
    """A job's summary: what it came to, what to mend first, and each KO in a table."""
    *before, last = [line.strip() for line in summary(report)]
    rows = [f"### equalis: {_cell(last)}", "", f"product {_cell(report.header.solution)} {_cell(report.header.version)} · {_cell(report.header.run)}", ""]
    rows += [f"- {_cell(line)}" for line in before if line != "mend first"]
    told = list(_told(report))
    if told:
        rows += ["", "| case | requirement | expected | actual |", "|---|---|---|---|"]
    for verdict, finding in told[:SHOWN]:
        cells = (f"{verdict.case}#{finding.expectation}", finding.requirement, finding.expected, finding.actual)
        rows.append(f"| {' | '.join(map(_cell, cells))} |")
    if len(told) > SHOWN:
        rows.append(f"\nand {len(told) - SHOWN} more in the bundle")
    return ("\n".join(rows) + "\n").encode()


def _cell(text: str) -> str:
    """A text that stays inside its cell and is no markup: what comes from a wire is not trusted."""
    text = clean(text)
    for character in "\\`*_{}[]>|#!~":
        text = text.replace(character, f"\\{character}")
    return text.replace("&", "&amp;").replace("<", "&lt;")


def gitlab(report: Report, place: Place = _as_written) -> bytes:
    """GitLab's code quality report: one entry for each KO, its fingerprint the same from run to run."""
    entries = [
        {
            "description": _sentence(finding), "check_name": clean(f"{finding.requirement} {verdict.case}#{finding.expectation}"),
            "fingerprint": hashlib.sha256(clean(f"{verdict.case}#{finding.expectation}").encode()).hexdigest(),
            "severity": "major" if finding.level is Level.MUST else "info",
            "location": _location(place(finding.source) or finding.source),
        }
        for verdict, finding in _told(report)
    ]  # fmt: skip
    return _json(entries)


def _location(source: Source) -> dict[str, Any]:
    return {"path": clean(source.path), "lines": {"begin": source.line}}


_STATUS = {Outcome.OK: "passed", Outcome.KO: "failed", Outcome.NOT_APPLICABLE: "skipped", Outcome.INCONCLUSIVE: "other"}


def ctrf(report: Report) -> bytes:
    """A Common Test Report: a test is a case, its duration in milliseconds."""
    tests = [_test(verdict) for verdict in report.verdicts]
    counts = {word: sum(test["status"] == word for test in tests) for word in ("passed", "failed", "pending", "skipped", "other")}
    moment = int(datetime.fromisoformat(report.header.started).timestamp() * 1000)
    results = {
        "tool": {"name": "equalis", "version": clean(report.header.tool)},
        "summary": {"tests": len(tests), **counts, "start": moment, "stop": moment + sum(verdict.milliseconds for verdict in report.verdicts)},
        "tests": tests,
        "environment": {"appName": clean(report.header.solution), "appVersion": clean(report.header.version), "testEnvironment": clean(report.header.environment)},
    }  # fmt: skip
    return _json({"reportFormat": "CTRF", "specVersion": CTRF_VERSION, "results": results})


def _test(verdict: Verdict) -> dict[str, Any]:
    found: dict[str, Any] = {"name": clean(verdict.case), "status": _STATUS[verdict.outcome], "duration": verdict.milliseconds, "suite": clean(verdict.case.partition("/")[0])}
    told = [_sentence(item) for item in verdict.findings if item.outcome is Outcome.KO and item.level is Level.MUST]
    if message := "\n".join(told) or clean(verdict.reason):
        found["message"] = message
    return found


def _json(value: object) -> bytes:
    return (json.dumps(value, ensure_ascii=False, indent=1, sort_keys=True) + "\n").encode()
