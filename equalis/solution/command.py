"""The driver `command`: a program of the vendor, run once for each action.

It gets the action's name as its last argument and a JSON object on standard input, and answers the
observations as one JSON object on standard output. ``reset`` and ``clock`` are called the same way.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from equalis.model.case import Action, Step
from equalis.model.config import Solution
from equalis.model.values import Record
from equalis.solution.http import ACTION_TIMEOUTS, GRACE
from equalis.solution.plain import plain, reset_document
from equalis.solution.port import DriverError, ProductFailure, Reset, Seen
from equalis.solution.process import Printed, Program, TooLongError, TooMuchError
from equalis.solution.reading import TOLD, document, oversize, sayable

UNSUPPORTED_EXIT = 78
"""The exit code by which the program says that it does not know an action (EX_CONFIG)."""


class CommandDriver:
    """Runs ``[solution] command`` with the action's name appended."""

    def __init__(self, solution: Solution) -> None:
        """Keep the command; nothing runs yet."""
        self._command = list(solution.command)
        self._limit = solution.timeout * ACTION_TIMEOUTS + GRACE
        self.patience: float | None = self._limit + GRACE
        self._running: Program | None = None

    def reset(self, reset: Reset) -> None:
        """Run the command with ``reset``."""
        self._configured("reset", reset_document(reset))

    def clock(self, offset: float) -> None:
        """Run the command with ``clock``."""
        self._configured("clock", {"offset": offset})

    def act(self, action: Action, step: Step, inputs: Record) -> Seen:  # noqa: ARG002 - the port's signature
        """Run the command with the action's name."""
        done = self._run(action.name, plain(inputs))
        if done.code == UNSUPPORTED_EXIT:
            cause = f"the command does not know the action {action.name} (exit {UNSUPPORTED_EXIT})"
            raise DriverError(cause, "implement it, or take its capability out of [solution] capabilities")
        if done.code:
            message = f"the command ended with {done.code}: {sayable(done.errors[-TOLD:])}"
            raise ProductFailure(message)
        return Seen(document(done.output, f"the command printed for {action.name}"))

    def idle(self) -> bool | None:
        """A command cannot tell."""
        return None

    def close(self) -> None:
        """End what still runs."""
        if self._running is not None:
            self._running.kill()

    def _configured(self, word: str, told: Mapping[str, Any]) -> None:
        try:
            done = self._run(word, told)
        except ProductFailure as failure:
            raise DriverError(str(failure), f"make the command answer `{word}` at once") from None
        if done.code:
            cause = f"the command ended with {done.code} for `{word}`: {sayable(done.errors[-TOLD:])}"
            raise DriverError(cause, "correct `command` under [solution] in equalis.toml")

    def _run(self, word: str, given: object) -> Printed:
        try:
            self._running = Program([*self._command, word])
        except (OSError, ValueError) as error:
            cause = f"the command {self._command[0]!r} cannot be run: {getattr(error, 'strerror', '') or error}"
            raise DriverError(cause, "correct `command` under [solution] in equalis.toml") from None
        try:
            return self._running.finish(json.dumps(given).encode(), self._limit)
        except TooLongError as error:
            message = f"the command {error}"
            raise ProductFailure(message) from None
        except TooMuchError:
            cause = f"the command printed for {word}"
            raise oversize(cause) from None
        finally:
            self._running = None
