"""JUnit XML: a suite is a case, a test case is an expectation.

KO → failure, INCONCLUSIVE → error, NOT_APPLICABLE → skipped. A SHOULD that is not met is a skipped
test case with its text: it is reported and never turns a pipeline red.
"""

from __future__ import annotations

from junit_xml import TestCase, TestSuite, to_xml_report_string
from lxml import etree

from equalis.model.outcome import Level, Outcome
from equalis.model.report import Report
from equalis.model.verdict import Finding, Verdict
from equalis.reporting.report_text import command_of
from equalis.reporting.text import Lines, clean, finding_text
from equalis.wire import strict_xml


def render(report: Report, lines: Lines) -> bytes:
    """The bytes of `junit.xml`; the same report gives the same bytes."""
    suites = [_suite(verdict, report, lines) for verdict in report.verdicts]
    text: str = to_xml_report_string(suites, prettyprint=True)
    return text.encode()


def facts(content: bytes) -> object:
    """What a `junit.xml` says without its words: suites, test cases, and which of them fail; raises UnreadableError."""
    return _facts(strict_xml.parse(content))


def _facts(node: etree._Element) -> object:
    said = sorted((name, value) for name, value in node.attrib.items() if name not in {"message", "time"})
    return str(node.tag), tuple(said), tuple(_facts(child) for child in node)


def _suite(verdict: Verdict, report: Report, lines: Lines) -> TestSuite:
    cases = [_test_case(verdict, finding, lines, command_of(report)) for finding in verdict.findings]
    if not cases:
        whole = TestCase("(whole case)", classname=clean(verdict.case))
        if verdict.outcome is Outcome.NOT_APPLICABLE:
            whole.add_skipped_info(clean(verdict.reason))
        else:
            whole.add_error_info(clean(verdict.reason) or "nothing was judged")
        cases = [whole]
    for case in cases:
        case.elapsed_sec = round(verdict.milliseconds / 1000 / len(cases), 3)  # a case is played as one; its expectations share its time
    return TestSuite(clean(verdict.case), cases, timestamp=clean(report.header.started), package=clean(verdict.title))


def _test_case(verdict: Verdict, finding: Finding, lines: Lines, command: str) -> TestCase:
    made = TestCase(clean(f"{finding.expectation} ({finding.requirement})"), classname=clean(verdict.case))
    if finding.outcome is Outcome.KO and finding.level is Level.SHOULD:
        made.add_skipped_info(clean(f"SHOULD not met: {finding.actual}"))
    elif finding.outcome is Outcome.KO:
        message = clean(f"expected {finding.expected}; actual {finding.actual}")
        made.add_failure_info(message, finding_text(verdict.case, finding, lines, command), clean(finding.requirement))
    elif finding.outcome is Outcome.INCONCLUSIVE:
        made.add_error_info(clean(verdict.reason or finding.actual))
    elif finding.outcome is Outcome.NOT_APPLICABLE:
        made.add_skipped_info(clean(finding.actual))
    return made
