"""Selections: which exchanges, observations or ledger entries an expectation looks at."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from equalis.model.case import Case, Selection
from equalis.model.transcript import Exchange, Handshake, LedgerEntry, Malformed, Observation, Transcript
from equalis.model.values import Record, Value, as_text, at_path
from equalis.wire import http_message, typed
from equalis.wire.bindings import Bindings, Reading
from equalis.wire.instants import EARLIEST
from equalis.wire.unreadable import UnreadableError

SERVER_ERRORS = 500
SELECTION_KEYS = (
    "operation", "service", "observation", "ledger", "strangers", "handshakes", "malformed",
    "field", "step", "which", "where",
)  # fmt: skip


class AnswerUnreadableError(Exception):
    """An undisturbed answer of the environment that cannot be read: not the product's doing."""


@dataclass(frozen=True, slots=True)
class Subject:
    """One selected thing. ``order`` is the number of its exchange, 0 for an observation."""

    label: str
    order: int
    at: datetime
    reading: Reading | None = None
    record: Record | None = None
    attested: bool = False
    kind: str = ""

    def values(self, field: str) -> tuple[Value, ...]:
        """Every value of a business field; an empty tuple when it is not there."""
        if self.reading is not None:
            return self._read(self.reading, field)
        try:
            value = at_path(self.record or {}, field)
        except KeyError:
            return ()
        found = value if isinstance(value, tuple) else (value,)
        return tuple(item for item in found if item is not None)

    def _read(self, reading: Reading, field: str) -> tuple[Value, ...]:
        try:
            return reading.values(field)
        except UnreadableError as error:
            message = f"{self.label}, {field}: {error}"
            if not field.startswith("answer."):
                raise UnreadableError(message) from None
            answer = reading.exchange.answer
            if reading.exchange.disturbance or (answer is not None and http_message.status(answer) >= SERVER_ERRORS):
                return ()  # an error page holds no fields; one that nobody ordered has its own Fault
            raise AnswerUnreadableError(message) from None


class Scene:
    """A transcript with its bindings: everything that a check may look at."""

    def __init__(self, case: Case, transcript: Transcript, bindings: Bindings) -> None:
        """Open every exchange lazily, once."""
        self.case, self.transcript, self.bindings = case, transcript, bindings
        self._subjects = [self._of_exchange(exchange) for exchange in transcript.exchanges]

    def _of_exchange(self, exchange: Exchange) -> Subject:
        reading = self.bindings.reading(exchange)
        name = reading.operation.name if reading.operation else exchange.service or "a stranger"
        label = f"exchange #{exchange.number}, {name}"
        return Subject(label, exchange.number, exchange.at, reading)

    @property
    def exchanges(self) -> tuple[Subject, ...]:
        """Every exchange, in the order in which they began."""
        return tuple(self._subjects)

    def committed(self, until: str = "") -> tuple[Subject, ...]:
        """Every entry of every ledger, in the order in which they were committed; until the end of a step."""
        steps = [step.id for step in self.case.steps]
        later = set(steps[steps.index(until) + 1 :]) if until in steps else set[str]()
        begun = {exchange.number: exchange.step for exchange in self.transcript.exchanges}
        return tuple(self._of_entry(entry) for entry in self.transcript.ledger if begun.get(entry.exchange) not in later)

    def select(self, selection: Selection) -> tuple[Subject, ...]:
        """Every subject that a selection means, in the order in which they began."""
        found = [subject for subject in self._candidates(selection) if _holds(subject, selection.where)]
        if selection.which == "all":
            return tuple(found)
        if selection.which == "first":
            return tuple(found[:1])
        if selection.which == "last":
            return tuple(found[-1:])
        position = int(selection.which)
        return tuple(found[position - 1 : position])

    def _candidates(self, selection: Selection) -> list[Subject]:
        if selection.observation:
            return [
                _of_observation(item)
                for item in self.transcript.observations
                if item.step == selection.observation
            ]
        if selection.ledger:
            entries = [e for e in self.transcript.ledger if e.service == selection.ledger]
            return [self._of_entry(entry) for entry in entries]
        if selection.handshakes:
            return [_of_handshake(item) for item in self.transcript.handshakes
                    if not selection.step or item.step in selection.step]  # fmt: skip
        if selection.malformed:
            return [_of_malformed(item) for item in self.transcript.malformed
                    if item.status and not item.ours and (not selection.step or item.step in selection.step)]  # fmt: skip
        return [subject for subject in self._subjects if _matches(subject, selection)]

    def _of_entry(self, entry: LedgerEntry) -> Subject:
        at = next((s.at for s in self._subjects if s.order == entry.exchange), EARLIEST)
        label = f"{entry.kind} in the ledger of {entry.service}, exchange #{entry.exchange}"
        return Subject(label, entry.exchange, at, record=entry.fields, kind=entry.kind)


