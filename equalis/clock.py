"""The environment's clock, and whether the machine's own clock can be believed."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from equalis.model.outcome import Blame
from equalis.model.transcript import Fault

TOLERANCE = 2.0
"""Seconds by which the wall clock may drift from the monotonic one during a case."""


def _wall() -> datetime:
    return datetime.now(UTC)


@dataclass
class Clock:
    """The true time, ahead by ``offset`` seconds; ``wall`` and ``ticks`` are the machine's two clocks."""

    offset: float = 0.0
    wall: Callable[[], datetime] = _wall
    ticks: Callable[[], float] = time.monotonic
    _began: tuple[datetime, float] = field(init=False)
    _worst: float = field(init=False, default=0.0)

    def __post_init__(self) -> None:
        """Begin to watch."""
        self.begin()

    def now(self) -> datetime:
        """The moment, in UTC; each reading is held against the monotonic clock."""
        wall = self.wall()
        self._compare(wall)
        return wall + timedelta(seconds=self.offset)

    def _compare(self, wall: datetime) -> None:
        began, ticks = self._began
        gone = (wall - began).total_seconds() - (self.ticks() - ticks)
        if abs(gone) > abs(self._worst):
            self._worst = gone

    def begin(self) -> None:
        """A case begins: no offset, and what jumps from here on is noticed."""
        self.offset = 0.0
        self._began, self._worst = (self.wall(), self.ticks()), 0.0

    def jump(self) -> Fault | None:
        """The Fault of a wall clock that was set during the case, None when it ran evenly."""
        self._compare(self.wall())
        if abs(self._worst) <= TOLERANCE:
            return None
        cause = f"the clock of this machine jumped by {self._worst:+.0f} s during the case"
        return Fault(Blame.CONFIGURATION, cause, "synchronise it (NTP), let it run evenly, and play the case again")


def synchronised() -> bool | None:
    """Whether the kernel says that its clock is synchronised (NTP); None on a machine that does not say."""
    import ctypes  # noqa: PLC0415 - only the doctor asks

    try:
        libc = ctypes.CDLL(None)
        state = libc.adjtimex(ctypes.create_string_buffer(SIZE_OF_TIMEX))  # modes 0: it only tells
    except (OSError, AttributeError, TypeError):  # another system than Linux
        return None
    return None if state < 0 else state != TIME_ERROR


SIZE_OF_TIMEX, TIME_ERROR = 512, 5
"""More than `struct timex` has on any architecture, and the state of a clock that nobody synchronises (adjtimex(2))."""
