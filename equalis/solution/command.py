"""The driver `command`: a program of the vendor, run once for each action.

It gets the action's name as its last argument and a JSON object on standard input, and answers the
observations as one JSON object on standard output. ``reset`` and ``clock`` are called the same way.
"""

from __future__ import annotations

import json
import subprocess
from collections.abc import Mapping
from typing import Any

from equalis.model.case import Action, Step
from equalis.model.config import Solution
from equalis.model.values import Record
from equalis.solution.http import ACTION_TIMEOUTS, GRACE
from equalis.solution.plain import plain, reset_document, sound
from equalis.solution.port import DriverError, ProductFailure, Reset, Seen

UNSUPPORTED_EXIT = 78
"""The exit code by which the program says that it does not know an action (EX_CONFIG)."""


class CommandDriver:
    """Runs ``[solution] command`` with the action's name appended."""

    def __init__(self, solution: Solution) -> None:
        """Keep the command; nothing runs yet."""
        self._command = list(solution.command)
        self._limit = solution.timeout * ACTION_TIMEOUTS + GRACE
        self.patience: float | None = self._limit + GRACE

    def reset(self, reset: Reset) -> None:
        """Run the command with ``reset``."""
        self._configured("reset", reset_document(reset))

    def clock(self, offset: float) -> None:
        """Run the command with ``clock``."""
        self._configured("clock", {"offset": offset})

    def act(self, action: Action, step: Step, inputs: Record) -> Seen:  # noqa: ARG002 - the port's signature
        """Run the command with the action's name."""
        done = self._run(action.name, plain(inputs))
        if done.returncode == UNSUPPORTED_EXIT:
            cause = f"the command does not know the action {action.name} (exit {UNSUPPORTED_EXIT})"
            raise DriverError(cause, "implement it, or take its capability out of [solution] capabilities")
        if done.returncode:
            message = f"the command ended with {done.returncode}: {done.stderr.strip()[-200:]}"
            raise ProductFailure(message)
        try:
            document = sound(json.loads(done.stdout))
        except (ValueError, RecursionError):
            document = None
        if document is None:
            cause = f"the command printed no JSON object for {action.name}: {done.stdout[:120]!r}"
            raise DriverError(cause, "print the observations of actions.yaml as one JSON object")
        return Seen(document)

    def idle(self) -> bool | None:
        """A command cannot tell."""
        return None

    def close(self) -> None:
        """Nothing to let go."""

    def _configured(self, word: str, document: Mapping[str, Any]) -> None:
        try:
            done = self._run(word, document)
        except ProductFailure as failure:
            raise DriverError(str(failure), f"make the command answer `{word}` at once") from None
        if done.returncode:
            cause = f"the command ended with {done.returncode} for `{word}`: {done.stderr.strip()[-200:]}"
            raise DriverError(cause, "correct `command` under [solution] in equalis.toml")

    def _run(self, word: str, document: object) -> subprocess.CompletedProcess[str]:
        try:
            return subprocess.run(
                [*self._command, word], input=json.dumps(document), text=True, encoding="utf-8", errors="replace",
                capture_output=True, timeout=self._limit, check=False,
            )  # fmt: skip
        except subprocess.TimeoutExpired:
            message = f"the command did not end within {self._limit:g} s"
            raise ProductFailure(message) from None
        except OSError as error:
            cause = f"the command {self._command[0]!r} cannot be run: {error.strerror}"
            raise DriverError(cause, "correct `command` under [solution] in equalis.toml") from None
