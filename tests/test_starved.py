"""`make test-starved`: a command beside busy loops, which are there while it runs and gone afterwards."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from tests.conftest import REPOSITORY
from tests.pace import waited

LOOK = """
import json, os, pathlib, sys
others = []
for path in pathlib.Path("/proc").glob("[0-9]*/stat"):
    try:
        words = path.read_text().rpartition(")")[2].split()
    except OSError:
        continue
    if int(words[1]) == os.getppid() and int(path.parent.name) != os.getpid():
        others.append(int(path.parent.name))
print(json.dumps([len(os.sched_getaffinity(0)), others]))
sys.exit(7)
"""


@pytest.mark.skipif(not Path("/proc/self/stat").exists(), reason="it binds to a core, which is Linux")
@pytest.mark.mends("8")
@pytest.mark.parametrize("where", ["--one-core", "--per-core"])
def test_a_command_runs_beside_busy_loops_which_are_ended_with_it(where: str) -> None:
    """As many as were asked for, on its own core or on each; its exit code comes back."""
    done = subprocess.run([sys.executable, REPOSITORY / "tools" / "starved.py", where, "1", sys.executable, "-c", LOOK], capture_output=True, text=True, check=False)
    assert done.returncode == 7, done.stderr
    cores, loops = json.loads(done.stdout)
    assert len(loops) == (1 if where == "--one-core" else cores)
    assert cores == 1 or where == "--per-core"
    assert waited(lambda: not any(Path(f"/proc/{loop}").exists() for loop in loops))
