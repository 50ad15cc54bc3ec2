"""Checks of values: against the case, a pattern, or another exchange."""

from __future__ import annotations

from decimal import Context, Decimal, localcontext

from equalis.judge.judgement import Judgement, check, ko, ok, selection_arguments
from equalis.judge.selection import Scene, Subject, same, selection_of
from equalis.model.case import Expectation
from equalis.model.outcome import Outcome
from equalis.model.values import Value, as_text
from equalis.wire import names, numerals, typed
from equalis.wire.patterns import pattern
from equalis.wire.unreadable import UnknownFieldError

_ANY = {"type": ["string", "number", "boolean", "array", "integer", "null"]}


def _shown(field: str, values: tuple[Value, ...]) -> str:
    return f"{field} = {as_text(values)}" if values else f"no {field}"


def _each(
    subjects: tuple[Subject, ...], expectation: Expectation, wanted: tuple[Value, ...], source: Subject | None = None
) -> Judgement:
    """Each subject has the wanted values in the field, in order; ``source`` is where they come from."""
    at = f"{expectation.arguments['field']} of {source.label}" if source else ""
    evidence = (source,) if source else ()
    field = expectation.select.field
    expected = f"{field} = {as_text(wanted)}"
    for subject in subjects:
        found = subject.values(field)
        free = expectation.arguments.get("any-order") is True
        pairs = zip(*(sorted(side, key=as_text) if free else side for side in (found, wanted)), strict=False)
        if len(found) != len(wanted) or not all(same(*pair) for pair in pairs):
            return ko(expected, _shown(field, found), (subject, *evidence), at)
    return ok(expected, _shown(field, wanted), (*subjects, *evidence), at)


@check("equals", {"value": _ANY, "any-order": {"type": "boolean"}}, ("value",), needs_field=True)
def equals(subjects: tuple[Subject, ...], expectation: Expectation, _scene: Scene) -> Judgement:
    """The field equals `value` (a list, for a field that repeats; `any-order` when the order is free)."""
    value = expectation.arguments["value"]
    return _each(subjects, expectation, value if isinstance(value, tuple) else (value,))


@check("each-equals", {"value": _ANY, "any-order": {"type": "boolean"}}, ("value",), counts=True, needs_field=True)
def each_equals(subjects: tuple[Subject, ...], expectation: Expectation, scene: Scene) -> Judgement:
    """Like `equals`, for what a product may do or leave: where nothing is selected, nothing is demanded."""
    if not subjects:
        return ok(f"{expectation.select.field} as demanded, if any", "none", ())
    return equals.function(subjects, expectation, scene)


@check("same-name", {"value": {"type": "string"}, "contained": {"type": "boolean"}}, ("value",), needs_field=True)
def same_name(subjects: tuple[Subject, ...], expectation: Expectation, _scene: Scene) -> Judgement:
    """The values of the field, joined, are the name `value` to a reader: accents, case, punctuation and
    blanks do not count, since a search may normalise them. `contained`: other words may stand beside it, and its own in
    any order (a title, a label on a paper).
    """
    field, wanted = expectation.select.field, as_text(expectation.arguments["value"])
    for subject in subjects:
        found = " ".join(as_text(value) for value in subject.values(field))
        words = expectation.arguments.get("contained") is True and set(names.words(wanted)) <= set(names.words(found))
        if names.folded(found) != names.folded(wanted) and not words:
            return ko(f"{field} = {wanted}", f"{field} = {found}" if found else f"no {field}", (subject,))
    return ok(f"{field} = {wanted}", "it is", subjects)


@check("matches", {"pattern": {"type": "string"}, "any": {"type": "boolean"}}, ("pattern",), needs_field=True)
def matches(subjects: tuple[Subject, ...], expectation: Expectation, _scene: Scene) -> Judgement:
    """Every value of the field (or `any`) matches the whole `pattern` (RE2), and there is at least one."""
    field = expectation.select.field
    compiled = pattern(as_text(expectation.arguments["pattern"]))
    expected = f"{field} like {compiled.pattern}"
    enough = any if expectation.arguments.get("any") is True else all
    for subject in subjects:
        found = subject.values(field)
        if not found or not enough(compiled.fullmatch(as_text(value)) for value in found):
            return ko(expected, _shown(field, found), (subject,))
    return ok(expected, _shown(field, subjects[0].values(field)), subjects)


