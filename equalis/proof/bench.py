"""A bench: one environment and one demonstration solution, on which a worker plays job after job."""

from __future__ import annotations

import atexit
import contextlib
import signal
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

from equalis.archive.evidence import header_event
from equalis.archive.rundir import Bodies, Recorded, RunDirectory
from equalis.cases.loading import load_all
from equalis.clock import Clock
from equalis.gateway import pki
from equalis.gateway.environment import Behind, Environment
from equalis.gateway.opening import opened
from equalis.gateway.pulse import late
from equalis.model.config import Config
from equalis.model.outcome import Blame, Outcome
from equalis.model.report import Header
from equalis.model.verdict import Verdict
from equalis.proof import attribution, loosening, saved, stalling
from equalis.proof.attribution import Attributed
from equalis.proof.injections import Stage
from equalis.proof.loosening import Noticed
from equalis.proof.pretending import Pretended, Pretending, saying
from equalis.proof.stalling import RETRIES, Stalled
from equalis.runner import Runner, delayed
from equalis.session import DEMO, Order, new_header, read_files
from equalis.single import Unwatched
from equalis.solution.demo import DemoDriver
from equalis.solution.port import Driver
from equalis.wire import strict_json


@dataclass(frozen=True, slots=True)
class Job:
    """Cases to play against the demonstration solution with some defects; ``label`` names its folder."""

    label: str
    defects: tuple[str, ...]
    cases: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Played:
    """One case of a job: its verdict, the defects that the solution asked for meanwhile, and how often it was played:
    again where we were late ourselves.
    """

    case: str
    verdict: Verdict
    asked: frozenset[str]
    times: int = 1


@dataclass(frozen=True, slots=True)
class Place:
    """Where a bench finds its keys, and where it keeps the evidence of its jobs."""

    home: Path
    keep: Path
    config: Config


