"""Ledgers derived from the wire alone say what the embedded services really committed."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

import pytest

from equalis.archive.evidence import header_event
from equalis.archive.rundir import RunDirectory
from equalis.cases.loading import Loaded
from equalis.clock import Clock
from equalis.gateway.deriving import Deriving
from equalis.gateway.environment import Behind, Environment
from equalis.gateway.far import Answered, Far, Onward
from equalis.gateway.pki import Pki
from equalis.model.case import Case
from equalis.model.config import Config
from equalis.model.transcript import Message
from equalis.model.values import Record, as_text
from equalis.services.port import Entry
from equalis.session import DEMO, Order, new_header, runner_of
from equalis.single import Unwatched
from equalis.wire import strict_json
from equalis.wire.bindings import Bindings
from equalis.wire.opened import Opened

UNTOLD = frozenset({"prescription.lines", "consent.author", "dispense.prescription"})
"""What the services know and no answer tells; no check asks for it."""


@dataclass
class Compared:
    """The embedded services, each of whose answers is also read as if a live environment had given it."""

    inner: Far
    bindings: Bindings
    environment: str = "EMBEDDED"
    derived: Deriving = field(default_factory=Deriving)
    compared: list[str] = field(default_factory=list)
    wrong: list[str] = field(default_factory=list)

    async def answer(self, service: str, message: Message, certificate: bytes, now: datetime, script: Record, onward: Onward | None) -> Answered:
        answered = await self.inner.answer(service, message, certificate, now, script, onward)
        operation = self.bindings.recognise(service, Opened(message))
        found = self.derived.entries(self.bindings.services[service], operation, message, answered.message)
        if not script:
            self.compared += [entry.kind for entry in answered.entries]
            if differences := list(differing(answered.entries, found)):
                self.wrong.append(f"{operation.name if operation else service}: {differences}")
        return answered


def differing(real: tuple[Entry, ...], derived: tuple[Entry, ...]) -> Iterator[str]:
    """What an entry has and the derived one has not, or otherwise."""
    if [entry.kind for entry in real] != [entry.kind for entry in derived]:
        yield f"committed {real}, derived {derived}"
        return
    for one, other in zip(real, derived, strict=True):
        for name, value in one.fields.items():
            if f"{one.kind}.{name}" not in UNTOLD and value not in {None, ""} and as_text(value) != as_text(other.fields.get(name)):
                yield f"{one.kind}.{name} = {as_text(value)}, derived {as_text(other.fields.get(name))}"


def counts(case: Case) -> bool:
    return any("ledger" in item.check for item in case.expectations)


@pytest.mark.parametrize("family", ["ra-pid", "eprescription"])
def test_every_case_that_looks_at_a_ledger_finds_the_same_one_derived(
    family: str, loaded: Loaded, keys: Pki, home: Path, tmp_path: Path
) -> None:
    """Kinds, order and fields, over all the cases that count what was committed."""
    cases = [case for case in loaded.pack.cases if case.family == family and counts(case)]
    order = Order(Config(DEMO), home)
    head, clock, made = new_header(order, loaded, cases), Clock(), []

    def compared(inner: Far) -> Far:
        made.append(Compared(inner, loaded.bindings))
        return made[0]

    environment = Environment(loaded.bindings, keys, b"c" * 32, clock.now, DEMO.timeout, behind=Behind(far=compared))
    with contextlib.closing(environment), contextlib.closing(RunDirectory(tmp_path / "run")) as directory:
        directory.append(strict_json.write_line(header_event(head)))
        with contextlib.closing(runner_of(order, loaded, head, directory, environment, clock, Unwatched())) as runner:
            for case in cases:
                made[0].derived = Deriving()
                runner.play(case)
    assert not made[0].wrong
    kinds = {"ra-pid": {"payment", "deposit", "cancellation", "replacement", "simulation"}, "eprescription": {"prescription", "cancellation", "dispense"}}
    assert kinds[family] <= set(made[0].compared)