def _of_observation(item: Observation) -> Subject:
    label = f"what the user saw after `{item.step}`"
    if item.failure:
        label += f" ({item.failure})"
    return Subject(label, 0, item.at, record=item.fields, attested=item.attested)


def _of_handshake(item: Handshake) -> Subject:
    return Subject(f"a refused handshake ({item.reason})", 0, item.at, record={"reason": item.reason})


def _of_malformed(item: Malformed) -> Subject:
    label = f"a malformed request during `{item.step}` ({item.reason})"
    return Subject(label, 0, item.at, record={"reason": item.reason, "status": item.status})


def _matches(subject: Subject, selection: Selection) -> bool:
    """Whether an exchange is meant; what equalis called itself is nobody's doing but where its step and operation are named."""
    reading = subject.reading
    if reading is None or (selection.step and reading.exchange.step not in selection.step):
        return False
    if reading.exchange.ours and not (selection.step and selection.operation):
        return False
    if selection.strangers:
        return not reading.exchange.service
    if selection.service:
        return selection.service in {"any", reading.exchange.service}
    return reading.operation is not None and reading.operation.name in selection.operation


def _holds(subject: Subject, where: Record) -> bool:
    return all(
        any(same(found, wanted) for found in subject.values(field)) for field, wanted in where.items()
    )


def described(select: Selection) -> str:
    """A selection in words, as findings show it."""
    name = (
        " or ".join(select.operation)
        or (select.service and f"call to {select.service} service")
        or (select.ledger and f"entry in the ledger of {select.ledger}")
        or (select.observation and f"observation after `{select.observation}`")
        or ("call to an unknown route" if select.strangers else "malformed request" if select.malformed else "refused handshake")
    )
    where = " and ".join(f"{key} = {as_text(value)}" for key, value in select.where.items())
    step = f" during {' or '.join(f'`{name}`' for name in select.step)}" if select.step else ""
    return f"{name}{step}" + (f" with {where}" if where else "")


def same(left: Value, right: Value) -> bool:
    """Whether two values are equal to a reader: money by amount, the rest by its text."""
    if isinstance(left, Decimal) or isinstance(right, Decimal):
        amount = typed.amount(left)
        return amount is not None and amount == typed.amount(right)
    return as_text(left) == as_text(right)


def selection_of(record: Record) -> Selection:
    """Build a selection from the keys of ``select:`` (or of ``with:``, other keys left out)."""
    where = record.get("where")
    return Selection(
        operation=words(record.get("operation")),
        service=_text(record, "service"),
        observation=_text(record, "observation"),
        ledger=_text(record, "ledger"),
        strangers=record.get("strangers") is True,
        handshakes=record.get("handshakes") is True,
        malformed=record.get("malformed") is True,
        field=_text(record, "field"),
        step=words(record.get("step")),
        which=_text(record, "which") or "all",
        where=where if isinstance(where, dict) else {},
    )


def words(value: Value) -> tuple[str, ...]:
    """A word, or several, as a key that takes both has them; none for anything else."""
    return (value,) if isinstance(value, str) else tuple(map(str, _items(value)))


def _items(value: Value) -> tuple[Value, ...]:
    return value if isinstance(value, tuple) else ()


def _text(record: Record, key: str) -> str:
    value = record.get(key)
    return "" if value is None else as_text(value)
