"""The blocks that tell what is not OK: one for a cause, whatever the number of variants that show it; cases that do not apply by reason."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from equalis.model.outcome import Outcome
from equalis.model.verdict import Finding, Kind, Verdict
from equalis.reporting.causes import said
from equalis.reporting.text import NAMED, Lines, as_row, clean, finding_text

PLAIN = "equalis run"
"""How a case is played again where nothing else is known of its run."""


@dataclass
class Blocks:
    """What was told of a run so far; ``command`` plays a case of it again when its name is put behind."""

    lines: Lines
    command: str = PLAIN
    told: dict[tuple[str, ...], str] = field(default_factory=dict)

    def of(self, verdict: Verdict) -> Iterator[str]:
        """Everything that a reader must know of a case that is not OK, and was not told before: a cause is told once."""
        notes = [as_row("note", f"waited in vain: {wait}") for wait in verdict.unmet]
        missed = [item for item in verdict.findings if item.outcome is Outcome.KO]
        alike: dict[str, list[str]] = {}
        for finding in (item for item in missed if not item.why.follows):
            name = f"{verdict.case}#{finding.expectation}"
            first = self.told.setdefault(_cause(verdict, finding), name)
            after = [f"{item.expectation} ({item.requirement})" for item in missed if item.why.follows == finding.expectation]
            if first != name:
                alike.setdefault(first, []).append(f"{finding.expectation} ({finding.requirement})" + (f" and {len(after)} more that follow from it" if after else ""))
                continue
            rest = f" and {len(after) - NAMED} more" if len(after) > NAMED else ""
            more = [as_row("follow", f"{len(after)} more KO follow from it: {', '.join(after[:NAMED])}{rest}")] if after else []
            yield "\n".join([finding_text(verdict.case, finding, self.lines, self.command), *map(clean, more + notes)])
        rows = [f"KO  {verdict.case} · {', '.join(names)}: as in {first}" for first, names in alike.items()]
        if rows:
            yield "\n".join(map(clean, rows))
        if verdict.outcome is Outcome.INCONCLUSIVE:
            yield "\n".join(map(clean, [*_undecided(verdict), *notes]))


def _cause(verdict: Verdict, finding: Finding) -> tuple[str, ...]:
    """What is told once: a cause of the catalogue; else a demand that is missed in one way, whatever the variant of its case."""
    why = finding.why
    if why.likely:
        return (verdict.case.partition("/")[0], why.cause)
    if why.kind is Kind.REFUSAL:
        return (said(why),)
    return (verdict.case.partition("@")[0], finding.expectation, finding.actual)


def _undecided(verdict: Verdict) -> Iterator[str]:
    yield f"INCONCLUSIVE  {verdict.case}"
    if not verdict.faults:
        yield as_row("why", verdict.reason or "some expectation cannot be judged")
    for fault in dict.fromkeys(verdict.faults):
        yield from (as_row("at fault", fault.blame.value), as_row("what", fault.cause), as_row("mend", fault.remedy))
    for item in verdict.findings:
        if item.outcome is Outcome.INCONCLUSIVE and not verdict.faults:
            yield as_row(item.expectation, item.actual)


def not_applicable(verdicts: Iterable[Verdict]) -> Iterator[str]:
    """One row for each family and reason why cases of it do not apply."""
    found: dict[tuple[str, str], int] = {}
    for verdict in verdicts:
        if verdict.outcome is Outcome.NOT_APPLICABLE:
            key = (verdict.case.partition("/")[0], verdict.reason)
            found[key] = found.get(key, 0) + 1
    for (family, reason), count in found.items():
        yield clean(f"{Outcome.NOT_APPLICABLE.value:<14} {count} case{'s' if count > 1 else ''} of {family}  ({reason})")
