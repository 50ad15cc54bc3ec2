"""`run` is record, then judge: plays cases, judges them, leaves a run directory and a bundle."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol

from equalis.archive.evidence import EvidenceError, Reader
from equalis.archive.recorder import CaseRecorder
from equalis.archive.rundir import Recorded, RunDirectory
from equalis.asking import DriverDefectError, ask
from equalis.cases.citations import UnknownCitationError, resolve
from equalis.cases.contract import ObservationError, observed
from equalis.cases.families import worlds
from equalis.cases.plain import record, texts
from equalis.clock import Clock
from equalis.gateway.calling import CallError
from equalis.gateway.environment import Environment
from equalis.gateway.pulse import late
from equalis.judge import judge
from equalis.judge.judging import not_applicable
from equalis.model.case import Action, Case, Family, Step
from equalis.model.config import Config
from equalis.model.outcome import Blame, Outcome
from equalis.model.report import Header
from equalis.model.transcript import Fault, Observation, Transcript
from equalis.model.values import Record, Value
from equalis.model.verdict import Verdict, retried
from equalis.solution.operator import LeftError
from equalis.solution.port import Driver, DriverError, ProductFailure, Reset
from equalis.wire.bindings import Bindings

POLL = 0.01
OWN_RETRIES = 2
"""How often a case is played again that we spoilt ourselves by a delay."""


class RunStoppedError(Exception):
    """The run cannot go on; it stays INCOMPLETE and can be resumed. Says why, who is at fault, and what to do."""

    def __init__(self, cause: str, remedy: str, blame: Blame = Blame.CONFIGURATION) -> None:
        """Keep the parts."""
        super().__init__(cause, remedy, blame)
        self.cause, self.remedy, self.blame = cause, remedy, blame

    def __str__(self) -> str:
        """What went wrong."""
        return self.cause


def delayed(verdict: Verdict) -> bool:
    """Whether nobody could judge a case because we were late ourselves."""
    return verdict.outcome is Outcome.INCONCLUSIVE and any(item.blame is Blame.EQUALIS and late(item.cause) for item in verdict.faults)


class Progress(Protocol):
    """Who watches a run."""

    def run_begins(self, total: int, lines: Callable[[str, int], str]) -> None:
        """So many cases will be played; ``lines`` gives the lines of their files."""

    def case_begins(self, case: Case) -> None:
        """A case is about to be played."""

    def waits_for(self, step: Step, what: str) -> None:
        """A step waits for something."""

    def case_ends(self, case: Case, verdict: Verdict, seconds: float) -> None:
        """A case was judged."""


@dataclass
class Runner:
    """Everything that a run needs, opened by its caller and closed by it."""

    config: Config
    families: Mapping[str, Family]
    bindings: Bindings
    defaults: Mapping[str, Record]
    header: Header
    directory: RunDirectory
    environment: Environment
    clock: Clock
    drivers: Callable[[], Driver]
    progress: Progress
    recorded: Recorded
    _driver: Driver | None = None
    _played: int = 0
    _later: dict[str, Value] = field(default_factory=dict)

    def play(self, case: Case) -> Verdict:
        """Play one case, judge what was recorded; raises RunStoppedError."""
        self.progress.case_begins(case)
        started = time.monotonic()
        transcript: list[Transcript] = []
        reader = Reader(self.header, self.recorded.body)

        def told(event: Mapping[str, Any]) -> None:
            found = reader.feed(event)
            if found is not None:
                transcript.append(found)

        recorder = CaseRecorder(case.name, self.directory, told, self.environment.redactor)
        self.clock.begin()
        recorder.event("case", at=self.clock.now().isoformat())
        if not not_applicable(case, self.header.blank(case.name)):
            self._play(case, recorder)
            self.environment.drain()
        self._check_disk()
        if (jump := self.clock.jump()) is not None:
            recorder.fault(jump)
        try:
            recorder.event("end", at=self.clock.now().isoformat())
        except EvidenceError as error:
            cause = f"what was recorded cannot be read back: {error}"
            raise RunStoppedError(cause, f"see who else writes into {self.directory.folder}, and begin a new run") from None
        self.directory.sync()
        self._check_disk()
        verdict = judge(case, transcript[0], self.bindings)
        self.progress.case_ends(case, verdict, time.monotonic() - started)
        if transcript[0].faults and (lost := self.environment.lost):
            remedy = "tell the environment's operator, and when it answers again `equalis run --resume` the directory"
            cause = f"after {case.name}, {lost}"
            raise RunStoppedError(cause, remedy, Blame.ENVIRONMENT)
        return verdict

    def played(self, case: Case) -> Verdict:
        """Play one case, and again where we spoilt the play ourselves by a delay; raises RunStoppedError."""
        verdict = self.play(case)
        for _ in range(OWN_RETRIES):
            if delayed(verdict):
                verdict = retried(verdict, self.play(case))
        return verdict

    def close(self) -> None:
        """Let go of the solution."""
        if self._driver is not None:
            self._driver.close()
            self._driver = None

    def _play(self, case: Case, recorder: CaseRecorder) -> None:
        if not self.environment.listening:
            cause = f"the gateway no longer listens on port {self.environment.port}"
            raise RunStoppedError(cause, "see that the port stays free, then `equalis run --resume` the directory")
        if span := self.environment.closed(self.clock.now()):
            cause = f"the environment {self.header.environment} is not to be used from {span.replace('-', ' to ')} (Luxembourg time)"
            raise RunStoppedError(cause, "wait, then `equalis run --resume` the directory", Blame.ENVIRONMENT)
        self._later = {}
        family = self.families[case.family]
        self.environment.begin_case(recorder, worlds(family, case.given, self.defaults))
        driver = self._reset(case)
        self._played += 1
        try:
            for step in case.steps:
                self._step(family, step, driver, recorder)
            self._settle(driver)
        except LeftError as error:
            raise RunStoppedError(error.cause, error.remedy) from None
        except DriverError as error:
            recorder.fault(Fault(Blame.CONFIGURATION, error.cause, error.remedy))
        except DriverDefectError as error:
            with contextlib.suppress(Exception):  # it may hang, or break again; it is met anew by the next case
                self.close()
            self._driver = None
            recorder.fault(Fault(Blame.EQUALIS, error.cause, error.remedy))
        if not self.environment.listening:
            cause = f"the gateway stopped listening on port {self.environment.port} in mid-case"
            recorder.fault(Fault(Blame.EQUALIS, cause, "see that the port stays free, and play the case again"))

    def _reset(self, case: Case) -> Driver:
        """Prepare the solution; one that died in an earlier case is started anew."""
        given = {key: value for key, value in case.given.items() if "matricule" in record(value)}
        reset = Reset(
            run=self.header.run, case=case.name, world=(*texts(case.given.get("world")), *self._switches), persons=given,
            services=self.environment.addresses, credentials=self.environment.credentials, identifiers=self.environment.identifiers,
        )  # fmt: skip
        try:
            if self._driver is None:
                self._driver = self.drivers()
            self._driver.reset(reset)
        except DriverError as error:
            if not self._played or isinstance(error, LeftError):
                raise RunStoppedError(error.cause, error.remedy) from None
            self.close()
            try:
                self._driver = self.drivers()
                self._driver.reset(reset)
            except DriverError as error:
                cause = f"the solution does not come back: {error.cause}"
                raise RunStoppedError(cause, error.remedy) from None
        return self._driver

    @property
    def _switches(self) -> tuple[str, ...]:
        """What is true at this environment in every case, and the solution must know."""
        return self.config.live.switches if self.config.live else ()

    def _step(self, family: Family, step: Step, driver: Driver, recorder: CaseRecorder) -> None:
        self._check_disk()
        self.environment.begin_step(step)
        recorder.event("step", step=step.id, at=self.clock.now().isoformat())
        if step.pause:
            self.clock.offset += step.pause
            driver.clock(self.clock.offset)
            return
        if step.call:
            self._call(step, recorder)
            return
        action = family.actions[step.action]
        self.progress.waits_for(step, f"{action.name} to be done")
        observation = self._act(action, step, driver, recorder)
        self.environment.acted()
        recorder.observation(observation)
        self._later[step.id] = {"seen": observation.fields}
        wait = self._wait(step, driver)
        if wait:
            recorder.event("unmet", step=step.id, wait=wait)

    def _call(self, step: Step, recorder: CaseRecorder) -> None:
        """Call an operation in another party's name; what comes out otherwise than is due was awaited in vain."""
        self.progress.waits_for(step, f"the answer to {step.call}")
        try:
            inputs = record(resolve(step.input, {"steps": self._later, "nonce": self.environment.nonces}, now=True))
            answer = self.environment.call(step, inputs)
        except UnknownCitationError as error:
            recorder.event("unmet", step=step.id, wait=f"{step.call} was not called: {error}")
            return
        except CallError as error:
            recorder.fault(Fault(error.blame, error.cause, error.remedy, step.id))
            return
        self._later[step.id] = {"answer": answer.fields}
        if step.answers not in {0, answer.status}:
            recorder.event("unmet", step=step.id, wait=f"{step.call} answered HTTP {answer.status} where {step.answers} was due")

    def _act(self, action: Action, step: Step, driver: Driver, recorder: CaseRecorder) -> Observation:
        """Ask for the action; a failure of the product is an observation, not a Fault."""
        try:
            inputs = record(resolve(step.input, {"steps": self._later, "nonce": self.environment.nonces}, now=True))
        except UnknownCitationError as error:
            # what the case cites never came about: the product gave nothing to go on with
            return Observation(step.id, action.name, self.clock.now(), {}, failure=f"not asked: {error}")
        try:
            seen = ask(driver, action, step, inputs)
        except ProductFailure as failure:
            return Observation(step.id, action.name, self.clock.now(), {}, failure=str(failure))
        for item in seen.attachments:
            recorder.attachment(step.id, item.name, item.media, item.content)
        try:
            fields = observed(action, seen.fields)
        except ObservationError as error:
            raise DriverError(error.cause, error.remedy) from None
        return Observation(step.id, action.name, self.clock.now(), fields, seen.attested)

    def _wait(self, step: Step, driver: Driver) -> str:
        """Wait for the step's end; what it waited for in vain, empty when it came about."""
        until, deadline = step.until, time.monotonic() + step.until.within
        awaited = " or ".join(until.seen)
        if awaited:
            self.progress.waits_for(step, awaited)
        while True:
            refused = "tls" in step.inject and self.environment.refusals > 0
            seen = not awaited or refused or any(map(self.environment.seen, until.seen))
            quiet = self._quiet(driver)
            if seen and (quiet or not until.settled):
                return ""
            if quiet and not seen:
                return f"{awaited} was never called"
            if time.monotonic() > deadline:
                return f"{'the end of the work' if seen else awaited} within {until.within:g} s"
            time.sleep(POLL)

    def _settle(self, driver: Driver) -> None:
        """Let the solution finish what it began; one that does not is let go, and met anew by the next case."""
        deadline = time.monotonic() + max(self.config.solution.settle, self.config.solution.timeout) * 2
        while not self._quiet(driver):
            if time.monotonic() > deadline:
                self.close()
                return
            time.sleep(POLL)

    def _quiet(self, driver: Driver) -> bool:
        """Whether nothing is left to do: the hook says idle, or there was silence long enough."""
        if self.environment.in_flight:
            return False
        idle = driver.idle()
        if idle is None:
            idle = self.environment.silence >= self.config.solution.settle
        if idle:
            self.environment.caught_up()
        return idle and not self.environment.in_flight

    def _check_disk(self) -> None:
        error = self.directory.error
        if error is not None:
            cause = f"evidence cannot be written to {self.directory.folder}: {error.strerror}"
            raise RunStoppedError(cause, "make room there, then `equalis run --resume` the directory")
