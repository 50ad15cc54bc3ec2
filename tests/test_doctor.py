"""`equalis doctor`: each line is OK or says how to mend it, and the demo is healthy."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import sys
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from equalis.cases.loading import Loaded
from equalis.doctor import examined
from equalis.model.config import Config, Solution
from equalis.model.health import Health, Line
from equalis.session import DEMO, driver_maker
from tests.conftest import Equalis

NOW = datetime.now(UTC)


@pytest.fixture
def own(home: Path, keys: object, tmp_path: Path) -> Path:
    """A copy of the keys, to be spoilt."""
    assert keys
    folder = tmp_path / "home"
    shutil.copytree(home / "pki", folder / "pki")
    return folder


def looked(config: Config, loaded: Loaded, home: Path, now: datetime = NOW) -> dict[str, Line]:
    return {line.subject: line for line in examined(config, loaded, home, driver_maker(config.solution, (), None), now)}


def test_the_demonstration_solution_is_healthy(equalis: Equalis) -> None:
    """Every line OK, exit 0."""
    done = equalis("doctor", "--demo")
    assert done.returncode == 0, done.stdout + done.stderr
    assert all(line.startswith("OK ") for line in done.stdout.splitlines()), done.stdout
    assert "driver         demo: reset, and says when it is idle" in done.stdout


def test_a_product_that_does_not_answer_is_told_before_any_case(equalis: Equalis, tmp_path: Path) -> None:
    """KO with the remedy, exit 3: a run would be INCONCLUSIVE, never KO."""
    (tmp_path / "equalis.toml").write_text('[solution]\nname = "X"\ndriver = "http"\nurl = "http://127.0.0.1:9"\ntimeout = 1\ncapabilities = ["idv"]\n')
    done = equalis("doctor")
    assert done.returncode == 3
    assert "KO       driver         http: the solution does not answer" in done.stdout
    assert "mend: start the product" in done.stdout
    assert "warning  capabilities" in done.stdout
    assert "Traceback" not in done.stderr


def _port_taken(loaded: Loaded, home: Path, folder: Path) -> Line:
    with socket.socket() as plain:
        plain.bind(("127.0.0.1", 0))
        return looked(Config(DEMO, port=plain.getsockname()[1], out=str(folder)), loaded, home)["port"]


def _key_of_another(loaded: Loaded, home: Path, folder: Path) -> Line:
    shutil.copy(home / "pki" / "gateway.key", home / "pki" / "solution.key")
    return looked(Config(DEMO, out=str(folder)), loaded, home)["certificates"]


def _nearly_over(loaded: Loaded, home: Path, folder: Path) -> Line:
    return looked(Config(DEMO, out=str(folder)), loaded, home, NOW + timedelta(days=3640))["certificates"]


def _misspelt(loaded: Loaded, home: Path, folder: Path) -> Line:
    return looked(Config(Solution("X", "operator", capabilities=("idvv",)), out=str(folder)), loaded, home)["capabilities"]


def _none_declared(loaded: Loaded, home: Path, folder: Path) -> Line:
    return looked(Config(Solution("X", "operator"), out=str(folder)), loaded, home)["capabilities"]


@pytest.mark.parametrize("spoil", [_port_taken, _key_of_another, _nearly_over, _misspelt, _none_declared])
def test_what_is_wrong_is_ko_with_its_remedy(loaded: Loaded, own: Path, tmp_path: Path, spoil: Callable[[Loaded, Path, Path], Line]) -> None:
    """A taken port, a key that does not fit, certificates about to expire, a misspelt capability, none at all."""
    line = spoil(loaded, own, tmp_path)
    assert line.health is Health.KO, line
    assert line.found
    assert line.remedy


def test_functions_that_nobody_wrote_yet_are_a_warning(home: Path, tmp_path: Path) -> None:
    """The driver `python` knows its own file."""
    (tmp_path / "acts.py").write_text('from equalis.solution.python import action\n\n@action("idv.create")\ndef create(inputs):\n    return {}\n')
    (tmp_path / "equalis.toml").write_text('[solution]\nname = "X"\ndriver = "python"\nmodule = "acts.py"\ntimeout = 1\ncapabilities = ["idv"]\n')
    done = subprocess.run([sys.executable, "-m", "equalis", "doctor"], cwd=tmp_path, env={**os.environ, "EQUALIS_HOME": str(home)}, text=True,
                          capture_output=True, check=False, stdin=subprocess.DEVNULL)  # fmt: skip
    assert done.returncode == 0, done.stdout
    assert "warning  actions        no function yet for" in done.stdout
    assert "idv.verify" in done.stdout
    assert "idv.create" not in done.stdout


@pytest.mark.parametrize(("answer", "health"), [("print('{\"state\": \"connected\"}')", "KO"), ("print('{}')", "KO"), ("sys.exit(78)", "warning")])
def test_a_token_is_obtained_only_when_the_product_asked_for_one(equalis: Equalis, tmp_path: Path, answer: str, health: str) -> None:
    """To say that one is connected proves nothing; an action that nobody wrote yet is no fault."""
    hook = tmp_path / "hook.py"
    hook.write_text(f"import sys\nsys.stdin.read()\nif sys.argv[-1] == 'reset':\n    print('{{}}')\nelse:\n    {answer}\n", encoding="utf-8")
    (tmp_path / "equalis.toml").write_text(
        f'[solution]\nname = "X"\ndriver = "command"\ncommand = ["{sys.executable}", "{hook}"]\nsettle = 0.1\ntimeout = 5\ncapabilities = ["idv"]\n', encoding="utf-8")
    done = equalis("doctor")
    (line,) = [line for line in done.stdout.splitlines() if " token " in line]
    assert line.startswith(f"{health} "), done.stdout
    assert done.returncode == (3 if health == "KO" else 0)
