"""What a service commits, derived from the wire alone: a live environment shows no ledger (design.md §4).

The bindings say what each operation commits; ``tests/gateway/test_deriving.py`` holds that against what the embedded
services really committed.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from equalis.model.binding import Binding, Commit, Operation
from equalis.model.transcript import Message
from equalis.model.values import Value, as_text
from equalis.services.port import Entry
from equalis.wire import http_message
from equalis.wire.bindings import read_field
from equalis.wire.opened import Opened
from equalis.wire.unreadable import UnreadableError

ERRORS = 400


@dataclass
class Deriving:
    """The ledgers of one case, as far as the exchanges show them; later entries may name earlier ones."""

    known: list[tuple[str, Entry]] = field(default_factory=list)

    def entries(self, binding: Binding, operation: Operation | None, request: Message, answer: Message) -> tuple[Entry, ...]:
        """What an exchange committed; an answer of an error commits nothing. Raises UnreadableError when the answer leaves it open."""
        if operation is None or not operation.commits or http_message.status(answer) >= ERRORS:
            return ()
        read = _Pair(binding, operation, Opened(request), Opened(answer))
        found = [entry for commit in operation.commits if (entry := self._entry(commit, read, binding.service)) is not None]
        self.known += [(binding.service, entry) for entry in found]
        return tuple(found)

    def _entry(self, commit: Commit, read: _Pair, service: str) -> Entry | None:
        if any(as_text(read.first(name)) not in values for name, values in commit.when):
            return None
        if not all(read(name) for name in commit.has) or any(read(name) for name in commit.lacks):
            return None
        fields = {key: read.told(name) for key, name in commit.fields.items()}
        if commit.distinct and any(item.fields.get(commit.distinct) == fields[commit.distinct] for item in self._earlier(service, commit.kind)):
            return None
        if commit.join is not None:
            join = commit.join
            for item in self._earlier(service, join.kind):
                if item.fields.get(join.on) == fields[join.on]:
                    fields |= {key: item.fields.get(key) for key in join.take}
        return Entry(commit.kind, fields)

    def _earlier(self, service: str, kind: str) -> Iterator[Entry]:
        return (entry for of, entry in self.known if of == service and entry.kind == kind)


@dataclass(frozen=True, slots=True)
class _Pair:
    """The fields of a request and its answer, by their names in a case."""

    binding: Binding
    operation: Operation
    request: Opened
    answer: Opened

    def __call__(self, name: str) -> tuple[Value, ...]:
        """Every value of a field; what the solution wrote so that nobody can read it is not there."""
        side, _, rest = name.partition(".")
        half, opened = (self.operation.request, self.request) if side == "request" else (self.operation.answer, self.answer)
        try:
            return read_field(half.fields[rest], half, self.binding, self.operation, opened)
        except UnreadableError:
            if side == "request":
                return ()
            raise

    def first(self, name: str) -> Value:
        """The first value of a field, None when it is not there."""
        found = self(name)
        return found[0] if found else None

    def told(self, name: str) -> Value:
        """The first value of a field that an entry would like to have: without it, the entry still stands."""
        try:
            return self.first(name)
        except UnreadableError:
            return None
