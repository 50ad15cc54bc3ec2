"""A thread in which calls run one after another, each awaited for so long and no longer."""

from __future__ import annotations

import queue
import threading
from collections.abc import Callable
from typing import Any


class LateError(Exception):
    """What was asked was not done in time."""


class Lane:
    """One daemon thread in which everything runs, one call after another."""

    def __init__(self) -> None:
        """Start it."""
        self._calls: queue.Queue[tuple[Callable[[], Any], queue.Queue[tuple[bool, Any]]] | None] = queue.Queue()
        threading.Thread(target=self._run, name="actions", daemon=True).start()

    def _run(self) -> None:
        while (call := self._calls.get()) is not None:
            function, answer = call
            try:
                answer.put((True, function()))
            except BaseException as error:  # noqa: BLE001 - whatever the function raises is told to whoever asked
                answer.put((False, error))

    def call(self, function: Callable[[], Any], limit: float) -> Any:
        """What the function returns; raises what it raised, LateError when it does not come back."""
        answer: queue.Queue[tuple[bool, Any]] = queue.Queue()
        self._calls.put((function, answer))
        try:
            done, found = answer.get(timeout=limit)
        except queue.Empty:
            raise LateError from None
        if not done:
            raise found
        return found

    def close(self) -> None:
        """Let the thread end after what it does now."""
        self._calls.put(None)
