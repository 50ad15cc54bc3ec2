"""kill -9 at any moment: everything recorded is readable, the run is INCOMPLETE, and it resumes."""

from __future__ import annotations

import json
import os
import random
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tests.pace import PRODUCT, waited

CASES = ["ra-pid/pid-consultation-enfant", "ra-pid/jeton", "ra-pid/ra-annulation"]


@pytest.mark.parametrize("moment", range(20))
def test_a_killed_run_is_readable_incomplete_and_resumes(home: Path, tmp_path: Path, moment: int) -> None:
    """Twenty moments, spread over a run: from its first line to its seal."""
    environment = {**os.environ, "EQUALIS_HOME": str(home)}

    def equalis(*words: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run([sys.executable, "-m", "equalis", *words], cwd=tmp_path, env=environment, text=True,
                              capture_output=True, check=False, stdin=subprocess.DEVNULL)  # fmt: skip

    process = subprocess.Popen([sys.executable, "-m", "equalis", "run", "--demo", *CASES], cwd=tmp_path, env=environment,
                               stdout=subprocess.DEVNULL, stdin=subprocess.DEVNULL)  # fmt: skip
    assert waited(lambda: _begun(tmp_path)), "the run never began"
    (log,) = _begun(tmp_path)
    time.sleep(random.Random(moment).uniform(0, 2 * PRODUCT))  # noqa: S311 - any spread will do, the same each time
    process.kill()
    process.wait()
    folder = log.parent.parent
    lines = log.read_bytes().split(b"\n")
    for line in lines[:-1]:
        json.loads(line)
    ended = any(b'"event":"finished"' in line for line in lines)
    shown = equalis("verify", str(folder))
    assert shown.returncode == (0 if ended else 3), shown.stdout + shown.stderr
    assert ended or "INCOMPLETE" in shown.stdout
    resumed = equalis("run", "--resume", str(folder))
    assert resumed.returncode == 0, resumed.stdout + resumed.stderr
    (bundle,) = (tmp_path / "reports").glob("*.asice")
    sealed = equalis("verify", str(bundle))
    assert sealed.returncode == 0, sealed.stdout + sealed.stderr
    assert "13 of 13 cases judged: 0 KO" in sealed.stdout


def _begun(folder: Path) -> list[Path]:
    return [log for log in folder.glob("reports/*/evidence/log.jsonl") if log.stat().st_size]
