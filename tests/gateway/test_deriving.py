"""Ledgers derived from the wire alone say what the embedded services really committed."""

from __future__ import annotations

import contextlib
import gzip
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
from equalis.wire.unreadable import UnreadableError

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


def answered(loaded: Loaded, status: int, body: bytes, *headers: tuple[str, str]) -> tuple[Entry, ...]:
    """What the consent of a patient commits with this answer."""
    request = Message("POST /eadministrative/practitioner/1985031421294/consent HTTP/1.1", (), b'{"type": "MH", "endAt": "2027-01-01T00:00:00Z"}')
    operation = loaded.bindings.recognise("eadministrative", Opened(request))
    return Deriving().entries(loaded.bindings.services["eadministrative"], operation, request, Message(f"HTTP/1.1 {status} x", headers, body))


def test_an_error_commits_nothing_whatever_it_says(loaded: Loaded) -> None:
    """4xx and 5xx, and a redirect to what exists already."""
    assert [answered(loaded, status, b"<html>") for status in (302, 400, 409, 500, 503)] == [()] * 5


@pytest.mark.parametrize("status", [200, 201, 204])
def test_every_status_of_success_commits(loaded: Loaded, status: int) -> None:
    """The published one, and those with which a live environment may answer instead."""
    ((entry),) = answered(loaded, status, b"")
    assert (entry.kind, entry.fields) == ("consent", {"matricule": "1985031421294", "type": "MH"})


def test_an_answer_that_cannot_be_read_leaves_open_what_it_committed(loaded: Loaded) -> None:
    """That is raised, and becomes a Fault: an empty ledger would be a wrong KO, or a wrong OK."""
    request = Message("POST /eprescription/Bundle HTTP/1.1", (), b"{}")
    operation = loaded.bindings.recognise("eprescription", Opened(request))
    for body, headers in ((b"not json", ()), (b"\x1f\x8bspoilt", (("Content-Encoding", "gzip"),))):
        with pytest.raises(UnreadableError):
            Deriving().entries(loaded.bindings.services["eprescription"], operation, request, Message("HTTP/1.1 201 x", headers, body))


def test_the_same_commit_told_twice_is_one(loaded: Loaded) -> None:
    """An environment that answers a repetition as it answered the first has one prescription."""
    request = Message("POST /eprescription/Bundle HTTP/1.1", (), b"{}")
    operation = loaded.bindings.recognise("eprescription", Opened(request))
    answer = Message("HTTP/1.1 201 x", (("Content-Encoding", "gzip"),), gzip.compress(b'{"entry": [{"resource": {"resourceType": "Task", "id": "P1"}}]}'))
    deriving = Deriving()
    told = [deriving.entries(loaded.bindings.services["eprescription"], operation, request, answer) for _ in range(2)]
    assert [len(entries) for entries in told] == [1, 0]
    assert told[0][0].fields["prescription"] == "P1"


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
