"""`pytest --equalis`: cases as items of somebody else's pytest, alone and under pytest-xdist."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.conftest import REPOSITORY
from tests.foreign import HOSTILE, wrong
from tests.pace import PRODUCT

IDV = REPOSITORY / "scenarios" / "idv"
HOOK = "import json, sys\njson.load(sys.stdin)\nprint({0!r} if sys.argv[-1] not in ('reset', 'clock') else '{{}}')\n"


@pytest.fixture
def project(home: Path, tmp_path: Path) -> Path:
    """A folder of a vendor, with the keys of these tests."""
    assert home.is_dir()
    return tmp_path


def run(project: Path, home: Path, *words: str) -> subprocess.CompletedProcess[str]:
    environment = {key: value for key, value in os.environ.items() if not key.startswith("PYTEST_")} | {"EQUALIS_HOME": str(home)}
    return subprocess.run([sys.executable, "-m", "pytest", "--equalis", "-p", "no:cacheprovider", *words], cwd=project, env=environment,
                          text=True, encoding="utf-8", capture_output=True, check=False, stdin=subprocess.DEVNULL)  # fmt: skip


def product(project: Path, screen: str, capabilities: str) -> None:
    (project / "hook.py").write_text(HOOK.format(screen))
    command = json.dumps([sys.executable, "hook.py"])
    (project / "equalis.toml").write_text(
        f'[solution]\nname = "X"\ndriver = "command"\ncommand = {command}\ntimeout = {PRODUCT}\nsettle = 0.1\ncapabilities = {capabilities}\n'
    )


def test_cases_are_items_with_markers(project: Path, home: Path) -> None:
    """A file holds its case and its variants; `-m requirement` and `-k` choose as ever."""
    listed = run(project, home, "--equalis-demo", str(IDV), "--collect-only", "-q")
    assert "scenarios/idv/numero-faux.yaml::base" in listed.stdout
    assert "scenarios/idv/numero-faux.yaml::luhn" in listed.stdout
    assert "requirements.yaml" not in listed.stdout
    played = run(project, home, "--equalis-demo", str(IDV / "numero-faux.yaml"), "-m", "family and requirement", "--strict-markers")
    assert played.returncode == 0, played.stdout + played.stderr
    assert "6 passed" in played.stdout


def test_they_run_under_xdist(project: Path, home: Path) -> None:
    """Each worker with an environment of its own."""
    done = run(project, home, "--equalis-demo", str(IDV / "numero-faux.yaml"), str(IDV / "homonymes.yaml"), "-n", "2")
    assert done.returncode == 0, done.stdout + done.stderr
    assert " passed" in done.stdout
    assert "failed" not in done.stdout


def test_ko_fails_with_the_same_text_as_a_run_and_no_traceback(project: Path, home: Path) -> None:
    """What was demanded, expected, actual, and how to play it again."""
    product(project, "{}", '["idv"]')
    done = run(project, home, str(IDV / "numero-ancien.yaml"))
    assert done.returncode == 1
    assert "1 failed" in done.stdout
    assert "KO  idv/numero-ancien · accepte · IDV-055" in done.stdout
    assert "expected  state = created" in done.stdout
    assert "replay    equalis run idv/numero-ancien" in done.stdout
    assert "Traceback" not in done.stdout


def test_what_nobody_can_judge_is_an_error_and_what_does_not_apply_a_skip(project: Path, home: Path) -> None:
    """A hook that answers nonsense is no failure of the product; a capability that is not declared is no pass."""
    product(project, "no JSON", '["idv"]')
    error = run(project, home, str(IDV / "numero-ancien.yaml"))
    assert error.returncode == 1
    assert "1 error" in error.stdout
    assert "at fault  configuration" in error.stdout
    product(project, "{}", '["ra"]')
    skipped = run(project, home, str(IDV / "numero-ancien.yaml"), "-rs")
    assert "1 skipped" in skipped.stdout
    assert "does not declare the capability idv" in skipped.stdout


def test_a_live_environment_that_is_not_ready_is_an_error_and_never_a_failure(project: Path, home: Path) -> None:
    """With who is to mend it; one that nobody describes stops the collection."""
    product(project, '{"state": "created"}', '["idv"]')
    with (project / "equalis.toml").open("a") as file:
        file.write('[environments.real]\nservices = { servid = "https://localhost:9/servid" }\n')
    done = run(project, home, "--equalis-environment", "real", str(IDV / "numero-faux.yaml"), "-k", "base")
    assert "1 error" in done.stdout
    assert "the environment real is not ready: localhost:9: nothing listens at https://localhost:9" in done.stdout
    assert "mend: tell the environment's operator" in done.stdout
    assert "Traceback" not in done.stdout
    misspelt = run(project, home, "--equalis-environment", "rael", str(IDV / "numero-faux.yaml"))
    assert "no environment `rael`" in misspelt.stdout


def test_a_file_that_does_not_lint_and_a_missing_configuration_are_told(project: Path, home: Path) -> None:
    """With the line, and the remedy; exit code 2 or 4 of pytest, never a pass."""
    (project / "cases" / "idv").mkdir(parents=True)
    (project / "cases" / "idv" / "neuf.yaml").write_text("case: idv/neuf\ntitel: Neuf\nsteps: []\nexpect: []\n")
    broken = run(project, home, "--equalis-demo", "cases")
    assert broken.returncode == 2, broken.stdout
    assert "unknown key `titel`" in broken.stdout
    missing = run(project, home, str(IDV))
    assert missing.returncode == 4
    assert "`equalis init` writes it, or try --equalis-demo" in missing.stderr


@pytest.mark.mends("14")
def test_what_a_product_shows_or_complains_of_makes_no_line_of_its_own(project: Path, home: Path) -> None:
    """It crashes with that text, or answers a word that is none: told escaped, in the rows of `equalis run`."""
    foreign = HOSTILE.encode("utf-8", "ignore").decode()[-190:]
    crash = f"import sys\nif sys.argv[-1] not in ('reset', 'clock'):\n    sys.stderr.buffer.write({foreign.encode()!r})\n    sys.exit(9)\nprint('{{}}')\n"
    for hook in (crash, HOOK.format(json.dumps({"state": foreign}))):
        product(project, "", '["idv"]')
        (project / "hook.py").write_text(hook)
        done = run(project, home, str(IDV / "numero-faux.yaml"), "-k", "base")
        assert done.returncode == 1, done.stdout + done.stderr
        assert "EVIL" in done.stdout
        assert not wrong(f"{done.stdout}\n{done.stderr}")
