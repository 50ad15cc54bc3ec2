"""Asking a driver: what it brings back, and what becomes of one that fails or hangs."""

from __future__ import annotations

import threading
from collections.abc import Callable

import pytest

from equalis.asking import DriverDefectError, ask
from equalis.model.case import Action, Step
from equalis.model.source import Source
from equalis.model.values import Record
from equalis.solution.port import DriverError, ProductFailure, Reset, Seen
from tests.pace import PATIENCE

ACTION = Action("pid.bill", "", (), (), Source(""))
STEP = Step("s", "", Source(""))


class Driver:
    """A driver that does what the test says."""

    def __init__(self, act: Callable[[], Seen], patience: float | None = PATIENCE) -> None:
        self._act, self.patience = act, patience

    def act(self, action: Action, step: Step, inputs: Record) -> Seen:
        assert (action, step, inputs) == (ACTION, STEP, {})
        return self._act()

    def reset(self, reset: Reset) -> None:
        raise AssertionError(reset)

    def clock(self, offset: float) -> None:
        raise AssertionError(offset)

    def idle(self) -> bool | None:
        return None

    def close(self) -> None:
        return


def fails(error: Exception) -> Callable[[], Seen]:
    def act() -> Seen:
        raise error

    return act


@pytest.mark.parametrize("patience", [PATIENCE, None])
def test_what_a_driver_says_is_passed_on(patience: float | None) -> None:
    """Observations, and its two own errors."""
    seen = Seen({"state": "paid"})
    assert ask(Driver(lambda: seen, patience), ACTION, STEP, {}) is seen
    for error in (DriverError("cause", "remedy"), ProductFailure("gone")):
        with pytest.raises(type(error)):
            ask(Driver(fails(error), patience), ACTION, STEP, {})


@pytest.mark.parametrize("patience", [PATIENCE, None])
def test_any_other_error_is_a_defect_of_the_driver(patience: float | None) -> None:
    """Said with its type and text."""
    with pytest.raises(DriverDefectError, match="ZeroDivisionError: by nothing") as caught:
        ask(Driver(fails(ZeroDivisionError("by nothing")), patience), ACTION, STEP, {})
    assert caught.value.remedy


def test_a_driver_that_does_not_come_back_is_given_up() -> None:
    """After its own patience; a person has none to lose."""
    over = threading.Event()

    def late() -> Seen:
        assert over.wait(PATIENCE)
        return Seen({})

    with pytest.raises(DriverDefectError, match=r"did not come back from pid\.bill within 0\.2 s"):
        ask(Driver(late, 0.2), ACTION, STEP, {})
    threading.Timer(0.5, over.set).start()
    assert ask(Driver(late, None), ACTION, STEP, {}).fields == {}