@check("same-as", {"any-order": {"type": "boolean"}} | selection_arguments(field=True), ("field",), needs_field=True)
def same_as(subjects: tuple[Subject, ...], expectation: Expectation, scene: Scene) -> Judgement:
    """The field has the same values as a field of the last of the others (named in `with`).

    `which` picks another one than the last; `operation` may be the selected one itself; `any-order`
    when the order of several values is free.
    """
    arguments = dict(expectation.arguments)
    arguments.setdefault("which", "last")
    others = scene.select(selection_of(arguments))
    other_field = as_text(arguments["field"])
    source = next((item for item in reversed(others) if item.values(other_field)), None)
    if source is None:
        expected = f"{expectation.select.field} as in {other_field}"
        return Judgement(Outcome.KO, expected, f"no {other_field} was recorded", subjects[:1])
    return _each(subjects, expectation, source.values(other_field), source)


@check("among", selection_arguments(field=True), ("field",), needs_field=True)
def among(subjects: tuple[Subject, ...], expectation: Expectation, scene: Scene) -> Judgement:
    """Each value of the field is one of those that the others (named in `with`) have in their field."""
    arguments = expectation.arguments
    known = [value for item in scene.select(selection_of(arguments)) for value in item.values(as_text(arguments["field"]))]
    field = expectation.select.field
    for subject in subjects:
        lacking = tuple(value for value in subject.values(field) if not any(same(value, item) for item in known))
        if lacking or not subject.values(field):
            expected = f"{field} = {as_text(lacking)} among {as_text(arguments['field'])}"
            return ko(expected, as_text(tuple(known)) or "none", (subject,))
    return ok(f"each {field} among {as_text(arguments['field'])}", as_text(tuple(known)), subjects)


_EXACT = Context(prec=2 * numerals.MAX_LENGTH)
_SUMS = {"fields": {"type": "array", "items": {"type": "string"}, "minItems": 1}, "value": _ANY}


@check("sums-to", _SUMS | selection_arguments(field=True), needs_field=True)
def sums_to(subjects: tuple[Subject, ...], expectation: Expectation, scene: Scene) -> Judgement:
    """The field is the sum of `fields` of the same message, or its own values add up to `value`
    or to another message's field (`operation`, `field`).
    """
    field, arguments = expectation.select.field, expectation.arguments
    for subject in subjects:
        own = _sum(subject.values(field))
        parts = arguments.get("fields")
        if isinstance(parts, tuple):
            if missing := [as_text(part) for part in parts if not subject.values(as_text(part))]:
                return ko(f"{field} as a sum", f"no {', '.join(missing)}", (subject,))
            wanted = _sum(tuple(value for part in parts for value in subject.values(as_text(part))))
            words = f"{field} = {' + '.join(map(as_text, parts))} = {wanted}"
        elif "value" in arguments:
            wanted = _wanted(arguments["value"])
            words = f"{field} adding up to {wanted}"
        else:
            others = scene.select(selection_of({"which": "last"} | dict(arguments)))
            if not others:
                return ko(f"{field} as a sum", "nothing to compare it with", (subject,))
            other_field = as_text(arguments["field"])
            wanted = _sum(tuple(value for item in others for value in item.values(other_field)))
            words = f"{field} adding up to {other_field} = {wanted}"
        if not subject.values(field) or own != wanted:
            return ko(words, f"{own}", (subject,))
    return ok(words, f"{own}", subjects)


def _sum(values: tuple[Value, ...]) -> Decimal:
    """The exact sum of what is a number: no digit is lost to the precision of a context."""
    amounts = [Decimal(value) for value in values if isinstance(value, int | Decimal) and not isinstance(value, bool)]
    with localcontext(_EXACT):
        return sum(amounts, Decimal(0))


def _wanted(value: Value) -> Decimal:
    """The number that a case asks for."""
    amount = typed.amount(value)
    if amount is None:  # the case's own word, never the product's
        message = f"{typed.shown(value)!r} is no amount"
        raise UnknownFieldError(message)
    return amount


@check("unique", needs_field=True)
def unique(subjects: tuple[Subject, ...], expectation: Expectation, _scene: Scene) -> Judgement:
    """No two of the selected have the same value in the field, and each has one."""
    field = expectation.select.field
    known: dict[str, Subject] = {}
    for subject in subjects:
        value = as_text(subject.values(field))
        if not value:
            return ko(f"a {field}", f"no {field}", (subject,))
        if value in known:
            return ko(f"another {field} each time", f"{field} = {value} again", (known[value], subject))
        known[value] = subject
    return ok(f"another {field} each time", f"{len(known)} of them", subjects)
