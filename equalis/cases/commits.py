"""What an operation commits, as its binding tells it: read, and each of its fields known."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from equalis.cases import shapes
from equalis.cases.plain import record, texts
from equalis.model.binding import Commit, Half, Join
from equalis.model.source import Mistake
from equalis.model.values import Record, Value, as_text
from equalis.wire.bindings import Bindings
from equalis.wire.strict_yaml import Document, Path


def commits(document: Document, at: Path, listed: Value, halves: Mapping[str, Half], mistakes: list[Mistake]) -> tuple[Commit, ...] | None:
    """The commits of an operation, None when nothing is said of them; a field that its halves lack is a mistake."""
    if listed is None:
        return None
    entries = [record(item) for item in listed] if isinstance(listed, tuple) else []
    known = tuple(f"{side}.{name}" for side, half in halves.items() for name in half.fields)
    for index, entry in enumerate(entries):
        for word in _cited(entry):
            if word not in known:
                source = document.source((*at, index))
                mistakes.append(document.mistake(source, f"no field `{word}`", shapes.choice(word, known, "fields")))
    return tuple(_commit(entry) for entry in entries)


def unsaid(shipped: Bindings, used: Bindings) -> list[str]:
    """The operations that commit something, and whose binding in force does not say what: at a live environment their
    ledgers would stay empty, and a product that did everything right would be KO.
    """
    told = {op.name for binding in shipped.services.values() for op in binding.operations if op.commits}
    return [f"{op.service} {op.name}" for binding in used.services.values() for op in binding.operations if op.name in told and op.commits is None]


def _cited(entry: Record) -> Iterator[str]:
    yield from record(entry.get("when"))
    yield from texts(entry.get("has"))
    yield from texts(entry.get("lacks"))
    yield from map(as_text, record(entry["fields"]).values())


def _commit(entry: Record) -> Commit:
    join = record(entry.get("join"))
    return Commit(
        kind=as_text(entry["kind"]), fields={key: as_text(value) for key, value in record(entry["fields"]).items()},
        when=tuple((key, texts(value) if isinstance(value, tuple) else (as_text(value),)) for key, value in record(entry.get("when")).items()),
        has=texts(entry.get("has")), lacks=texts(entry.get("lacks")), distinct=as_text(entry.get("distinct")),
        join=Join(as_text(join["kind"]), as_text(join["on"]), texts(join["take"])) if join else None,
    )  # fmt: skip
