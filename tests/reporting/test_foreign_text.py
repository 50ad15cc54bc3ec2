"""A foreign text never makes a line of its own, in any form of a report."""

from __future__ import annotations

import io
import json
import re
import sys
import unicodedata
from collections.abc import Callable
from dataclasses import fields, replace
from functools import partial
from typing import Any

import pytest

from equalis.cli.verb_report import FORMS
from equalis.model.case import Case
from equalis.model.outcome import Blame, Level, Outcome
from equalis.model.report import Header, Report
from equalis.model.source import Mistake, Source
from equalis.model.transcript import Fault
from equalis.model.verdict import Conformity, Explanation, Finding, Proof, Verdict
from equalis.reporting import comparison, console, document, junit, pipelines, proof_page, text
from equalis.reporting.blocks import Blocks
from equalis.wire import strict_json
from tests.foreign import HOSTILE, TEXTS, wrong

MENDS = pytest.mark.mends("14")


def hostile(foreign: str) -> Report:
    """A report in which whatever may be foreign is this text."""
    place = Source(foreign, 7, 3)
    finding = Finding(foreign, foreign, Level.MUST, Outcome.KO, foreign, foreign, foreign, place, (1,), foreign, f"{foreign} ", foreign,
                      why=Explanation(cause=foreign, likely=foreign, remedy=foreign, quoted=(foreign, foreign), recorded=foreign))
    findings = (finding, replace(finding, expectation=f"{foreign}s", level=Level.SHOULD), replace(finding, expectation=f"{foreign}i", outcome=Outcome.INCONCLUSIVE))
    fault = Fault(Blame.ENVIRONMENT, foreign, foreign, foreign)
    verdicts = (
        Verdict(foreign, foreign, Outcome.KO, findings, unmet=(foreign,), reason=foreign),
        Verdict(f"{foreign}2", foreign, Outcome.INCONCLUSIVE, findings[2:], (fault,), foreign, (foreign,)),
        Verdict(f"{foreign}3", foreign, Outcome.INCONCLUSIVE, (), (), foreign, (foreign,)),
        Verdict(f"{foreign}4", foreign, Outcome.INCONCLUSIVE, (), ()),
        Verdict(f"{foreign}5", foreign, Outcome.NOT_APPLICABLE, (), (), foreign),
        Verdict(f"{foreign}6", foreign, Outcome.OK, (), (), foreign),
    )
    head = Header(foreign, "2026-11-24T10:00:00+00:00", foreign, foreign, foreign, foreign, foreign, foreign, foreign, (foreign,), (foreign,), ((foreign, foreign),),
                  (foreign,), digest=foreign, holds=(foreign,), services=(foreign,), switches=(foreign,), site=foreign)  # fmt: skip
    proofs = (Proof(foreign, Level.MUST, Outcome.INCONCLUSIVE, (), foreign), Proof(foreign, Level.MUST, Outcome.INCONCLUSIVE, (), "", foreign))
    return Report(head, verdicts, Conformity(Outcome.KO, proofs), complete=True)


def lines(foreign: str) -> text.Lines:
    return lambda _path, _line: foreign


def _live(foreign: str) -> str:
    """A run as a terminal shows it, narrow, so that every row is broken between words."""
    shown = io.StringIO()
    out = console.console(shown)
    out._force_terminal, out.width = True, 30
    report = hostile(foreign.replace(":", " :", 1) if foreign != HOSTILE else foreign)
    with console.LiveProgress(out, command=foreign) as progress:
        progress.run_begins(9, lines(foreign))
        case = Case(foreign, "", foreign, {}, (), (), source=Source(""))
        progress.case_begins(case)
        for verdict in report.verdicts:
            progress.case_ends(case, verdict, 1.0)
    return unstyled(shown.getvalue())


def unstyled(shown: str) -> str:
    """A terminal's output without what rich itself writes."""
    return re.sub(r"\x1b\[[0-9;?]*[A-Za-z]|\r", "", shown)


def _rendered(form: str, report: Report, foreign: str) -> str:
    return FORMS[form](report, lines(foreign)).decode()


PLAIN: dict[str, Callable[[Report, str], str]] = {
    "cases": lambda report, _: "\n".join(map(text.case_line, report.verdicts)),
    "summary": lambda report, _: "\n".join(text.summary(report)),
    "verdicts": lambda report, foreign: "\n".join(row for item in report.verdicts for row in Blocks(lines(foreign), foreign).of(item)),
    "comparison": lambda report, _: "\n".join(comparison.lines(comparison.compare(replace(report, verdicts=()), report))),
    "comparison, mended": lambda report, _: "\n".join(comparison.lines(comparison.compare(report, replace(report, verdicts=())))),
    "mistake": lambda _, foreign: text.mistake_text(Mistake(Source(foreign, 3, 5), foreign, foreign, foreign)),
    "mistake without a line": lambda _, foreign: text.mistake_text(Mistake(Source(foreign), foreign, foreign)),
    **{form: partial(_rendered, form) for form in FORMS if form != "github"},
}


@MENDS
@pytest.mark.parametrize("form", PLAIN)
def test_a_form_holds_no_line_and_no_command_of_somebody_else(form: str) -> None:
    """Every string of the report is the foreign text."""
    assert not [found for foreign in TEXTS for found in wrong(PLAIN[form](hostile(foreign), foreign))]


