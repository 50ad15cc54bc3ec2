"""Checks of order and time: by the order in which exchanges began, and the environment's clock."""

from __future__ import annotations

from datetime import date, datetime

from equalis.judge.judgement import Judgement, check, judged, ko, ok, selection_arguments
from equalis.judge.selection import Scene, Subject, same, selection_of
from equalis.model.case import Expectation
from equalis.model.values import as_text
from equalis.wire import typed
from equalis.wire.unreadable import UnknownFieldError, UnreadableError

_OTHER = selection_arguments(field=False)
_BY = {"by": {"type": "string"}, "mine": {"type": "string"}}


def _related(subject: Subject, other: Subject, expectation: Expectation) -> bool:
    """Whether two subjects speak of the same thing: `mine` here equals `by` there."""
    by = expectation.arguments.get("by")
    mine = expectation.arguments.get("mine", by)
    if by is None:
        return True
    return any(same(a, b) for a in subject.values(as_text(mine)) for b in other.values(as_text(by)))


@check("before", _OTHER | _BY)
def before(subjects: tuple[Subject, ...], expectation: Expectation, scene: Scene) -> Judgement:
    """Each of the others (named in `with`) began after one that is selected.

    `by` relates them: the other's field that must equal the selected one's (`mine`, the same by
    default).
    """
    others = scene.select(selection_of(expectation.arguments))
    if not others:
        return ko("one before each", "none of the others came", subjects)
    for other in others:
        if not any(s.order < other.order and _related(s, other, expectation) for s in subjects):
            actual = f"{other.label} with none before it"
            return ko(f"one before each {other.label.split(', ')[-1]}", actual, (other,))
    return ok(expected="one before each", actual="one before each", subjects=subjects)


@check("only-after", _OTHER | _BY, counts=True)
def only_after(subjects: tuple[Subject, ...], expectation: Expectation, scene: Scene) -> Judgement:
    """Each of the selected began after one of the others (named in `with`); none selected is fine."""
    others = scene.select(selection_of(expectation.arguments))
    early = tuple(
        s for s in subjects if not any(other.order < s.order and _related(s, other, expectation) for other in others)
    )
    actual = ", ".join(subject.label for subject in early) or "none"
    return judged(not early, "none before it was due", actual, early)


@check("never-after", _OTHER | _BY, counts=True)
def never_after(subjects: tuple[Subject, ...], expectation: Expectation, scene: Scene) -> Judgement:
    """None of the selected began after one of the others (named in `with`)."""
    others = scene.select(selection_of(expectation.arguments))
    late = tuple(
        s for s in subjects
        if any(other.order < s.order and _related(s, other, expectation) for other in others)
    )  # fmt: skip
    actual = ", ".join(subject.label for subject in late) or "none"
    return judged(not late, f"none after {others[0].label if others else 'it'}", actual, late)


@check("same-day-as", selection_arguments(field=True), ("field",), needs_field=True)
def same_day_as(subjects: tuple[Subject, ...], expectation: Expectation, scene: Scene) -> Judgement:
    """The field (a day or an instant) is the same day in Luxembourg as that field of the last of the others (named in `with`)."""
    arguments = {"which": "last"} | dict(expectation.arguments)
    field, other_field = expectation.select.field, as_text(arguments["field"])
    others = [value for item in scene.select(selection_of(arguments)) for value in item.values(other_field)]
    if not others:
        return ko(f"{field} on the day of {other_field}", f"no {other_field} was recorded", subjects[:1])
    wanted = {typed.luxembourg_day(value) for value in others if isinstance(value, date)}
    expected = f"{field} = {', '.join(sorted(map(str, wanted)))}"
    for subject in subjects:
        found = {typed.luxembourg_day(value) for value in subject.values(field) if isinstance(value, date)}
        if not found or not found <= wanted:
            return ko(expected, f"{field} = {', '.join(sorted(map(str, found)))}" if found else f"no {field}", (subject,))
    return ok(expected, "it is", subjects)


_WITHIN = {
    "at-most": {"type": ["string", "integer"]},
    "of": {"enum": ["reception"]},
} | _OTHER


@check("within", _WITHIN, ("at-most",))
def within(subjects: tuple[Subject, ...], expectation: Expectation, scene: Scene) -> Judgement:
    """Not further apart than `at-most`: the field (an instant) and the moment of reception
    (`of: reception`), or each selected exchange and the last of the others before it.
    """
    try:
        allowed = typed.duration(expectation.arguments["at-most"])
    except UnreadableError as error:  # the case's own word, never the product's
        raise UnknownFieldError(str(error)) from None
    for subject in subjects:
        moments = _moments(subject, expectation, scene)
        if not moments:
            return ko(f"within {allowed:g} s", "nothing to measure from", (subject,))
        gap = max(abs((moment - subject.at).total_seconds()) for moment in moments)
        if gap > allowed:
            return ko(f"within {allowed:g} s", f"{gap:.1f} s apart", (subject,))
    return ok(expected=f"within {allowed:g} s", actual="within it", subjects=subjects)


def _moments(subject: Subject, expectation: Expectation, scene: Scene) -> list[datetime]:
    field = expectation.select.field
    if expectation.arguments.get("of") == "reception":
        found = subject.values(field)
        return [value for value in found if isinstance(value, date) and isinstance(value, datetime)]
    others = scene.select(selection_of(expectation.arguments))
    return [other.at for other in others if other.order < subject.order][-1:]