class Bench:
    """Everything that a job needs, opened once a worker."""

    def __init__(self, place: Place) -> None:
        """Open the environment; raises MistakesError, OSError."""
        self._place = place
        self._order = Order(place.config, place.home)
        self.loaded = load_all(read_files(self._order.config).content)
        self._cases = {case.name: case for case in self.loaded.pack.cases}
        self._clock = Clock()
        self._pki = pki.load(place.home / "pki")
        self._head = new_header(self._order, self.loaded, [])
        self._environment = opened(self._order.config, self._order.home, self.loaded.bindings, self._head.challenge, self._clock.now)
        self._driver: DemoDriver | None = None

    def close(self) -> None:
        """Let go of the demonstration solution and of the environment."""
        if self._driver is not None:
            self._driver.close()
        self._environment.close()

    def play(self, job: Job) -> tuple[Played, ...]:
        """Play the cases of a job; what was recorded stays in the job's folder."""
        head = replace(self._head, defects=job.defects, plan=job.cases)
        stage = Stage(self._pki, next(iter(self._cases.values())), self.loaded.bindings, self._clock)
        with contextlib.closing(RunDirectory(self._place.keep / job.label)) as directory:
            runner = self._runner(stage, head, directory, self._environment, self._started(job.defects))
            played = []
            for name in job.cases:
                verdict, times = runner.play(self._cases[name]), 1
                while times <= RETRIES and delayed(verdict):
                    verdict, times = runner.play(self._cases[name]), times + 1
                asked = self._driver.asked() if self._driver else frozenset[str]()
                played.append(Played(name, verdict, asked, times))
            return tuple(played)

    def stall(self, kind: str, number: int, defect: str, names: tuple[str, ...]) -> Stalled:
        """Play cases while this process is stopped now and then, or starved."""
        defects = (defect,) if defect else ()
        head = replace(self._head, defects=defects, plan=names)
        stage = Stage(self._pki, self._cases[names[0]], self.loaded.bindings, self._clock)
        with contextlib.closing(RunDirectory(self._place.keep / f"{kind}-{number:02}-{defect or 'conforming'}")) as directory:
            runner = self._runner(stage, head, directory, self._environment, self._started(defects))
            return stalling.played(kind, defect, names, lambda name: runner.play(self._cases[name]))

    def weaken(self, label: str, killed: tuple[tuple[str, str], ...]) -> list[Noticed]:
        """Judge what a job recorded again, each of its KO (case, expectation) weakened."""
        found = saved.transcripts(self._place.keep / label)
        return loosening.judged_again(self._cases, found, killed, self.loaded.bindings)

    def pretend(self, product: str, names: tuple[str, ...]) -> Pretended:
        """Play cases against a product that calls nobody; those that are OK all the same."""
        driver = Pretending(saying(product, self.loaded.bindings))
        head = replace(self._head, plan=names)
        stage = Stage(self._pki, self._cases[names[0]], self.loaded.bindings, self._clock)
        passed = []
        with contextlib.closing(RunDirectory(self._place.keep / f"pretended-{product.replace(' ', '-')}")) as directory:
            runner = self._runner(stage, head, directory, self._environment, lambda: driver)
            for name in names:
                driver.case = self._cases[name]
                if runner.play(driver.case).outcome is Outcome.OK:
                    passed.append(name)
        return Pretended(product, len(names), tuple(passed))

    def attribute(self, name: str) -> Attributed:
        """Play a case with a fault of the environment or of equalis injected; again where we were late besides."""
        injected = {item.name: item for item in (*attribution.INJECTIONS, attribution.CONTROL)}[name]
        meant = injected.blame is Blame.EQUALIS and injected is not attribution.CONTROL  # a delay of ours may be the fault itself
        stage = Stage(self._pki, self._cases[attribution.CASE], self.loaded.bindings, Clock())
        for number in range(RETRIES + 1):
            found = attribution.attribute(injected, stage, self._spoilt, self._place.keep / f"attribution-{name}-{number}")
            if meant or not late(found.cause):
                break
        return found

    def _spoilt(self, stage: Stage, folder: Path) -> tuple[Outcome, list[tuple[Blame, str, str]]]:
        """Play the case of a stage with its own environment; the outcome, and every fault that was found."""
        challenge = bytes.fromhex(self._head.challenge)
        environment = Environment(stage.bindings, stage.pki, challenge, stage.clock.now, DEMO.timeout, behind=Behind(far=stage.far))
        started = self._started(())
        head = replace(self._head, plan=(stage.case.name,))
        with contextlib.closing(environment), contextlib.closing(stage.directory(folder)) as directory:
            runner = self._runner(stage, head, directory, environment, lambda: stage.driver(started(), environment))
            verdict = runner.play(stage.case)
        return verdict.outcome, [(fault.blame, fault.cause, fault.remedy) for fault in verdict.faults]

    def _runner(
        self, stage: Stage, head: Header, directory: RunDirectory, environment: Environment,
        drivers: Callable[[], Driver],
    ) -> Runner:  # fmt: skip
        directory.append(strict_json.write_line(header_event(head)))
        return Runner(
            config=self._order.config, families=self.loaded.pack.families, bindings=stage.bindings,
            defaults=self.loaded.defaults, header=head, directory=directory, environment=environment,
            clock=stage.clock, drivers=drivers, progress=Unwatched(), recorded=Recorded(Bodies(directory.folder)),
        )  # fmt: skip

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
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # whoever ordered the proof ends it
    bench = Bench(place)
    _bench.append(bench)
    atexit.register(bench.close)


def play(job: Job) -> tuple[Played, ...]:
    """Play a job on the bench of this worker process."""
    return _bench[0].play(job)


def weaken(label: str, killed: tuple[tuple[str, str], ...]) -> list[Noticed]:
    """Weaken the expectations of a job on the bench of this worker process."""
    return _bench[0].weaken(label, killed)


def pretend(product: str, names: tuple[str, ...]) -> Pretended:
    """Play cases against a product that calls nobody, on the bench of this worker process."""
    return _bench[0].pretend(product, names)


def stall(kind: str, number: int, defect: str, names: tuple[str, ...]) -> Stalled:
    """Play cases on a machine that stands still or is starved, on the bench of this worker process."""
    return _bench[0].stall(kind, number, defect, names)


def attribute(name: str) -> Attributed:
    """Inject a fault on the bench of this worker process."""
    return _bench[0].attribute(name)
