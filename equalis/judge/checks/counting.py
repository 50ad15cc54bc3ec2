"""Checks that count: these alone may be satisfied by nothing at all."""

from __future__ import annotations

from equalis.judge.judgement import Judgement, check, judged, ok
from equalis.judge.selection import Scene, Subject, described
from equalis.model.case import Expectation
from equalis.model.values import Record, as_text
from equalis.wire.patterns import pattern

_NUMBER = {"type": "integer", "minimum": 0}
BOUNDS = {"exactly": _NUMBER, "at-least": _NUMBER, "at-most": _NUMBER}


def bounds(arguments: Record) -> tuple[int, int | None, str]:
    """The least and the most of ``exactly``, ``at-least``, ``at-most``, and both in words."""
    exactly, least, most = (arguments.get(key) for key in ("exactly", "at-least", "at-most"))
    if isinstance(exactly, int):
        return exactly, exactly, f"exactly {exactly}"
    low = least if isinstance(least, int) else 0
    high = most if isinstance(most, int) else None
    words = [f"at least {low}"] if low else []
    words += [f"at most {high}"] if high is not None else []
    return low, high, " and ".join(words) or "any number"


def _listed(subjects: tuple[Subject, ...]) -> str:
    shown = ", ".join(subject.label for subject in subjects[:4])
    return f"{len(subjects)}" + (f" ({shown}{' …' if len(subjects) > 4 else ''})" if subjects else "")  # noqa: PLR2004 - four fit on a line


@check("count", BOUNDS, counts=True)
def count(subjects: tuple[Subject, ...], expectation: Expectation, _scene: Scene) -> Judgement:
    """How many are selected: `exactly`, `at-least`, `at-most`."""
    low, high, words = bounds(expectation.arguments)
    met = low <= len(subjects) and (high is None or len(subjects) <= high)
    return judged(met, f"{words} {described(expectation.select)}", _listed(subjects), subjects)


@check("absent", {"like": {"type": "string"}}, counts=True)
def absent(subjects: tuple[Subject, ...], expectation: Expectation, _scene: Scene) -> Judgement:
    """Nothing is selected, or no selected thing has a value in the field (`like`: none that holds
    the RE2 pattern).
    """
    field = expectation.select.field
    if not field:
        return judged(not subjects, f"no {described(expectation.select)}", _listed(subjects), subjects)
    like = pattern(as_text(expectation.arguments.get("like")) or ".")
    holders = tuple(s for s in subjects if any(like.search(as_text(value)) for value in s.values(field)))
    shown = "; ".join(as_text(subject.values(field)) for subject in holders) or "none"
    what = f" like {like.pattern}" if "like" in expectation.arguments else ""
    return judged(not holders, f"no {field}{what}", shown, holders)


@check("present")
def present(subjects: tuple[Subject, ...], expectation: Expectation, _scene: Scene) -> Judgement:
    """Something is selected and, when a field is named, each has a value that is not empty in it."""
    field = expectation.select.field
    if not field:
        return ok(expected="at least one", actual=_listed(subjects), subjects=subjects)
    lacking = tuple(s for s in subjects if not any(as_text(value).strip() for value in s.values(field)))
    actual = f"no {field}" if lacking else as_text(subjects[0].values(field))
    return judged(not lacking, f"a {field}", actual, lacking or subjects)
