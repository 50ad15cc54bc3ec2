"""From a case file to its cases: the base, and one more for each variant."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from equalis.cases.citations import UnknownCitationError, resolve
from equalis.cases.families import candidates
from equalis.cases.plain import items, record, texts
from equalis.judge.selection import selection_of, words
from equalis.model.case import Case, Cause, Expectation, Family, Sign, Step, Until
from equalis.model.outcome import Level
from equalis.model.source import Mistake
from equalis.model.values import Record, Value, as_text
from equalis.wire import typed
from equalis.wire.strict_yaml import Document
from equalis.wire.unreadable import UnreadableError

Path = tuple[str | int, ...]


@dataclass(frozen=True, slots=True)
class Placed:
    """A part of a case file, and where it stands."""

    value: Record
    at: Path


class CaseFile:
    """One case file, its shape already held against the grammar."""

    def __init__(self, document: Document, family: Family) -> None:
        """Keep what the file cites; mistakes gather in ``mistakes``."""
        self.document, self.people, self.requirements = document, family.people, family.demands
        self.causes = family.causes
        self.mistakes: list[Mistake] = []
        self.top = record(document.value)
        self.given: Record = {}

    def cases(self) -> Iterator[Case]:
        """The base case, then its variants."""
        yield self._case(None)
        for index, variant in enumerate(items(self.top.get("variants"))):
            yield self._case(Placed(record(variant), ("variants", index)))

    def _case(self, variant: Placed | None) -> Case:
        own = variant.value if variant else {}
        self.given = self._given(own, variant.at if variant else ())
        document = self.document
        source = document.source((*variant.at, "id")) if variant else document.source(("case",))
        name = as_text(self.top["case"])
        return Case(
            id=name,
            family=name.split("/")[0],
            title=as_text(self._cited(own.get("title") or self.top["title"], ("title",))),
            given=self.given,
            steps=tuple(self._steps(own)),
            expectations=tuple(self._expectations(variant)),
            source=source,
            needs=texts(self.top.get("needs")),
            only_in=texts(self.top.get("only_in")),
            tags=texts(self.top.get("tags")),
            variant=as_text(own.get("id")),
        )

    def _given(self, variant: Record, at: Path) -> Record:
        """The base's ``given`` with the variant's keys over it; each may cite people and earlier keys."""
        given: dict[str, Value] = {}
        base = record(self.top.get("given"))
        for key in dict.fromkeys((*base, *record(variant.get("given")))):
            own = record(variant.get("given"))
            place = (*at, "given", key) if key in own else ("given", key)
            value = own[key] if key in own else base[key]
            given[key] = self._cited(value, place, {"people": self.people} | given)
        return given

    def _cited(self, value: Value, at: Path, scope: Record | None = None) -> Value:
        """Resolve citations; an unknown one is noted at its line."""
        known = scope if scope is not None else {"people": self.people} | dict(self.given)
        try:
            return resolve(value, known)
        except UnknownCitationError as error:
            if isinstance(value, Mapping):
                return {key: self._cited(item, (*at, key), known) for key, item in value.items()}
            if isinstance(value, tuple):
                return tuple(self._cited(item, (*at, index), known) for index, item in enumerate(value))
            self.mistakes.append(self.document.mistake(self.document.source(at), str(error)))
            return value

    def _steps(self, variant: Record) -> Iterator[Step]:
        changed = {key: record(variant.get(key)) for key in ("input", "script", "inject")}
        for index, step in enumerate(items(self.top["steps"])):
            at: Path = ("steps", index)
            entry = record(step)
            name = as_text(entry["id"])
            parts = {
                key: {**record(entry.get(key)), **record(changed[key].get(name))} for key in changed
            }
            until = record(entry.get("until"))
            yield Step(
                id=name,
                sentence=as_text(self._cited(entry["ask"], (*at, "ask"))),
                source=self.document.source(at),
                action=as_text(entry.get("action")),
                input=record(self._cited(parts["input"], (*at, "input"))),
                script={key: record(self._cited(value, (*at, "script", key))) for key, value in parts["script"].items()},
                inject={key: as_text(value) for key, value in parts["inject"].items()},
                until=Until(
                    seen=words(until.get("seen") or ()),
                    settled=until.get("settled", True) is True,
                    within=self._duration(until.get("within", "30s"), (*at, "until", "within")),
                ),
                pause=self._duration(entry.get("pause", 0), (*at, "pause")),
                call=as_text(entry.get("call")),
                caller=record(self._cited(entry.get("as"), (*at, "as"))),
                answers=int(as_text(entry.get("answers", 0))),
            )  # fmt: skip

    def _duration(self, value: Value, at: Path) -> float:
        """Seconds; what the grammar lets through and is no duration is noted at its line."""
        try:
            return typed.duration(value)
        except UnreadableError as error:
            self.mistakes.append(self.document.mistake(self.document.source(at), str(error)))
            return 0.0

    def _expectations(self, variant: Placed | None) -> Iterator[Expectation]:
        """The base's expectations, those of the variant in their place, and its own after them."""
        omitted = set(texts(variant.value.get("omit"))) if variant else set()
        places = dict(self._listed(("expect",), self.top.get("expect")))
        if variant:
            places.update(self._listed((*variant.at, "expect"), variant.value.get("expect")))
        for name, placed in places.items():
            if name not in omitted:
                yield self._expectation(placed, f"@{as_text(variant.value['id'])}" if variant else "")

    def _listed(self, at: Path, listed: Value) -> Iterator[tuple[str, Placed]]:
        for index, item in enumerate(items(listed)):
            entry = record(item)
            yield as_text(entry.get("id")), Placed(entry, (*at, index))

    def _expectation(self, placed: Placed, variant: str) -> Expectation:
        entry, at = placed.value, placed.at
        level = Level.MUST if "must" in entry else Level.SHOULD
        requirement = as_text(entry.get("requirement"))
        select = record(self._cited(entry.get("select", {}), (*at, "select")))
        return Expectation(
            id=as_text(entry.get("id")),
            level=level,
            sentence=as_text(self._cited(entry.get(level.value, ""), (*at, level.value))),
            requirement=requirement,
            select=selection_of(select),
            check=as_text(entry.get("check")),
            arguments=record(self._cited(entry.get("with", {}), (*at, "with"))),
            source=self.document.source(at),
            question=as_text(self._cited(entry.get("ask"), (*at, "ask"))),
            causes=self._causes(placed, variant, requirement),
        )

    def _causes(self, placed: Placed, variant: str, requirement: str) -> tuple[Cause, ...]:
        known = self.requirements.get(requirement)
        if known is None:
            return ()
        name = f"{as_text(self.top['case'])}{variant}#{as_text(placed.value.get('id'))}"
        found = candidates(self.causes, known, name)
        own = as_text(self._cited(placed.value.get("likely"), (*placed.at, "likely")))
        if not own:
            return found
        text, _, remedy = own.partition("; ")
        return (Cause(requirement, text, remedy, (Sign(requirement),)), *found)
