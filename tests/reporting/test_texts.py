"""What people read, held to the letter."""

from __future__ import annotations

import xml.etree.ElementTree as ET
from dataclasses import replace
from decimal import Decimal
from pathlib import Path

import pytest

from equalis.cases.loading import Loaded
from equalis.judge import judge
from equalis.model.case import Selection
from equalis.model.outcome import Blame, Level, Outcome
from equalis.model.report import Header, Report
from equalis.model.transcript import Fault
from equalis.model.verdict import Conformity, Proof, Verdict
from equalis.reporting import document, junit, text
from equalis.reporting.blocks import Blocks
from equalis.reporting.report_text import full
from tests.judge import stage

GOLDENS = Path(__file__).parent.parent / "goldens"
SHARE = Selection(observation="facturer", field="shares.patient")
LINE = "  - id: part-patient"


def lines(_path: str, _number: int) -> str:
    return LINE


def ko(loaded: Loaded) -> Verdict:
    arguments = {"operation": "pid.simulate", "field": "answer.shares.patient"}
    expected = replace(stage.expectation("same-as", SHARE, arguments), id="part-patient",
                       sentence="Afficher au médecin la part à charge du patient.")  # fmt: skip
    wrong = stage.transcript(stage.simulation(7), observations=(stage.seen(shares_patient=Decimal("7.00")),))
    return judge(stage.case(expected), wrong, loaded.bindings)


def report(*verdicts: Verdict) -> Report:
    header = Header("r1", "2026-11-22T10:00:00+00:00", "0.1.0", "demo", "", "", "demo", "embedded", "00",
                    tuple(item.case for item in verdicts), ("pid",), (("ra-pid", "e"),))  # fmt: skip
    proofs = (Proof("PID-052", Level.MUST, Outcome.KO, ("ra-pid/x",)), Proof("RECL-002", Level.MUST, Outcome.INCONCLUSIVE, (), "", "x"))
    return Report(header, verdicts, Conformity(Outcome.KO, proofs), complete=True)


def golden(name: str, found: str) -> None:
    path = GOLDENS / name
    assert found == path.read_text(encoding="utf-8"), f"{name} changed; if rightly, write the new text there:\n{found}"


def test_a_ko_has_the_form_of_the_design(loaded: Loaded) -> None:
    """Expected, actual, where, likely, evidence, and how to learn more."""
    golden("ko.txt", "\n".join(Blocks(lines).of(ko(loaded))) + "\n")


def test_an_inconclusive_names_who_what_and_what_to_do(loaded: Loaded) -> None:
    """Fault, cause, remedy; never the word KO."""
    fault = Fault(Blame.CONFIGURATION, "the solution does not answer at http://127.0.0.1:1", "start the product")
    found = judge(stage.case(stage.expectation("present", SHARE)), stage.transcript(faults=(fault,), unmet={"facturer": "pid.pay was never called"}), loaded.bindings)
    shown = "\n".join(Blocks(lines).of(found)) + "\n"
    assert "KO" not in shown
    golden("inconclusive.txt", shown)


def test_the_full_text_ends_with_the_headline(loaded: Loaded) -> None:
    """Cases, details, counts, what is to be attested, the headline."""
    golden("report.txt", full(report(ko(loaded)), lines))


def test_junit_has_a_suite_for_a_case_and_a_test_case_for_an_expectation(loaded: Loaded) -> None:
    """KO is a failure, INCONCLUSIVE an error, NOT_APPLICABLE and an unmet SHOULD are skipped."""
    failing = ko(loaded)
    should = replace(failing.findings[0], level=Level.SHOULD, expectation="s")
    unsure = replace(failing.findings[0], outcome=Outcome.INCONCLUSIVE, expectation="i")
    verdicts = (
        replace(failing, findings=(*failing.findings, should)),
        replace(failing, case="b", outcome=Outcome.INCONCLUSIVE, findings=(unsure,), reason="upstream down"),
        Verdict("c", "C", Outcome.NOT_APPLICABLE, (), reason="needs ra"),
    )
    root = ET.fromstring(junit.render(report(*verdicts), lines))
    suites = {suite.get("name"): [[child.tag for child in case] for case in suite] for suite in root}
    assert suites == {"ra-pid/x": [["failure"], ["skipped"]], "b": [["error"]], "c": [["skipped"]]}


def test_a_report_is_a_function_of_a_value(loaded: Loaded) -> None:
    """The same value gives the same bytes, in every form."""
    made = report(ko(loaded))
    assert document.render(made) == document.render(made)
    assert junit.render(made, lines) == junit.render(made, lines)


@pytest.mark.mends("14")
def test_what_comes_from_a_wire_cannot_write_on_the_terminal() -> None:
    """Escape sequences and bidirectional marks are shown by their numbers."""
    assert text.clean("a\x1b[31mb\u202ec\r") == "a\\x1b[31mb\\u202ec\\r"