@MENDS
def test_github_gets_our_commands_and_nothing_else() -> None:
    """One a finding, one a case that nobody could judge."""
    for foreign in TEXTS:
        shown = pipelines.github(hostile(foreign)).decode().splitlines()
        assert [line.split(" ")[0] for line in shown] == ["::error", "::notice", "::warning", "::warning", "::warning"]
        assert all(line.startswith(("::error file=", "::notice file=", "::warning title=")) for line in shown)
        assert not wrong("\n".join(f"|{line}" for line in shown))


@MENDS
def test_the_terminal_shows_the_same() -> None:
    """Also where a long row is broken between words, and in the line that moves."""
    assert not [found for foreign in TEXTS for found in wrong(_live(foreign))]


@MENDS
@pytest.mark.parametrize("form", ["gitlab", "ctrf"])
def test_a_value_of_a_json_form_is_one_row(form: str) -> None:
    """Whoever prints it prints no more than that row; several findings are several rows."""
    found: list[str] = []

    def gather(value: Any) -> None:
        for item in value.values() if isinstance(value, dict) else value if isinstance(value, list) else []:
            gather(item)
        if isinstance(value, str):
            found.append(value)

    gather(json.loads(FORMS[form](hostile(HOSTILE), lines(""))))
    assert not [value for value in found if wrong(value)]


def test_report_json_has_the_values_themselves() -> None:
    """Escaped in its own way, so that a reader gets what was there."""
    held = HOSTILE.replace("\ud800", "").replace("\udcff", "")
    read = json.loads(document.render(hostile(held)))
    assert read["cases"][0]["findings"][0]["actual"] == held
    assert strict_json.read(document.render(hostile(held)))


@MENDS
def test_what_is_shown_of_an_ordinary_text_is_the_text() -> None:
    """Accents, other scripts, French spaces, colons, an address, a heading: nothing of it is touched."""
    for plain in ("Vérifié\u00a0: «\u202f6,92\u00a0€\u202f»", "日本語 עברית", "at http://[::1]:8443/x", "a :: b", "## heading", "#12 [x]", "C:\\temp\\n", "e\u0301 😀"):
        assert text.clean(plain) == plain
        assert text.clean(text.clean(plain)) == text.clean(plain)


@MENDS
def test_what_is_shown_of_a_foreign_text_is_told_apart() -> None:
    """Each character by its number; a command loses its first sign."""
    assert text.clean("a\nb\r\t\x1b[0m\x85\u2028\u202e\U000e0041\ud800") == "a\\nb\\r\\t\\x1b[0m\\x85\\u2028\\u202e\\U000e0041\\ud800"
    assert text.clean("  ::error::x ::y") == "  \\x3a:error::x ::y"
    assert text.clean("a ##vso[b] ###[c]") == "a \\x23#vso[b] #\\x23#[c]"
    once = text.clean(HOSTILE)
    assert text.clean(once) == once


@MENDS
def test_every_character_that_unicode_calls_unseen_is_escaped() -> None:
    """Controls, formats, surrogates, private use, separators of lines, odd spaces: all of Unicode, one by one."""
    spaces = {" ", "\u00a0", "\u202f"}
    unseen = {"Cc", "Cf", "Cs", "Co", "Zl", "Zp", "Zs"}
    shown = [hex(number) for number in range(sys.maxunicode + 1)
             if unicodedata.category(character := chr(number)) in unseen and character not in spaces and text.clean(character) == character]  # fmt: skip
    assert not shown


def test_the_caret_stays_under_its_column() -> None:
    """Where something before it is shown longer than it is."""
    shown = text.mistake_text(Mistake(Source("x.toml", 2, 4), "wrong", "", "a\t\tb = 1")).splitlines()
    assert shown[3].index("b") == shown[4].index("^")


@MENDS
def test_a_matrix_page_shows_foreign_causes_on_one_line() -> None:
    """What an injected fault made somebody say."""
    row = {"fault": "f", "sentence": "s", "outcome": "KO", "at_fault": "x", "expected": "x", "cause": HOSTILE, "remedy": f"<b>{HOSTILE}&", "right": False}
    proof = {"family": "f", "edition": HOSTILE.replace("\ud800", ""), "requirements": [], "conforming": {"cases": 0, "runs": 0, "false_ko": 0, "not_ok": []}, "expectations": [],
             "defects": [], "survivors": [], "unstated": [], "idle": [], "recognised": 0, "unnoticed": [], "boundaries": [], "attribution": [row]}  # fmt: skip
    page = proof_page.render(proof, []).decode()
    assert not wrong(page)
    assert "&lt;b&gt;x\\n" in page


def test_every_string_of_the_model_was_hostile() -> None:
    """A field that is added to a finding, a verdict or a header is to be hostile above too."""
    made = hostile(HOSTILE)
    for value in (made.header, made.verdicts[0], made.verdicts[0].findings[0]):
        for field in fields(value):
            found = getattr(value, field.name)
            assert not isinstance(found, str) or field.name == "started" or HOSTILE in found, field.name


@MENDS
def test_junit_stays_xml() -> None:
    """Attributes and texts; the reader gets one row each."""
    root = junit.render(hostile(HOSTILE), lines(HOSTILE))
    assert junit.facts(root)
