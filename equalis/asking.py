"""Asking a driver for an action: a driver that fails or hangs is our fault, never the product's."""

from __future__ import annotations

import threading
from collections.abc import Callable

from equalis.model.case import Action, Step
from equalis.model.values import Record
from equalis.solution.port import Driver, DriverError, ProductFailure, Seen


class DriverDefectError(Exception):
    """The driver itself broke: it raised what no driver may raise, or never came back."""

    def __init__(self, cause: str) -> None:
        """Keep what happened."""
        super().__init__(cause)
        self.cause = cause
        self.remedy = "report it to the makers of equalis with the run directory"


def ask(driver: Driver, action: Action, step: Step, inputs: Record) -> Seen:
    """What the driver brings back; raises DriverError, ProductFailure, DriverDefectError."""
    if driver.patience is None:  # a person takes the time that it takes
        return _guarded(lambda: driver.act(action, step, inputs))
    found: list[Seen | Exception] = []

    def act() -> None:
        try:
            found.append(_guarded(lambda: driver.act(action, step, inputs)))
        except (DriverError, ProductFailure, DriverDefectError) as error:
            found.append(error)

    thread = threading.Thread(target=act, name="driver", daemon=True)
    thread.start()
    thread.join(driver.patience)
    if not found:
        message = f"the driver did not come back from {action.name} within {driver.patience:g} s"
        raise DriverDefectError(message)
    if isinstance(found[0], Exception):
        raise found[0]
    return found[0]


def _guarded(act: Callable[[], Seen]) -> Seen:
    try:
        return act()
    except (DriverError, ProductFailure):
        raise
    except Exception as error:
        message = f"the driver failed: {type(error).__name__}: {error}"
        raise DriverDefectError(message) from error
