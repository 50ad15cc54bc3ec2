"""Likely causes grouped: what carries the others stands first."""

from __future__ import annotations

from dataclasses import replace

from equalis.model.outcome import Level, Outcome
from equalis.model.report import Header, Report
from equalis.model.source import Source
from equalis.model.verdict import Conformity, Explanation, Finding, Kind, Proof, Verdict
from equalis.reporting.blocks import Blocks
from equalis.reporting.causes import first_cause, grouped
from equalis.reporting.text import mend_first

REQUIREMENTS = ("SEC-001", "PID-040", "RA-010")


def finding(requirement: str, cause: str, outcome: Outcome = Outcome.KO, name: str = "e") -> Finding:
    return Finding(name, requirement, Level.MUST, outcome, "", "", "", Source("x"), why=Explanation(likely=f"{cause} is wrong; mend it", cause=cause))


def verdict(case: str, *findings: Finding) -> Verdict:
    return Verdict(case, "", Outcome.KO, findings)


VERDICTS = (
    verdict("f/a", finding("RA-010", "consent"), finding("PID-040", "twice")),
    verdict("f/b", finding("SEC-001", "certificate"), finding("PID-040", "twice", name="g"), finding("RA-010", "late", Outcome.OK)),
)


def test_a_cause_gathers_its_findings_and_prerequisites_stand_first() -> None:
    """At one and the same exchange in the order of the register, whatever the order of the cases; what is OK has no cause."""
    groups = grouped(VERDICTS, REQUIREMENTS)
    assert [group.cause for group in groups] == ["certificate", "twice", "consent"]
    assert groups[1].findings == ("f/a#e", "f/b#g")
    assert first_cause(VERDICTS, REQUIREMENTS) == "certificate"
    assert first_cause((), REQUIREMENTS) == ""


def test_a_summary_names_the_first_causes_with_the_finding_that_shows_them() -> None:
    """Nothing where nothing is KO; the rest is counted."""
    header = Header("r", "t", "0", "s", "1", "v", "demo", "embedded", "00", ("f/a", "f/b"), (), ())
    proofs = tuple(Proof(name, Level.MUST, Outcome.KO, ()) for name in REQUIREMENTS)
    shown = list(mend_first(Report(header, VERDICTS, Conformity(Outcome.KO, proofs), complete=True)))
    assert shown[0] == "mend first"
    assert shown[1] == "   1  certificate is wrong; mend it (f/b#e)"
    assert "2 findings, first f/a#e" in shown[2]
    many = tuple(verdict("f/a", finding("PID-040", f"cause-{number}")) for number in range(9))
    assert "4 more causes" in list(mend_first(Report(header, many, Conformity(Outcome.KO, proofs), complete=True)))[-1]
    assert list(mend_first(Report(header, (), Conformity(Outcome.OK, proofs), complete=True))) == []


def shown(name: str, place: int, kind: Kind = Kind.VALUE, follows: str = "") -> Finding:
    return replace(finding("PID-040", name, name=name), why=Explanation(kind, place, cause=name, likely=f"{name} is wrong", follows=follows))


def test_what_shows_at_the_earliest_exchange_is_mended_first() -> None:
    """Within one exchange a broken schema, a refusal, a bad signature, then what is not there."""
    found = (shown("late", 9), shown("absent", 2, Kind.ABSENCE), shown("signature", 2, Kind.SIGNATURE), shown("schema", 2, Kind.SCHEMA))
    assert [group.cause for group in grouped((verdict("f/a", *found),), REQUIREMENTS)] == ["schema", "signature", "absent", "late"]


def test_what_follows_from_another_finding_is_no_thing_to_mend() -> None:
    """It is mended with it."""
    found = (shown("first", 5), shown("after", 2, follows="first"))
    assert [group.cause for group in grouped((verdict("f/a", *found),), REQUIREMENTS)] == ["first"]


def test_what_one_case_of_many_shows_comes_after_what_all_show() -> None:
    """However early it shows there."""
    many = tuple(verdict(f"f/{number}", shown("wide", 7)) for number in range(6))
    assert [group.cause for group in grouped((verdict("f/x", shown("narrow", 1)), *many), REQUIREMENTS)] == ["wide", "narrow"]


def test_a_remedy_and_a_quoted_refusal_are_no_cause_and_are_told() -> None:
    """The remedy under its requirement; the refusal without the number that it has in one case."""
    remedy = replace(finding("RA-010", "x"), why=Explanation(cause="RA-010", remedy="ask first", place=2))
    refused = tuple(replace(finding("SEC-001", "x", name=f"e{number}"), why=Explanation(Kind.REFUSAL, 1, quoted=(f"exchange #{number}, idp was answered HTTP 500: no",))) for number in (1, 2))
    groups = grouped((verdict("f/a", remedy), verdict("f/b", *refused)), REQUIREMENTS)
    assert [(group.cause, group.text, len(group.findings)) for group in groups] == [("", "idp was answered HTTP 500: no", 2), ("RA-010", "RA-010: ask first", 1)]
    assert first_cause((verdict("f/b", *refused),), REQUIREMENTS) == ""


def test_findings_on_one_refused_exchange_are_each_told() -> None:
    """They share its quote and are different things to mend; only what follows from the refusal is told once."""
    quote = ("exchange #4, ra.deposit was answered HTTP 400: no",)
    own = [replace(finding("SEC-001", "x", name=name), actual=name, why=Explanation(Kind.VALUE, 4, quoted=quote, remedy="mend")) for name in ("certificate", "bearer")]
    after = [replace(finding("PID-040", "x", name=name), actual=name, why=Explanation(Kind.REFUSAL, 4, quoted=quote)) for name in ("deposited", "shown")]
    blocks = list(Blocks(lambda _path, _line: "").of(verdict("f/a", *own, *after)))
    assert [block.splitlines()[0].split(" · ")[1] for block in blocks[:3]] == ["certificate", "bearer", "deposited"]
    assert blocks[3] == "KO  f/a · shown (PID-040): as in f/a#deposited"
