"""Cases played one by one, in whatever order somebody asks for them (pytest); judged as in a run, and not sealed."""

from __future__ import annotations

import contextlib
import os
from dataclasses import replace
from pathlib import Path

from equalis import packs
from equalis.archive.evidence import header_event
from equalis.archive.rundir import Recorded, RunDirectory
from equalis.cases import configuration
from equalis.cases.loading import Loaded, load_all
from equalis.clock import Clock
from equalis.gateway.opening import opened
from equalis.model.case import Case, Step
from equalis.model.config import Config
from equalis.model.verdict import Verdict
from equalis.reporting.text import Lines, verdict_text
from equalis.runner import Runner
from equalis.session import DEMO, Order, new_header, read_files, runner_of
from equalis.verifier import lines_of
from equalis.wire import strict_json

WORKER = "PYTEST_XDIST_WORKER"
"""The word by which a worker of pytest-xdist knows itself: several environments then need several ports."""


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


class Table:
    """Everything that cases are played with, opened when the first one is."""

    def __init__(self, file: Path, home: Path, *, demo: bool) -> None:
        """``file`` is the product's equalis.toml, ``home`` the folder of the test PKI; nothing is opened yet."""
        self._file, self._home, self._demo = file, home, demo
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
        found = Config(DEMO) if self._demo and not self._file.is_file() else configuration.read(self._file.read_bytes(), str(self._file))
        port = 0 if WORKER in os.environ else found.port
        return replace(found, port=port, solution=DEMO if self._demo else found.solution, scenarios=(*found.scenarios, *self._folders))

    def play(self, case: Case) -> tuple[Verdict, str]:
        """Play a case; its verdict, and the text of everything in it that is not OK. Raises RunStoppedError, PortTakenError."""
        if self._runner is None:
            self._runner = self._open()
        verdict = self._runner.play(case)
        return verdict, "\n\n".join(verdict_text(verdict, self._lines))

    def _open(self) -> Runner:
        order = Order(self._config(), self._home)
        files = read_files(order.config)
        loaded = load_all(files.content, files.shown)
        head, clock = new_header(order, loaded, []), Clock()
        environment = self._stack.enter_context(contextlib.closing(opened(order.config, order.home, loaded.bindings, head.challenge, clock.now)))
        directory = self._stack.enter_context(contextlib.closing(RunDirectory(Path(order.config.out) / head.run)))
        directory.append(strict_json.write_line(header_event(head)))
        self._lines = lines_of(Recorded(files.content))
        return self._stack.enter_context(contextlib.closing(runner_of(order, loaded, head, directory, environment, clock, Unwatched())))

    def close(self) -> None:
        """Let go of product and environment."""
        self._stack.close()
