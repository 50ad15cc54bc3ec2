"""Texts that a person reads: findings, verdicts and mistakes, in one form everywhere."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator

from equalis.model.characters import UNSHOWN
from equalis.model.outcome import Outcome
from equalis.model.report import Report
from equalis.model.source import Mistake, Source
from equalis.model.verdict import Finding, Verdict
from equalis.reporting.causes import grouped
from equalis.reporting.lookalikes import differences

NAMED = 8
"""How many requirements or findings are named before the rest is counted."""

NAMED_CAUSES = 5
"""How many likely causes a summary names."""

Lines = Callable[[str, int], str]
"""Gives the text of a line of a case file, empty when it is not at hand."""


def clean(text: str) -> str:
    """A text as one row: what comes from a wire, a file or a bundle makes no line of its own and gives no command to whoever reads.

    Rows are cleaned one by one and joined by our own line ends afterwards; cleaning again changes nothing.
    """
    row = UNSHOWN.sub(_escaped, text)
    begins = len(row) - len(row.lstrip())
    return f"{row[:begins]}\\x3a{row[begins + 1 :]}" if row.startswith("::", begins) else row


def _escaped(found: re.Match[str]) -> str:
    character = found.group()
    return f"\\x{ord(character):02x}" if character == "#" else character.encode("unicode_escape").decode()


def finding_text(case: str, finding: Finding, lines: Lines, command: str) -> str:
    """A finding as design.md §9 lays it out, with the command that plays its case again."""
    name = f"{case}#{finding.expectation}"
    rows = [
        f"{finding.outcome.value}  {case} · {finding.expectation} · {finding.requirement}",
        f"    {finding.level.value}: {finding.sentence}",
        *_pointer(finding.source, lines(finding.source.path, finding.source.line), "  "),
        as_row("expected", finding.expected, finding.expected_at),
        as_row("actual", finding.actual, finding.actual_at if finding.actual_at not in finding.actual else ""),
    ]
    why = finding.why
    if unlike := differences(finding.expected, finding.actual):
        rows.append(as_row("differs", unlike))
    rows += [as_row("said", text) for text in why.quoted]
    rows += [as_row(word, text) for word, text in (("likely", why.likely), ("mend", why.remedy), ("follows", why.follows)) if text]
    instead = f"none of it; recorded: {why.recorded}" if why.recorded else "none: nothing was recorded"
    evidence = ", ".join(f"exchange #{number}" for number in finding.exchanges[:4]) or (finding.actual_at or instead)
    if finding.correlation:
        evidence += f" · Correlation-ID {finding.correlation}"
    rows.append(as_row("evidence", evidence))
    rows.append(as_row("replay", f"{command} {case}"))
    rows.append(as_row("more", f"equalis explain {name}"))
    return "\n".join(map(clean, rows))


def as_row(word: str, text: str, where: str = "") -> str:
    """A row of a block: a word, what is to be said, and where it was found."""
    head = f"   {word:<9} {text}"
    return f"{head:<48}  {where}" if where else head


def _pointer(source: Source, excerpt: str, indent: str) -> list[str]:
    number = str(source.line)
    gutter = " " * len(number)
    rows = [f"{indent}--> {source.path}:{source.line}"]
    if excerpt:
        rows += [f"{gutter} |", f"{number} | {excerpt.rstrip()}", f"{gutter} |"]
    return rows


def mistake_text(mistake: Mistake) -> str:
    """A mistake with its line, a caret, and how to mend it."""
    source = mistake.source
    rows = [f"error: {mistake.what}"]
    if mistake.excerpt:
        gutter = " " * len(str(source.line))
        rows += [
            f"{gutter}--> {source}",
            f"{gutter} |",
            f"{source.line} | {mistake.excerpt.rstrip()}",
            f"{gutter} | {' ' * _shown_width(mistake.excerpt[: source.column - 1])}^",
        ]
    else:
        rows.append(f"  --> {source if source.line > 1 else source.path}")
    if mistake.mend:
        rows.append(f"   mend: {mistake.mend}")
    return "\n".join(map(clean, rows))


def _shown_width(text: str) -> int:
    """How wide a text is inside a row, once it is cleaned."""
    return len(clean(f"|{text}")) - 1


def case_line(verdict: Verdict, seconds: float | None = None) -> str:
    """One line for one case."""
    took = f"  {seconds:.1f} s" if seconds is not None else ""
    reason = f"  ({verdict.reason})" if verdict.reason else ""
    return clean(f"{verdict.outcome.value:<14} {verdict.case}{took}{reason}")


def mend_first(report: Report) -> Iterator[str]:
    """The likely causes of the KO findings, what carries the others first; nothing where nothing is KO."""
    groups = grouped(report.verdicts, [proof.requirement for proof in report.conformity.proofs])
    if groups:
        yield "mend first"
    for number, group in enumerate(groups[:NAMED_CAUSES], start=1):
        count = f"{len(group.findings)} findings, first " if len(group.findings) > 1 else ""
        yield clean(f"   {number}  {group.text} ({count}{group.findings[0]})")
    if len(groups) > NAMED_CAUSES:
        yield f"      and {len(groups) - NAMED_CAUSES} more causes; the first often carries the others"


def summary(report: Report) -> Iterator[str]:
    """What to mend first, how many cases came to what, what is missing, and the headline."""
    yield from mend_first(report)
    counts = [
        f"{sum(v.outcome is outcome for v in report.verdicts)} {outcome.value}" for outcome in Outcome
    ]
    yield f"{len(report.verdicts)} of {len(report.header.plan)} cases judged: {' · '.join(counts)}"
    missing = report.conformity.missing
    if missing:
        named = ", ".join(proof.requirement for proof in missing[:NAMED])
        rest = f" and {len(missing) - NAMED} more" if len(missing) > NAMED else ""
        yield clean(f"not proven by these cases: {named}{rest}")
    attested = [proof for proof in report.conformity.proofs if proof.attestation]
    if attested:
        yield clean(f"to be attested with form (2): {', '.join(proof.requirement for proof in attested)}")
    yield report.headline
