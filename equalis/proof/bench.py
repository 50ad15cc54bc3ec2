"""A bench: one environment and one demonstration solution, on which a worker plays job after job."""

from __future__ import annotations

import atexit
import contextlib
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

from equalis.archive.evidence import header_event
from equalis.archive.rundir import Recorded, RunDirectory
from equalis.cases.loading import load_all
from equalis.clock import Clock
from equalis.model.case import Case, Step
from equalis.model.config import Config
from equalis.model.verdict import Verdict
from equalis.reporting.text import Lines
from equalis.runner import Runner
from equalis.session import DEMO, Bodies, Order, new_header, open_environment, read_files
from equalis.solution.demo import DemoDriver
from equalis.wire import strict_json


@dataclass(frozen=True, slots=True)
class Job:
    """Cases to play against the demonstration solution with some defects; ``label`` names its folder."""

    label: str
    defects: tuple[str, ...]
    cases: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Played:
    """One case of a job: its verdict, and the defects that the solution asked for meanwhile."""

    case: str
    verdict: Verdict
    asked: frozenset[str]
    seconds: float


@dataclass(frozen=True, slots=True)
class Place:
    """Where a bench finds its keys, and where it keeps the evidence of its jobs."""

    home: Path
    keep: Path


class Unwatched:
    """Nobody watches a single case of a proof; the seconds that it took are kept."""

    seconds = 0.0

    def run_begins(self, total: int, lines: Lines) -> None:
        """Say nothing."""

    def case_begins(self, case: Case) -> None:
        """Say nothing."""

    def waits_for(self, step: Step, what: str) -> None:
        """Say nothing."""

    def case_ends(self, case: Case, verdict: Verdict, seconds: float) -> None:  # noqa: ARG002 - the port's signature
        """Keep the time."""
        self.seconds = seconds


class Bench:
    """Everything that a job needs, opened once a worker."""

    def __init__(self, place: Place) -> None:
        """Open the environment; raises MistakesError, OSError."""
        self._place = place
        self._order = Order(Config(DEMO), place.home)
        self.loaded = load_all(read_files(self._order.config).content)
        self._clock = Clock()
        head = new_header(self._order, self.loaded, [])
        self._head = head
        self._environment = open_environment(self._order, self.loaded, head, self._clock)
        self._driver: DemoDriver | None = None
        self._defects: tuple[str, ...] = ()

    def close(self) -> None:
        """Let go of the demonstration solution and of the environment."""
        if self._driver is not None:
            self._driver.close()
        self._environment.close()

    def play(self, job: Job) -> tuple[Played, ...]:
        """Play the cases of a job; what was recorded stays in the job's folder."""
        known = {case.name: case for case in self.loaded.pack.cases}
        directory = RunDirectory(self._place.keep / job.label)
        head = replace(self._head, defects=job.defects, plan=job.cases)
        with contextlib.closing(directory):
            directory.append(strict_json.write_line(header_event(head)))
            watch = Unwatched()
            runner = Runner(
                config=self._order.config, families=self.loaded.pack.families, bindings=self.loaded.bindings,
                defaults=self.loaded.defaults, header=head, directory=directory, environment=self._environment,
                clock=self._clock, drivers=self._started(job.defects), progress=watch,
                recorded=Recorded(Bodies(directory.folder)),
            )  # fmt: skip
            played = []
            for name in job.cases:
                verdict = runner.play(known[name])
                asked = self._driver.asked() if self._driver else frozenset[str]()
                played.append(Played(name, verdict, asked, watch.seconds))
            return tuple(played)

    def _started(self, defects: tuple[str, ...]) -> Callable[[], DemoDriver]:
        """The solution with these defects; a process that runs already is told of them."""

        def driver() -> DemoDriver:
            if self._driver is None or self._driver.closed:
                self._driver = DemoDriver(DEMO)
            self._driver.switch(defects)
            return self._driver

        return driver


_bench: list[Bench] = []
"""The bench of this worker process."""


def open_bench(place: Place) -> None:
    """Open the bench of a worker process; it is closed with the process."""
    bench = Bench(place)
    _bench.append(bench)
    atexit.register(bench.close)


def play(job: Job) -> tuple[Played, ...]:
    """Play a job on the bench of this worker process."""
    return _bench[0].play(job)
