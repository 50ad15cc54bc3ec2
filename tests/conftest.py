"""What several tests need: a home with keys, the loaded pack, a sealed run of the demonstration solution."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Callable, Generator, Iterator
from pathlib import Path

import pytest
from hypothesis import settings

from equalis import packs
from equalis.cases.loading import Loaded, load_all
from equalis.gateway import pki
from equalis.gateway.pki import Pki

settings.register_profile("local", deadline=None)
settings.register_profile("ci", deadline=None, derandomize=True)
settings.load_profile("ci" if os.environ.get("CI") else "local")

REPOSITORY = Path(__file__).parent.parent
Equalis = Callable[..., subprocess.CompletedProcess[str]]


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--no-skips", action="store_true", help="A skipped test fails the session.")


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    report = yield
    if report.skipped and item.config.getoption("--no-skips"):
        report.outcome = "failed"
        report.longrepr = f"{item.nodeid} was skipped, and no test may be"
    return report


@pytest.fixture(scope="session")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A user's folder: the PKI and the runner's key are made in it once."""
    return tmp_path_factory.mktemp("home")


@pytest.fixture(scope="session")
def keys(home: Path) -> Pki:
    """The test PKI."""
    return pki.load(home / "pki")


@pytest.fixture(scope="session")
def loaded() -> Loaded:
    """The shipped scenarios and bindings."""
    return load_all({**packs.scenarios().content, **packs.bindings().content})


@pytest.fixture
def equalis(home: Path, tmp_path: Path) -> Equalis:
    """Run the program as a user would, in an empty folder."""

    def run(*words: str, cwd: Path = tmp_path) -> subprocess.CompletedProcess[str]:
        environment = {**os.environ, "EQUALIS_HOME": str(home), "COLUMNS": "100", "NO_COLOR": "1"}
        command = [sys.executable, "-m", "equalis", *words]
        return subprocess.run(command, cwd=cwd, env=environment, capture_output=True, text=True, check=False,
                              encoding="utf-8", stdin=subprocess.DEVNULL)  # fmt: skip

    return run


@pytest.fixture(scope="session")
def demo_bundle(home: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A sealed run of a few cases, made once."""
    folder = tmp_path_factory.mktemp("demo")
    environment = {**os.environ, "EQUALIS_HOME": str(home), "EQUALIS_DEMO_PATIENCE": "20"}  # so that no play is made anew
    words = ["run", "--demo", "ra-pid/pid-consultation-enfant", "ra-pid/pid-consultation-adulte@dette-recuperee", "ra-pid/ra-depot", "--out", str(folder)]
    subprocess.run([sys.executable, "-m", "equalis", *words], env=environment, cwd=folder, check=True,
                   capture_output=True, stdin=subprocess.DEVNULL)  # fmt: skip
    return next(folder.glob("*.asice"))


@pytest.fixture(scope="session")
def good_bundle(home: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A sealed run that calls every embedded service, made once."""
    folder = tmp_path_factory.mktemp("good")
    cases = ["ra-pid/ra-annulation@refusee", "ra-pid/pid-contestation@deux-anomalies", "idv/homonymes", "idv/par-matricule", "eprescription/etat"]
    subprocess.run([sys.executable, "-m", "equalis", "run", "--demo", *cases, "--out", str(folder)], cwd=folder, check=True,
                   env={**os.environ, "EQUALIS_HOME": str(home), "EQUALIS_DEMO_PATIENCE": "20"}, capture_output=True, stdin=subprocess.DEVNULL)  # fmt: skip
    return next(folder.glob("*.asice"))


@pytest.fixture
def ctrl_c() -> Iterator[None]:
    """Ctrl-C reaches what the test starts, even where the tests themselves run in a background that ignores it."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)
