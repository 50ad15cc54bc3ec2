"""Checks of a ledger: what a service really committed."""

from __future__ import annotations

from collections import Counter

from equalis.judge.checks.counting import BOUNDS, bounds
from equalis.judge.judgement import Judgement, check, judged
from equalis.judge.selection import Scene, Subject
from equalis.model.case import Expectation
from equalis.model.values import as_text

KINDS = ("payments", "deposits", "cancellations", "replacements", "contestations", "consents", "simulations")
"""The kinds of entries that the services write, in the plural of a case."""

_AMOUNT = {"type": ["integer", "object"], "properties": BOUNDS, "minimum": 0}
_LEDGER = dict.fromkeys(KINDS, _AMOUNT) | {"unique": {"type": "string"}}


@check("ledger", _LEDGER, counts=True)
def ledger(subjects: tuple[Subject, ...], expectation: Expectation, _scene: Scene) -> Judgement:
    """How many entries of each kind were committed (`payments: 1`, `deposits: {at-most: 1}`), and
    that no two of them have the same value in the field `unique`.
    """
    expected, actual, broken = [], [], False
    evidence: list[Subject] = []
    for kind, amount in expectation.arguments.items():
        if kind == "unique":
            continue
        low, high, words = bounds({"exactly": amount} if isinstance(amount, int) else _record(amount))
        found = [subject for subject in subjects if f"{subject.kind}s" == kind]
        evidence += found
        broken |= len(found) < low or (high is not None and len(found) > high)
        expected.append(f"{kind}: {words}")
        actual.append(f"{kind}: {len(found)}")
    twice = _repeated(subjects, as_text(expectation.arguments.get("unique")))
    if twice:
        actual.append(f"{twice} more than once")
    return judged(not broken and not twice, ", ".join(expected) or "no repetition",
                   ", ".join(actual), tuple(evidence) or subjects)  # fmt: skip


def _record(value: object) -> dict[str, int]:
    return dict(value) if isinstance(value, dict) else {}


def _repeated(subjects: tuple[Subject, ...], field: str) -> str:
    if not field:
        return ""
    counted = Counter(as_text(value) for subject in subjects for value in subject.values(field))
    return next((value for value, times in counted.items() if times > 1), "")
