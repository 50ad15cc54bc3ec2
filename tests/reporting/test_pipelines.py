"""The report in the words of pipelines, and two reports compared."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest

from equalis.model.outcome import Level, Outcome
from equalis.model.report import Report
from equalis.model.verdict import Explanation, Verdict
from equalis.reporting import pipelines
from equalis.reporting.comparison import compare, lines
from tests.cases.test_baseline import finding, report

HOSTILE = replace(finding("a", Outcome.KO), actual="100%\n::error::x | <script>`b`", why=Explanation(likely="the share, recomputed: by hand"))
KO = report(HOSTILE, finding("s", Outcome.KO, Level.SHOULD), finding("b", Outcome.OK))
SILENT = report(finding("a", Outcome.INCONCLUSIVE), outcome=Outcome.INCONCLUSIVE)


@pytest.mark.mends("14")
def test_github_gets_one_command_a_finding_and_nothing_can_break_out_of_it() -> None:
    """An error for a MUST, a notice for a SHOULD, a warning for what nobody judged; percent, line ends, colons escaped."""
    first, second = pipelines.github(KO).decode().splitlines()
    assert first.startswith("::error file=scenarios/ra-pid/x.yaml,line=7,title=ra-pid/x@v · a · PID-001::Faire ceci.")
    assert "100%25\\n::error" in first
    assert second.startswith("::notice file=")
    assert pipelines.github(SILENT).decode().startswith("::warning title=ra-pid/x@v · not judged::")


def test_a_job_summary_is_one_table_whose_cells_hold() -> None:
    """No pipe, no markup, no HTML from the wire."""
    text = pipelines.markdown(KO).decode()
    (row,) = (line for line in text.splitlines() if line.startswith("| ra-pid/x@v\\#a"))
    assert row.count(" | ") == 3
    assert "&lt;script" in row
    assert "\\`b\\`" in row
    assert "### equalis: conformity KO" in text


def test_gitlab_gets_code_quality_with_a_lasting_fingerprint() -> None:
    """The same finding has the same fingerprint, whatever it says; the fields that GitLab reads are there."""
    entries = json.loads(pipelines.gitlab(KO))
    assert [entry["severity"] for entry in entries] == ["major", "info"]
    assert entries[0]["location"] == {"path": "scenarios/ra-pid/x.yaml", "lines": {"begin": 7}}
    again = json.loads(pipelines.gitlab(report(replace(HOSTILE, actual="other"))))
    assert again[0]["fingerprint"] == entries[0]["fingerprint"] != entries[1]["fingerprint"]


def test_ctrf_counts_cases_and_says_what_failed() -> None:
    """The required members of the schema, and counts that add up."""
    document = json.loads(pipelines.ctrf(KO))
    assert (document["reportFormat"], document["results"]["tool"]["name"]) == ("CTRF", "equalis")
    counted = document["results"]["summary"]
    assert counted["tests"] == sum(counted[word] for word in ("passed", "failed", "pending", "skipped", "other")) == 1
    (test,) = document["results"]["tests"]
    assert (test["name"], test["status"], test["duration"]) == ("ra-pid/x@v", "failed", 0)
    assert "expected 1" in test["message"]
    assert json.loads(pipelines.ctrf(SILENT))["results"]["summary"]["other"] == 1


def with_(*outcomes: tuple[str, Outcome]) -> Report:
    return report(*(replace(finding(name, outcome), why=Explanation(likely=f"cause of {name}")) for name, outcome in outcomes))


def test_two_runs_are_compared_by_finding_and_told_by_cause() -> None:
    """New, still, mended; a case that is left out is never mended; a SHOULD does not count."""
    before = with_(("a", Outcome.KO), ("b", Outcome.KO), ("c", Outcome.OK), ("d", Outcome.KO), ("e", Outcome.OK))
    after = with_(("a", Outcome.OK), ("b", Outcome.KO), ("c", Outcome.KO), ("e", Outcome.INCONCLUSIVE))
    found = compare(before, after)
    named = {word: [item.name.partition("#")[2] for item in getattr(found, word)] for word in ("new", "mended", "still", "unjudged")}
    assert named == {"new": ["c"], "mended": ["a"], "still": ["b"], "unjudged": ["d", "e"]}
    text = list(lines(found))
    assert text[:3] == ["new KO (1)", "   cause of c", "      ra-pid/x@v#c"]
    assert text[-1] == "1 new KO · 1 still KO · 1 mended · 2 no longer judged"
    assert compare(after, replace(after, verdicts=(Verdict("ra-pid/x@v", "X", Outcome.OK, ()),))).mended == ()
