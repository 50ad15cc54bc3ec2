"""Checks of a ledger: what a service really committed, and whether the user was told so."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence

from equalis.judge.checks.counting import BOUNDS, bounds
from equalis.judge.judgement import Judgement, check, judged, ko, ok
from equalis.judge.selection import Scene, Subject
from equalis.model.case import Expectation, Selection
from equalis.model.values import Record, Value, as_text

KINDS = ("payments", "deposits", "cancellations", "replacements", "contestations", "consents", "simulations", "withdrawals",
         "prescriptions", "dispenses")  # fmt: skip
"""The kinds of entries that the services write, in the plural of a case."""

IN_FORCE = "in-force"
"""Mémoires that were deposited and neither cancelled nor replaced since."""

_ENDINGS = frozenset({"cancellation", "replacement"})
_ONCE = _ENDINGS | {"payment", "deposit", "prescription"}
"""What may happen to a mémoire once only; it may be simulated as often as one likes."""

_AMOUNT = {"type": ["integer", "object"], "properties": BOUNDS, "minimum": 0}
_AMOUNTS = dict.fromkeys((*KINDS, IN_FORCE), _AMOUNT)
_LEDGER = _AMOUNTS | {"unique": {"type": "string"}}


@check("ledger", _LEDGER, counts=True)
def ledger(subjects: tuple[Subject, ...], expectation: Expectation, _scene: Scene) -> Judgement:
    """How many entries of each kind were committed (`payments: 1`, `deposits: {at-most: 1}`), how
    many mémoires are `in-force` (deposited, neither cancelled nor replaced since), and that no two
    payments, deposits or endings have the same value in the field `unique` (a cancellation and a
    replacement each end a mémoire).
    """
    amounts = {kind: amount for kind, amount in expectation.arguments.items() if kind != "unique"}
    broken, expected, actual, evidence = _held(amounts, subjects)
    twice = _repeated(subjects, as_text(expectation.arguments.get("unique")))
    if twice:
        actual = ", ".join(filter(None, (actual, f"{twice} more than once")))
    return judged(not broken and not twice, expected or "no repetition", actual, evidence or subjects)


_SAYS = {
    "says": {"type": "object", "minProperties": 1, "description": "what the user was told → what was committed",
             "additionalProperties": {"type": "object", "properties": _AMOUNTS, "additionalProperties": False}},
    "ledger": {"type": "string"},
}  # fmt: skip


@check("true-to-ledger", _SAYS, ("says",), needs_field=True)
def true_to_ledger(subjects: tuple[Subject, ...], expectation: Expectation, scene: Scene) -> Judgement:
    """What the user was told is what the services had committed by the end of that step: `says` maps
    each word that the field may have to the amounts that must then stand in the ledgers (or in the one
    that `ledger` names); a word that it does not hold is KO.
    """
    says, only = expectation.arguments["says"], as_text(expectation.arguments.get("ledger"))
    entries = scene.committed(until=expectation.select.observation)
    if only:
        known = scene.select(Selection(ledger=only))
        entries = tuple(item for item in entries if item in known)
    words: Record = says if isinstance(says, dict) else {}
    for subject in subjects:
        told = as_text(subject.values(expectation.select.field))
        if told not in words:
            return ko(" or ".join(words), told or "nothing told", (subject,))
        amounts = words[told]
        broken, expected, actual, evidence = _held(amounts if isinstance(amounts, dict) else {}, entries)
        if broken:
            return ko(f"`{told}` only with {expected}", f"`{told}` with {actual}", (subject, *evidence))
    return ok("what was committed", "it is", subjects)


def _held(amounts: Record, entries: Sequence[Subject]) -> tuple[bool, str, str, tuple[Subject, ...]]:
    """Whether some amount is broken; what was expected and actual in words; the entries counted."""
    expected, actual, broken = [], [], False
    evidence: list[Subject] = []
    for kind, amount in amounts.items():
        low, high, words = bounds({"exactly": amount} if isinstance(amount, int) else _record(amount))
        found = in_force(entries) if kind == IN_FORCE else [item for item in entries if f"{item.kind}s" == kind]
        evidence += found
        broken |= len(found) < low or (high is not None and len(found) > high)
        expected.append(f"{kind}: {words}")
        actual.append(f"{kind}: {len(found)}")
    return broken, ", ".join(expected), ", ".join(actual), tuple(evidence)


def in_force(entries: Iterable[Subject]) -> list[Subject]:
    """The entries that brought in a mémoire which nothing has taken out since."""
    brought: dict[str, Subject] = {}
    for entry in entries:
        memoire, replacement = (as_text(entry.values(field)) for field in ("memoire", "replacement"))
        if entry.kind == "deposit":
            brought[memoire] = entry
        elif entry.kind in _ENDINGS:
            brought.pop(memoire, None)
            if replacement:
                brought.setdefault(replacement, entry)
    return list(brought.values())


def _record(value: Value) -> dict[str, Value]:
    return dict(value) if isinstance(value, dict) else {}


def _repeated(subjects: tuple[Subject, ...], field: str) -> str:
    if not field:
        return ""
    counted = Counter(
        ("end" if subject.kind in _ENDINGS else subject.kind, as_text(value))
        for subject in subjects if subject.kind in _ONCE for value in subject.values(field)
    )  # fmt: skip
    return next((value for (_, value), times in counted.items() if times > 1), "")
