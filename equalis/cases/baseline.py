"""A baseline: known failures with reason, owner and expiry, held against a report (`equalis gate`)."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from fnmatch import fnmatchcase

from equalis.cases import shapes
from equalis.cases.plain import items, record
from equalis.model.outcome import Level, Outcome
from equalis.model.report import Report
from equalis.model.source import Mistake, MistakesError, Source
from equalis.model.values import as_text
from equalis.wire import strict_yaml

LABELS = ("W", "A")
"""The levels at which a conformity that is OK is a label (trust.md)."""


@dataclass(frozen=True, slots=True)
class Expected:
    """One known failure: the pattern of its `case#expectation`, why, whose, and until when."""

    finding: str
    reason: str
    owner: str
    expires: date
    source: Source


@dataclass(frozen=True, slots=True)
class Ruling:
    """What a gate says: what is new, what is known, what in the baseline is wrong, and what nobody judged."""

    new: tuple[str, ...]
    known: tuple[str, ...]
    stale: tuple[str, ...]
    unjudged: tuple[str, ...]

    @property
    def outcome(self) -> Outcome:
        """KO for a new failure or a stale entry, INCONCLUSIVE while something was not judged, else OK."""
        if self.new or self.stale:
            return Outcome.KO
        return Outcome.INCONCLUSIVE if self.unjudged else Outcome.OK


def read(content: bytes, path: str) -> tuple[Expected, ...]:
    """The entries of a baseline file; raises MistakesError with everything that is wrong in it."""
    document = strict_yaml.read(content, path)
    wrong: list[Mistake] = shapes.mistakes(document, "schemas/baseline.json")
    found = []
    for index, item in enumerate(items(record(document.value).get("expected")) if not wrong else ()):
        entry, source = record(item), document.source(("expected", index))
        try:
            ends = date.fromisoformat(as_text(entry["expires"]))
        except ValueError:
            wrong.append(document.mistake(document.source(("expected", index, "expires")), f"`{entry['expires']}` is no day", "write the last day as 2027-01-31"))
            continue
        found.append(Expected(as_text(entry["finding"]), as_text(entry["reason"]), as_text(entry["owner"]), ends, source))
    if wrong:
        raise MistakesError(tuple(wrong))
    return tuple(found)


def failures(report: Report) -> tuple[str, ...]:
    """Every MUST that is KO, as `case#expectation`, in the order of the run."""
    return tuple(name for name, item in report.findings if item.outcome is Outcome.KO and item.level is Level.MUST)


def held(report: Report, baseline: Iterable[Expected], today: date) -> Ruling:
    """A report held against a baseline on a day: pure, so that anyone can rule again."""
    known, stale, found = dict[str, str](), list[str](), failures(report)
    judged = [name for name, _ in report.findings]
    for entry in baseline:
        matching = [name for name in found if fnmatchcase(name, entry.finding)]
        said = f"{entry.finding} ({entry.reason}; {entry.owner}; {entry.source.path}:{entry.source.line})"
        if entry.expires < today:
            stale.append(f"expired on {entry.expires.isoformat()}: {said}")
        elif not matching:
            mended = any(fnmatchcase(name, entry.finding) for name in judged)
            stale.append(f"{'no longer KO, take it out' if mended else 'matches nothing that was judged'}: {said}")
        else:
            known |= {name: f"{name} ({entry.reason}; {entry.owner}; until {entry.expires.isoformat()})" for name in matching}
    new = tuple(name for name in found if name not in known)
    return Ruling(new, tuple(known.values()), tuple(stale), _unjudged(report))


def _unjudged(report: Report) -> tuple[str, ...]:
    """What keeps a report from being whole: cases without a judgement, and requirements that no case proves."""
    cases = [f"{item.case}: {item.reason or 'some expectation cannot be judged'}" for item in report.verdicts if item.outcome is Outcome.INCONCLUSIVE]
    missing = [f"{proof.requirement}: {proof.missing or 'not proven'}" for proof in report.conformity.missing]
    ended = [] if report.complete else ["the run is INCOMPLETE"]
    return (*ended, *cases, *missing)
