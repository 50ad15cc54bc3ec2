"""Two reports compared: what is new, what was mended, what stays KO, by likely cause."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from equalis.model.outcome import Level, Outcome
from equalis.model.report import Report
from equalis.model.verdict import Finding
from equalis.reporting.text import clean


@dataclass(frozen=True, slots=True)
class Change:
    """One `case#expectation` with its findings before and after, None where it was not judged."""

    name: str
    before: Finding | None
    after: Finding | None


@dataclass(frozen=True, slots=True)
class Comparison:
    """What changed from one report to another; only a MUST counts."""

    new: tuple[Change, ...]
    mended: tuple[Change, ...]
    still: tuple[Change, ...]
    unjudged: tuple[Change, ...]


def compare(before: Report, after: Report) -> Comparison:
    """Compare by `case#expectation`: pure, and blind to anything but outcomes."""
    old, new = _judged(before), _judged(after)
    changes = [Change(name, old.get(name), new.get(name)) for name in dict.fromkeys((*old, *new))]
    return Comparison(
        new=tuple(item for item in changes if _ko(item.after) and not _ko(item.before)),
        mended=tuple(item for item in changes if _ko(item.before) and item.after is not None and item.after.outcome is Outcome.OK),
        still=tuple(item for item in changes if _ko(item.before) and _ko(item.after)),
        unjudged=tuple(item for item in changes if item.before is not None and _silent(item.after) and not _silent(item.before)),
    )  # fmt: skip


def _judged(report: Report) -> dict[str, Finding]:
    return {name: item for name, item in report.findings if item.level is Level.MUST}


def _ko(finding: Finding | None) -> bool:
    return finding is not None and finding.outcome is Outcome.KO


def _silent(finding: Finding | None) -> bool:
    """Whether nothing was judged: a case that was left out must not look mended."""
    return finding is None or finding.outcome is Outcome.INCONCLUSIVE


def lines(found: Comparison) -> Iterator[str]:
    """The comparison as a person reads it: each part by likely cause, the findings under it."""
    parts = (("new KO", found.new), ("still KO", found.still), ("mended", found.mended), ("no longer judged", found.unjudged))
    for title, changes in parts:
        if not changes:
            continue
        yield f"{title} ({len(changes)})"
        for cause, names in _by_cause(changes).items():
            yield clean(f"   {cause}")
            yield from (clean(f"      {name}") for name in names)
    yield " · ".join(f"{len(changes)} {title}" for title, changes in parts)


def _by_cause(changes: tuple[Change, ...]) -> dict[str, list[str]]:
    groups: dict[str, list[str]] = {}
    for item in changes:
        finding = item.after if _ko(item.after) else item.before
        cause = (finding.why.likely or finding.sentence) if finding else ""
        groups.setdefault(cause, []).append(item.name)
    return groups
