"""What is sealed is what was played: what vanishes or changes on the way is INCOMPLETE, never OK and never a bundle."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
from collections.abc import Callable
from pathlib import Path

import pytest

from equalis.archive.rundir import BODIES, LOG, RunDirectory

DESTROYING = {
    "the folder vanishes": "shutil.rmtree(run)",
    "the log is replaced": "(run / 'evidence/log.jsonl').unlink(); (run / 'evidence/log.jsonl').write_text('')",
    "the bodies vanish": "shutil.rmtree(run / 'evidence/bodies'); (run / 'evidence/bodies').mkdir()",
    "a body is changed": "next((run / 'evidence/bodies').iterdir()).write_text('x')",
    "the log is cut": "os.truncate(run / 'evidence/log.jsonl', 100)",
    "the log says more": "(run / 'evidence/log.jsonl').open('a').write('{\"event\":\"finished\",\"at\":\"2026-01-01T00:00:00+00:00\"}\\n')",
    "a binding is changed": "(run / 'bindings/mysecu/world.yaml').write_text('a: 1')",
    "a case vanishes": "(run / 'scenarios/ra-pid/ra-depot.yaml').unlink()",
}
MODULE = """
import os, shutil, ssl, urllib.error, urllib.request
from pathlib import Path
from equalis.solution.python import action

@action("reset")
def reset(document):
    global run, first, told
    told = document
    run, first = Path(os.environ["RUNS"]) / document["run"], document["case"].endswith("ra-depot")

@action("ra.deposit")
def deposit(inputs):
    if first:
        trusting = ssl.create_default_context(cadata=told["credentials"]["authority"])
        try:
            urllib.request.urlopen(told["services"]["eadministrative"] + "/practitioner/1/consent/MH", context=trusting, data=b"content")
        except urllib.error.HTTPError:
            pass
    else:
        {}
    return {{}}
"""


@pytest.mark.mends("10")
@pytest.mark.parametrize("name", DESTROYING)
def test_evidence_that_vanishes_in_mid_run_is_incomplete(name: str, home: Path, tmp_path: Path) -> None:
    """Exit 3 with what happened; no bundle is left that nobody could verify."""
    (tmp_path / "acting.py").write_text(MODULE.format(DESTROYING[name]))
    (tmp_path / "equalis.toml").write_text('[solution]\nname = "X"\ndriver = "python"\nmodule = "acting.py"\nsettle = 0.1\ncapabilities = ["ra"]\n')
    environment = {**os.environ, "EQUALIS_HOME": str(home), "RUNS": str(tmp_path / "reports")}
    done = subprocess.run([sys.executable, "-m", "equalis", "run", "ra-pid/ra-depot"], cwd=tmp_path, env=environment, capture_output=True, text=True, check=False,
                          stdin=subprocess.DEVNULL)  # fmt: skip
    assert done.returncode == 3, done.stdout + done.stderr
    assert "the run is INCOMPLETE" in done.stderr
    assert not list(tmp_path.glob("reports/*.asice"))


@pytest.mark.mends("10")
def test_a_body_is_as_durable_as_the_log_when_a_case_ends(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each new body, and then the names of their folder, are flushed before the log is."""
    flushed: list[str] = []
    descriptors = {}
    opened: Callable[..., int] = os.open

    def watched(path: object, *args: object, **kwargs: object) -> int:
        descriptor = opened(path, *args, **kwargs)
        descriptors[descriptor] = str(path)
        return descriptor

    monkeypatch.setattr(os, "open", watched)
    monkeypatch.setattr(os, "fsync", lambda descriptor: flushed.append(descriptors.get(descriptor, "?")))
    directory = RunDirectory(tmp_path / "run")
    digest = directory.body(b"content")
    directory.append(b"{}\n")
    directory.sync()
    directory.body(b"content")
    directory.sync()
    directory.close()
    folder = tmp_path / "run"
    assert flushed == [str(folder / BODIES / digest), str(folder / BODIES), str(folder / LOG), str(folder / LOG)]
    assert threading.active_count()
