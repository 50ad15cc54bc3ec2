"""The driver `http`: the solution's own hook (``docs/hook.openapi.json``)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from equalis.model.case import Action, Step
from equalis.model.config import Solution
from equalis.model.values import Record
from equalis.solution import reading
from equalis.solution.hook import SAID, GoneError, Hook, Reply
from equalis.solution.lane import LateError
from equalis.solution.plain import plain, reset_document
from equalis.solution.port import DriverError, ProductFailure, Reset, Seen

NOT_SUPPORTED = frozenset({404, 501})
DONE = range(200, 300)
GRACE = 5.0
ACTION_TIMEOUTS = 12.0
"""An action may make several calls, each as long as the solution's own timeout."""


class HttpDriver:
    """Calls ``POST /equalis/reset``, ``/equalis/actions/{action}``, ``/equalis/clock`` and ``GET /equalis/idle``."""

    def __init__(self, solution: Solution) -> None:
        """Nothing is asked yet."""
        self._hook = Hook(solution.url)
        self._limit = solution.timeout * ACTION_TIMEOUTS + GRACE
        self.patience: float | None = self._limit + GRACE

    def reset(self, reset: Reset) -> None:
        """Tell the solution about the case."""
        self._told("equalis/reset", reset_document(reset), self._limit)

    def act(self, action: Action, step: Step, inputs: Record) -> Seen:  # noqa: ARG002 - the port's signature
        """Ask for an action; what the product does wrong is evidence, what the hook lacks is not."""
        try:
            answer = self._hook.ask(f"equalis/actions/{action.name}", plain(inputs), self._limit)
        except LateError:
            message = f"no answer within {self._limit:g} s"
            raise ProductFailure(message) from None
        except GoneError as error:
            message = f"the product went away: {error}"
            raise ProductFailure(message) from None
        if answer.status in NOT_SUPPORTED:
            cause = f"the hook does not know the action {action.name}"
            remedy = "implement it, or take the capability that needs it out of [solution] capabilities"
            raise DriverError(cause, remedy)
        if answer.failed:
            message = f"HTTP {answer.status}: {answer.text}"
            raise ProductFailure(message)
        return Seen(_document(answer))

    def clock(self, offset: float) -> None:
        """Move the solution's clock."""
        self._told("equalis/clock", {"offset": offset}, self._limit)

    def idle(self) -> bool | None:
        """Ask the hook; None when it cannot tell, or does not in time: then silence decides."""
        try:
            answer = self._hook.ask("equalis/idle", None, GRACE)
        except GoneError:
            return True  # the product is gone: nothing more will come
        except LateError:
            return None
        if answer.status in NOT_SUPPORTED:
            return None
        told = _document(_good(answer, "equalis/idle")).get("idle")
        if not isinstance(told, bool):
            cause = f"{SAID} to equalis/idle neither true nor false: {answer.text!r}"
            raise DriverError(cause, 'answer {"idle": true} or {"idle": false}, or 501 where the product cannot tell')
        return told

    def close(self) -> None:
        """Close the connections."""
        self._hook.close()

    def _told(self, path: str, document: Mapping[str, Any] | None, limit: float) -> Reply:
        """POST a document, or GET one; raises DriverError."""
        try:
            return _good(self._hook.ask(path, document, limit), path)
        except LateError:
            how = f"no answer within {limit:g} s"
        except GoneError as error:
            how = str(error)
        cause = f"the solution does not answer at {self._hook.url}/{path}: {how}"
        raise DriverError(cause, "start the product, or correct `url` under [solution] in equalis.toml")


def _good(answer: Reply, path: str) -> Reply:
    """An answer that says that all went well; raises DriverError."""
    if answer.status not in DONE:
        cause = f"{SAID} HTTP {answer.status} to {path}: {answer.text}"
        raise DriverError(cause, f"mend /{path} in the product's hook")
    return answer


def _document(answer: Reply) -> Record:
    """The JSON object of an answer; raises DriverError."""
    if answer.status not in DONE:
        cause = f"{SAID} HTTP {answer.status}, which is neither done nor failed"
        raise DriverError(cause, "answer 200 with the observations; nothing is followed elsewhere")
    return reading.document(answer.content, SAID)
