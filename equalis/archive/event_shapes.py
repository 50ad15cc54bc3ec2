"""What each event of a log must be: held against this when it is read, since whoever seals a bundle may write anything."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

from equalis.model.outcome import Blame

CASE = re.compile(r"[a-z0-9-]+/[a-z0-9-]+(@[a-z0-9-]+)?")
"""The name of a case: it becomes a file's name and a line of a report."""
_DIGEST = re.compile(r"([0-9a-f]{64})?")
_LARGEST = 1 << 62

Holds = Callable[[Any], bool]
Shape = Mapping[str, Holds]


def case(value: object) -> bool:
    """The name of a case or a variant."""
    return isinstance(value, str) and CASE.fullmatch(value) is not None


def instant(value: object) -> bool:
    """An instant with its offset, in text."""
    try:
        return isinstance(value, str) and datetime.fromisoformat(value).tzinfo is not None
    except ValueError:
        return False


def text(value: object) -> bool:
    """Any text."""
    return isinstance(value, str)


def _number(value: object) -> bool:
    return type(value) is int and 0 < value < _LARGEST


def _amount(value: object) -> bool:
    return type(value) is int and 0 <= value < _LARGEST


def _flag(value: object) -> bool:
    return isinstance(value, bool)


def digest(value: object) -> bool:
    """A SHA-256 in hex, or nothing."""
    return isinstance(value, str) and _DIGEST.fullmatch(value) is not None


def _record(value: object) -> bool:
    return isinstance(value, Mapping) and set(value) == {"record"} and isinstance(value["record"], Mapping)


def _all(holds: Holds) -> Holds:
    return lambda value: isinstance(value, tuple) and all(map(holds, value))


def _row(value: object) -> bool:
    """One row of a message's head, as it was on the wire: bytes without a line's end."""
    return isinstance(value, str) and not {"\r", "\n"} & set(value) and all(ord(character) < 256 for character in value)  # noqa: PLR2004 - a byte


def _header(value: object) -> bool:
    return isinstance(value, tuple) and len(value) == 2 and all(map(_row, value))  # noqa: PLR2004 - name and value


def _edition(value: object) -> bool:
    return isinstance(value, tuple) and len(value) == 2 and all(map(text, value))  # noqa: PLR2004 - family and edition


def _challenge(value: object) -> bool:
    return digest(value) and bool(value)


def _held(value: object, shape: Shape) -> bool:
    return isinstance(value, Mapping) and all(key in value and holds(value[key]) for key, holds in shape.items())


def _message(value: object) -> bool:
    return _held(value, {"line": _row, "headers": _all(_header), "body": digest})


def _tls(value: object) -> bool:
    return value is None or _held(value, {"version": text, "cipher": text, "certificate": digest})


def _answer(value: object) -> bool:
    return value is None or _message(value)


def _blame(value: object) -> bool:
    return value in {blame.value for blame in Blame}


_MOMENT: Shape = {"at": instant}
_OF_A_CASE: Mapping[str, Shape] = {
    "case": _MOMENT, "end": _MOMENT, "step": {"step": text, **_MOMENT},
    "request": {"n": _number, "service": text, "step": text, "at": instant, "message": _message, "tls": _tls, "redactions": _all(text)},
    "answer": {"n": _number, "at": instant, "elapsed": _amount, "message": _answer, "disturbance": text},
    "peer": {"n": _number, "address": text, "version": text, "cipher": text, "chain": _all(digest)},
    "ledger": {"n": _number, "service": text, "kind": text, "fields": _record},
    "handshake": {"step": text, "at": instant, "reason": text},
    "malformed": {"step": text, "at": instant, "reason": text, "status": _amount, "head": digest},
    "fault": {"blame": _blame, "cause": text, "remedy": text, "step": text},
    "observation": {"step": text, "action": text, "at": instant, "fields": _record, "attested": _flag, "failure": text},
    "attachment": {"step": text, "name": text, "media": text, "size": _amount, "body": digest},
    "unmet": {"step": text, "wait": text},
}  # fmt: skip
SHAPES: Mapping[str, Shape] = {
    **{kind: {"case": case, **shape} for kind, shape in _OF_A_CASE.items()}, "run": {}, "resumed": _MOMENT, "finished": _MOMENT,
}  # fmt: skip
"""Each kind of event with the fields that it must have; the header has a reader of its own."""
RUN: Shape = {
    **dict.fromkeys(("run", "tool", "solution", "version", "vendor", "driver", "environment"), text), "started": instant, "challenge": _challenge,
    "plan": _all(case), "capabilities": _all(text), "defects": _all(text), "editions": _all(_edition), "people": _flag,
}  # fmt: skip
"""What the header of a run must say."""
RUN_MAY: Shape = {**dict.fromkeys(("holds", "services", "switches"), _all(text)), "digest": text, "site": text}
"""And what it may."""
OPTIONAL: Shape = {"ours": _flag, "late": _flag}


def wrong(event: Mapping[str, Any]) -> str:
    """What is wrong with an event, empty when nothing is."""
    kind = event.get("event")
    shape = SHAPES.get(kind) if isinstance(kind, str) else None
    if shape is None:
        return f"no event is called {str(kind)[:40]!r}"
    for key, holds in shape.items():
        if key not in event:
            return f"the event `{kind}` has no {key}"
        if not holds(event[key]):
            return f"the {key} of an event `{kind}` is {str(event[key])[:60]!r}"
    return next((f"the {key} of an event `{kind}` is {str(event[key])[:60]!r}" for key, holds in OPTIONAL.items() if key in event and not holds(event[key])), "")
