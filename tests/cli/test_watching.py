"""`equalis run --watch`: played again whenever a file changes, until Ctrl-C."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from equalis.cli.watching import EVERY, stamps, wait_for_change
from tests.pace import PATIENCE, PRODUCT


def until(what: str, process: subprocess.Popen[str], seen: list[str]) -> None:
    """Read on until a line holds the text."""
    assert process.stderr
    for line in process.stderr:
        seen.append(line)
        if what in line:
            return
    message = f"{what!r} never came: {''.join(seen)}"
    raise AssertionError(message)


@pytest.mark.usefixtures("ctrl_c")
def test_a_change_plays_the_cases_again_and_a_mistake_is_told_and_waited_out(home: Path, tmp_path: Path) -> None:
    """Three times: as it was, broken, mended; Ctrl-C ends with the last code."""
    file = tmp_path / "equalis.toml"
    file.write_text(f'[solution]\nname = "X"\ndriver = "demo"\ntimeout = {PRODUCT}\nsettle = 0.2\ncapabilities = ["idv"]\n')
    environment = {**os.environ, "EQUALIS_HOME": str(home), "PYTHONUNBUFFERED": "1"}
    process = subprocess.Popen([sys.executable, "-m", "equalis", "run", "idv/numero-faux", "--watch", "equalis.toml"], cwd=tmp_path,
                               env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)  # fmt: skip
    seen: list[str] = []
    until("watching equalis.toml", process, seen)
    right = file.read_text()
    file.write_text(right.replace("driver", "drivre"))
    until("did you mean `driver`?", process, seen)
    until("watching equalis.toml", process, seen)
    file.write_text(right)
    until("watching equalis.toml", process, seen)
    process.send_signal(signal.SIGINT)
    assert process.wait(PATIENCE) == 0
    assert len(list((tmp_path / "reports").glob("*.asice"))) == 2


def test_what_a_run_writes_itself_is_no_change_and_several_writes_are_one(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Reports are not watched; a change counts when it has come to rest."""
    (tmp_path / "reports").mkdir()
    (tmp_path / "cases.yaml").write_text("a")
    before = stamps([tmp_path])
    (tmp_path / "reports" / "run.asice").write_text("x")
    assert stamps([tmp_path]) == before

    left = ["b", "c", "d"]

    def written(seconds: float) -> None:
        """Between two looks somebody saves, at a moment of its own, until it is done."""
        assert seconds == EVERY
        if left:
            (tmp_path / "cases.yaml").write_text(left.pop(0))
            os.utime(tmp_path / "cases.yaml", ns=(len(left), len(left)))

    monkeypatch.setattr("equalis.cli.watching.time.sleep", written)
    after = wait_for_change([tmp_path], before)
    assert not left
    assert after == stamps([tmp_path]) != before
