"""Bundles that somebody forged: the files of a real run, changed, and sealed again with a key of their own."""

from __future__ import annotations

import json
import shutil
import zipfile
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from equalis.archive import bundle, keys
from equalis.archive.rundir import Folder, Recorded
from equalis.reporting import document, junit
from equalis.verifier import lines_of, rejudged

Event = dict[str, Any]


def unpacked(source: Path, folder: Path) -> Path:
    """The files of a bundle, without its seal."""
    with zipfile.ZipFile(source) as archive:
        archive.extractall(folder)
    shutil.rmtree(folder / "META-INF")
    (folder / "mimetype").unlink()
    return folder


def events(folder: Path, change: Callable[[list[Event]], list[Event]]) -> None:
    """Rewrite the log of a run."""
    path = folder / "evidence" / "log.jsonl"
    found = [json.loads(line) for line in path.read_text().splitlines()]
    path.write_text("".join(json.dumps(event) + "\n" for event in change(found)))


def header(folder: Path, **changes: object) -> None:
    """Rewrite what a run says of itself."""
    events(folder, lambda found: [{**found[0], **changes}, *found[1:]])


def recomputed(folder: Path) -> None:
    """Write the report that the changed evidence comes to, as whoever forges would."""
    recorded = Recorded(Folder(folder))
    report = rejudged(recorded)
    (folder / "report.json").write_bytes(document.render(report))
    (folder / "junit.xml").write_bytes(junit.render(report, lines_of(recorded)))


def sealed(folder: Path, home: Path) -> Path:
    """Seal a changed run with a key that somebody made."""
    path = folder.with_name(f"{folder.name}.asice")
    bundle.make(folder, path, keys.load(home / "keys"), datetime.now(UTC))
    return path


def as_live(folder: Path) -> None:
    """Make an embedded recording say that a live environment answered each call of it."""
    header(folder, environment="somewhere", holds=["invented-persons"], services=[])

    def answered(found: list[Event]) -> list[Event]:
        peer = {"event": "peer", "address": "192.0.2.1:443", "version": "TLSv1.3", "cipher": "x", "chain": []}
        return [item for event in found for item in ([{**peer, "case": event["case"], "n": event["n"]}, event] if event["event"] == "answer" else [event])]

    events(folder, answered)
