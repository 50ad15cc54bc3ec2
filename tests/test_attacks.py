"""A holder of the runner's key re-seals an altered run: each lie is refused or comes out (trust.md)."""

from __future__ import annotations

import json
import shutil
import zipfile
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from equalis import __version__
from equalis.archive import bundle, keys
from equalis.archive.bundle import NotAuthenticError
from equalis.verifier import verify

Event = dict[str, Any]


def flip(folder: Path) -> None:
    path = folder / "report.json"
    path.write_text(path.read_text().replace('"outcome": "KO"', '"outcome": "OK"'))


def log(change: Callable[[list[Event]], list[Event]]) -> Callable[[Path], None]:
    def apply(folder: Path) -> None:
        path = folder / "evidence" / "log.jsonl"
        events = [json.loads(line) for line in path.read_text().splitlines()]
        path.write_text("".join(json.dumps(event) + "\n" for event in change(events)))

    return apply


def header(**changes: object) -> Callable[[Path], None]:
    return log(lambda events: [{**events[0], **changes}, *events[1:]])


def both(*changes: Callable[[Path], None]) -> Callable[[Path], None]:
    def apply(folder: Path) -> None:
        for change in changes:
            change(folder)

    return apply


def without_ko_case(events: list[Event]) -> list[Event]:
    last = events[-2]["case"]
    return [event for event in events if event.get("case") != last]


ATTACKS = {
    "verdicts flipped": flip,
    "verdicts flipped and the end cut off": both(flip, log(lambda events: events[:-1])),
    "a case dropped": log(without_ko_case),
    "a case dropped from plan and log": both(log(without_ko_case), header(plan=["ra-pid/jeton"])),
    "a case played twice": log(lambda events: [*events[:-1], *events[1:-1], events[-1]]),
    "a body replaced": lambda folder: next((folder / "evidence" / "bodies").iterdir()).write_bytes(b"x"),
    "a case edited": lambda folder: (folder / "scenarios/ra-pid/jeton.yaml").write_text("case: x\n"),
    "the log gone": lambda folder: (folder / "evidence" / "log.jsonl").unlink(),
    "an unmet wait of another type": log(lambda events: [*events[:2], {"event": "unmet", "case": events[1]["case"], "step": 1, "wait": ""}, *events[2:]]),
    "no plan": header(plan=None),
    "a plan of other things": header(plan=[1, {}]),
    "no capabilities": header(capabilities=None),
    "a challenge of another type": header(challenge=3),
    "an older run's header": header(format=0),
}


@pytest.fixture(scope="module")
def unpacked(demo_bundle: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The files of a run, without its seal."""
    folder = tmp_path_factory.mktemp("unpacked") / "run"
    with zipfile.ZipFile(demo_bundle) as archive:
        archive.extractall(folder)
    shutil.rmtree(folder / "META-INF")
    (folder / "mimetype").unlink()
    return folder


@pytest.mark.parametrize("name", ATTACKS)
def test_a_signed_lie_is_refused(name: str, unpacked: Path, home: Path, tmp_path: Path) -> None:
    """The seal is sound, and verify says that it is not authentic all the same."""
    folder = tmp_path / "run"
    shutil.copytree(unpacked, folder)
    if "flipped" in name:
        path = folder / "report.json"
        path.write_text(path.read_text().replace('"outcome": "OK"', '"outcome": "KO"', 3))
        path.write_text(path.read_text() + "\n")
    ATTACKS[name](folder)
    path = tmp_path / "run.asice"
    bundle.make(folder, path, keys.load(home / "keys"), datetime.now(UTC))
    with pytest.raises(NotAuthenticError):
        verify(path)


def test_an_honest_re_seal_is_authentic(unpacked: Path, home: Path, tmp_path: Path) -> None:
    """The control of the attacks above: nothing altered, nothing refused."""
    path = tmp_path / "run.asice"
    bundle.make(unpacked, path, keys.load(home / "keys"), datetime.now(UTC))
    assert verify(path).report.complete


@pytest.mark.parametrize(("old", "new", "accepted"), [('"actual": "', '"actual": "in other words ', True), ('"outcome": "OK"', '"outcome": "KO"', False)])
def test_another_version_may_word_a_finding_otherwise_and_nothing_more(
    unpacked: Path, home: Path, tmp_path: Path, old: str, new: str, accepted: bool
) -> None:
    """A bundle of an older equalis holds as long as every verdict is the same."""
    folder = tmp_path / "run"
    shutil.copytree(unpacked, folder)
    header(tool="0.0.9")(folder)
    report = folder / "report.json"
    report.write_text(report.read_text().replace(f'"tool": "{__version__}"', '"tool": "0.0.9"').replace(old, new))
    path = tmp_path / "run.asice"
    bundle.make(folder, path, keys.load(home / "keys"), datetime.now(UTC))
    if accepted:
        assert verify(path).report.complete
    else:
        with pytest.raises(NotAuthenticError, match="verdicts"):
            verify(path)
