"""The event `malformed`: written, read back, held against its types; and a log without it, as earlier versions wrote them."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path

import pytest

from equalis.archive.evidence import EvidenceError, Reader
from equalis.archive.recorder import CaseRecorder
from equalis.archive.rundir import Folder, Recorded, RunDirectory
from equalis.model import transcript as nouns
from equalis.model.report import Header
from equalis.model.transcript import Transcript

MENDS = pytest.mark.mends("12")
NOW = datetime(2026, 11, 22, 10, tzinfo=UTC)
HEAD = Header("r", "", "", "", "", "", "demo", "embedded", "", ("f/c",), (), ())


def items() -> tuple[nouns.Malformed, ...]:
    whole = nouns.Malformed("s", NOW, "the field Host is missing", 400, b"GET / HTTP/1.1\r\n\r\n")
    return whole, nouns.Malformed("s", NOW, "it was cut short", 0, b"", ours=True)


def played(folder: Path, **changes: object) -> Transcript:
    """A case with two malformed requests, written and read back; ``changes`` are made in each of their events."""
    directory = RunDirectory(folder)
    recorder = CaseRecorder("f/c", directory, lambda _: None)
    recorder.event("case", at=NOW.isoformat())
    for item in items():
        recorder.malformed(item)
    recorder.event("end", at=NOW.isoformat())
    directory.close()
    log = folder / "evidence" / "log.jsonl"
    events = [json.loads(line) for line in log.read_text().splitlines()]
    log.write_text("".join(json.dumps({**event, **changes} if event["event"] == "malformed" else event) + "\n" for event in events))
    recorded = Recorded(Folder(folder))
    reader = Reader(HEAD, recorded.body)
    found = [reader.feed(event) for event in recorded.events()]
    assert isinstance(found[-1], Transcript)
    return found[-1]


@MENDS
def test_what_is_written_is_what_is_read(tmp_path: Path) -> None:
    """Reason, status, step, moment, whose it is; the first bytes stand beside the log under their digest."""
    assert played(tmp_path).malformed == items()
    events = [json.loads(line) for line in (tmp_path / "evidence" / "log.jsonl").read_text().splitlines()]
    assert (tmp_path / "evidence" / "bodies" / events[1]["head"]).read_bytes() == items()[0].head
    assert "ours" not in events[1]


@MENDS
@pytest.mark.parametrize(("key", "value"), [
    ("reason", 1), ("reason", None), ("status", "400"), ("status", True), ("status", None), ("ours", "yes"), ("at", "yesterday"), ("at", 1),
    ("head", "0" * 64), ("head", 1), ("head", "../../x"), ("step", 1),
])  # fmt: skip
def test_an_event_that_is_not_of_its_types_is_no_evidence(tmp_path: Path, key: str, value: object) -> None:
    """A bundle may hold anything."""
    with pytest.raises(EvidenceError):
        played(tmp_path, **{key: value})


def test_a_log_without_such_events_is_read_as_it_was() -> None:
    """Earlier versions wrote none."""
    reader = Reader(HEAD, lambda _: b"")
    reader.feed({"event": "case", "case": "f/c", "at": NOW.isoformat()})
    found = reader.feed({"event": "end", "case": "f/c", "at": NOW.isoformat()})
    assert found is not None
    assert not getattr(found, "malformed", ())
