"""The evidence format, version 1: one JSON line an event, bodies by their SHA-256.

``docs/evidence.md`` describes it. The same reader serves `run` and `verify`: a verdict always comes
from what was written.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import asdict, replace
from datetime import datetime
from typing import Any

from equalis.archive.event_shapes import RUN, RUN_MAY
from equalis.model.outcome import Blame
from equalis.model.report import Header
from equalis.model.transcript import (
    Exchange,
    Fault,
    Handshake,
    LedgerEntry,
    Malformed,
    Message,
    Observation,
    Tls,
    Transcript,
)  # fmt: skip
from equalis.model.values import Record, Value
from equalis.wire import typed
from equalis.wire.unreadable import UnreadableError

FORMAT = 1
Event = Mapping[str, Any]
Bodies = Callable[[str], bytes]


class EvidenceError(Exception):
    """Evidence that cannot be read back; the text says what."""


def header_event(header: Header) -> dict[str, Any]:
    """The first line of a log."""
    return {"event": "run", "format": FORMAT, **asdict(header)}


def header(event: Event) -> Header:
    """The header of a run from its first event; raises EvidenceError."""
    if event.get("event") != "run" or event.get("format") != FORMAT:
        message = f"not evidence of format {FORMAT}: {str(event)[:80]}"
        raise EvidenceError(message)
    values = {key: value for key, value in event.items() if key not in {"event", "format"}}
    for name, holds in RUN.items():
        if name not in values or not holds(values[name]):
            message = f"the header's {name} is {str(values.get(name))[:80]!r}"
            raise EvidenceError(message)
    for name, holds in RUN_MAY.items():
        if name in values and not holds(values[name]):
            message = f"the header's {name} is {str(values[name])[:80]!r}"
            raise EvidenceError(message)
    try:
        return Header(**values)
    except TypeError as error:
        message = f"the header of the run is not complete: {error}"
        raise EvidenceError(message) from None


class Reader:
    """Gathers events into transcripts, a case at a time; memory stays flat in their number.

    What came after its case had ended, or belongs to another one, is in the log and in no transcript.
    """

    def __init__(self, header: Header, bodies: Bodies) -> None:
        """``bodies`` gives the bytes of a digest."""
        self.header, self._bodies = header, bodies
        self._case: list[Event] = []

    def feed(self, event: Event) -> Transcript | None:
        """Take one event; the transcript when it ends a case."""
        kind = event.get("event")
        if kind == "case":
            self._case = [event]
        elif self._case and event.get("case") == self._case[0]["case"] and not event.get("late", False):
            self._case.append(event)
            if kind == "end":
                return self.cut()
        return None

    def cut(self) -> Transcript | None:
        """The transcript of what there is, complete or not; None when no case is open."""
        if not self._case:
            return None
        events, self._case = self._case, []
        try:
            return transcript(events, self.header, self._bodies)
        except (KeyError, TypeError, ValueError, AttributeError, UnreadableError) as error:
            message = f"evidence of {events[0].get('case')}: {type(error).__name__}: {error}"
            raise EvidenceError(message) from error


def transcript(events: Iterable[Event], header: Header, bodies: Bodies) -> Transcript:
    """The transcript of one case from its events."""
    by_kind: dict[str, list[Event]] = {}
    for event in events:
        by_kind.setdefault(event["event"], []).append(event)
    requests, answers = _by_number(by_kind, "request"), _by_number(by_kind, "answer")
    return replace(
        header.blank(by_kind["case"][0]["case"]),
        # in the order in which they began: a large one is written down after a small one that began later
        exchanges=tuple(_exchange(requests[number], answers.get(number), bodies) for number in sorted(requests)),
        observations=tuple(_observation(event) for event in by_kind.get("observation", ())),
        ledger=tuple(
            LedgerEntry(event["service"], event["kind"], event["n"], _record(event["fields"]))
            for event in by_kind.get("ledger", ())
        ),
        handshakes=tuple(
            Handshake(event["step"], _instant(event["at"]), event["reason"]) for event in by_kind.get("handshake", ())
        ),
        malformed=tuple(_malformed(event, bodies) for event in by_kind.get("malformed", ())),
        faults=tuple(
            Fault(Blame(event["blame"]), event["cause"], event["remedy"], event["step"])
            for event in by_kind.get("fault", ())
        ),
        unmet={event["step"]: event["wait"] for event in by_kind.get("unmet", ())},
        complete=bool(by_kind.get("end")),
    )


def _by_number(by_kind: Mapping[str, list[Event]], kind: str) -> dict[int, Event]:
    """The events of a kind by the number of their exchange, in order; raises EvidenceError for one that has two."""
    found: dict[int, Event] = {}
    for event in by_kind.get(kind, ()):
        if event["n"] in found:
            message = f"{event['case']} has two events `{kind}` of exchange {event['n']}"
            raise EvidenceError(message)
        found[event["n"]] = event
    return found


def _exchange(request: Event, answer: Event | None, bodies: Bodies) -> Exchange:
    tls = request["tls"]
    ended = answer or {"at": request["at"], "elapsed": 0, "message": None, "disturbance": ""}
    return Exchange(
        number=request["n"], service=request["service"], step=request["step"],
        at=_instant(request["at"]), until=_instant(ended["at"]), elapsed=ended["elapsed"],
        request=_message(request["message"], bodies),
        answer=_message(ended["message"], bodies) if ended["message"] else None,
        tls=Tls(tls["version"], tls["cipher"], bodies(tls["certificate"])) if tls else None,
        disturbance=ended["disturbance"], redactions=tuple(request["redactions"]), ours=request.get("ours", False) is True,
    )  # fmt: skip


def _malformed(event: Event, bodies: Bodies) -> Malformed:
    ours = event.get("ours", False) is True
    return Malformed(event["step"], _instant(event["at"]), event["reason"], event["status"], bodies(event["head"]), ours)


def _message(event: Event, bodies: Bodies) -> Message:
    headers = tuple((name, value) for name, value in event["headers"])
    return Message(event["line"], headers, bodies(event["body"]))


def _observation(event: Event) -> Observation:
    return Observation(
        event["step"], event["action"], _instant(event["at"]), _record(event["fields"]),
        event["attested"], event["failure"],
    )  # fmt: skip


def _instant(text: str) -> datetime:
    return datetime.fromisoformat(text)


def _record(value: Value) -> Record:
    found = typed.from_json(value)
    if not isinstance(found, Mapping):
        message = "not a record"
        raise UnreadableError(message)
    return found
