"""Cases played one by one, in whatever order somebody asks for them (pytest); judged as in a run, and not sealed."""

from __future__ import annotations

import contextlib
import os
import tempfile
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from equalis import packs
from equalis.agreement import NoCaseError, check_words
from equalis.archive.evidence import header_event
from equalis.archive.rundir import Recorded, RunDirectory
from equalis.cases import configuration
from equalis.cases.environments import at
from equalis.cases.loading import Loaded, load_all
from equalis.clock import Clock
from equalis.gateway.credentials import CredentialError
from equalis.gateway.opening import DescriptorError, PortTakenError, UnreadyError, opened
from equalis.model.case import Case, Step
from equalis.model.config import Config
from equalis.model.health import Health, Line
from equalis.model.outcome import Blame, Outcome
from equalis.model.transcript import EMBEDDED
from equalis.model.verdict import Verdict
from equalis.reporting.blocks import PLAIN, Blocks
from equalis.reporting.text import Lines
from equalis.runner import Runner, RunStoppedError
from equalis.session import DEMO, Order, new_header, read_files, runner_of
from equalis.verifier import lines_of
from equalis.wire import strict_json

WORKER = "PYTEST_XDIST_WORKER"
"""The word by which a worker of pytest-xdist knows itself: several environments then need several ports."""


def from_file(file: Path, environment: str, *, demo: bool) -> Config:
    """The configuration of a product's equalis.toml, for an environment of it; the demonstration solution needs none.

    Raises NoEnvironmentError.
    """
    found = Config(DEMO) if demo and not file.is_file() else configuration.read(file.read_bytes(), str(file))
    return at(replace(found, solution=DEMO) if demo else found, environment, demo=demo)


class Unwatched:
    """Nobody watches a single case."""

    def run_begins(self, total: int, lines: Lines) -> None:
        """Say nothing."""

    def case_begins(self, case: Case) -> None:
        """Say nothing."""

    def waits_for(self, step: Step, what: str) -> None:
        """Say nothing."""

    def case_ends(self, case: Case, verdict: Verdict, seconds: float) -> None:
        """Say nothing."""


CANNOT_BE_PLAYED = (RunStoppedError, NoCaseError, PortTakenError, DescriptorError, UnreadyError, CredentialError)
"""What keeps a case from being played, and is no verdict."""


class Table:
    """Everything that cases are played with, opened when the first one is."""

    def __init__(self, configured: Callable[[], Config], home: Path) -> None:
        """``configured`` gives the configuration, ``home`` is the folder of the test PKI; nothing is opened yet."""
        self._configured, self._home = configured, home
        self._folders: tuple[str, ...] = ()
        self._stack = contextlib.ExitStack()
        self._loaded: Loaded | None = None
        self._runner: Runner | None = None
        self._lines: Lines = lambda _path, _line: ""

    def cases(self, path: Path) -> list[Case]:
        """The cases of a file, whose folder joins the scenarios; raises MistakesError, PackError."""
        folder = path.parent.parent.resolve()
        new = folder != packs.shipped_scenarios().resolve() and str(folder) not in self._folders
        self._folders += (str(folder),) if new else ()
        if self._loaded is None or new:
            files = read_files(self._config())
            self._loaded = load_all(files.content, files.shown)
        return [case for case in self._loaded.pack.cases if case.id == f"{path.parent.name}/{path.stem}"]

    def _config(self) -> Config:
        found = self._configured()
        return replace(found, port=0 if WORKER in os.environ else found.port, scenarios=(*found.scenarios, *self._folders))

    def play(self, case: Case) -> tuple[Verdict, str]:
        """Play a case; its verdict, and the text of everything in it that is not OK. Raises one of CANNOT_BE_PLAYED."""
        if self._runner is None:
            self._runner = self._open()
        verdict = self._runner.played(case)
        return verdict, "\n\n".join(Blocks(self._lines, self._command()).of(verdict))

    def _command(self) -> str:
        environment = self._configured().environment
        return PLAIN if environment == EMBEDDED else f"{PLAIN} --environment {environment}"

    def _open(self) -> Runner:
        order = Order(self._config(), self._home)
        files = read_files(order.config)
        loaded = load_all(files.content, files.shown)
        check_words(loaded, order.config)
        head, clock = new_header(order, loaded, loaded.pack.cases), Clock()
        environment = self._stack.enter_context(contextlib.closing(opened(order.config, order.home, loaded.bindings, head.challenge, clock.now)))
        directory = self._stack.enter_context(contextlib.closing(RunDirectory(Path(order.config.out) / head.run)))
        directory.append(strict_json.write_line(header_event(head)))
        self._lines = lines_of(Recorded(files.content))
        return self._stack.enter_context(contextlib.closing(runner_of(order, loaded, head, directory, environment, clock, Unwatched())))

    def close(self) -> None:
        """Let go of product and environment."""
        self._stack.close()


LOGIN = "ra-pid/authentification"
"""The case in which a doctor logs in, and nothing else happens."""


def _not_asked(blame: Blame, cause: str, remedy: str) -> Line:
    """A login that could not be tried: an action that nobody wrote yet is no fault, the rest is."""
    unwritten = blame is Blame.CONFIGURATION and "out of [solution] capabilities" in remedy  # as each driver says it
    return Line("token", Health.WARNING if unwritten else Health.KO, f"not asked for: {cause}", remedy)


def logged_in(config: Config, loaded: Loaded, home: Path) -> Line:
    """Whether the product obtains a token of the environment: it logs in once, in a run that nobody keeps."""
    if config.solution.driver == "operator":
        return Line("token", Health.WARNING, "not asked for: a person acts on this product", "play a first case, and see")
    case = loaded.pack.case(LOGIN)
    with tempfile.TemporaryDirectory(prefix="equalis-") as folder:
        table = Table(lambda: replace(config, out=folder), home)
        with contextlib.closing(table):
            try:
                verdict, _ = table.play(case) if case else (None, "")
            except RunStoppedError as error:
                return _not_asked(error.blame, error.cause, error.remedy.split(", then `equalis run --resume`")[0])
    if verdict is None or verdict.outcome is Outcome.NOT_APPLICABLE:
        return Line("token", Health.WARNING, f"not asked for: {verdict.reason if verdict else 'the scenarios have no login'}", "play a first case, and see")
    if verdict.faults:
        return _not_asked(verdict.faults[0].blame, verdict.faults[0].cause, verdict.faults[0].remedy)
    if any(item.expectation == "demande" and item.outcome is Outcome.OK for item in verdict.findings):
        return Line("token", Health.OK, "obtained: a doctor has logged in")
    said = next((text for item in verdict.findings for text in item.why.quoted), "the identity provider was not asked")
    again = f"equalis run --environment {config.environment}" if config.live else "equalis run"
    return Line("token", Health.KO, f"the product got none: {said}", f"play `{again} {LOGIN}`, and read what it says")
