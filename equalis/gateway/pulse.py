"""The pulse of the gateway's own loop: whether it stood still while a product waited, and for how long there was silence.

A process that is stopped, a machine that is starved, a thread that keeps the interpreter: the loop beats late, and what the
product gave up meanwhile is our fault. Time in which the loop did not run is no silence either: nobody was listening.
"""

from __future__ import annotations

import asyncio
import time
from collections import deque

INTERVAL = 0.02
"""Seconds between two beats."""
JITTER = 0.05
"""Seconds by which a beat may be late before it counts: what delays each turn a little shows in how long an answer takes."""
SHARE = 0.4
"""The part of a product's patience that the loop may stand still without anybody being harmed."""
STALLED = "equalis stood still"
"""How the cause of a stall of our own begins."""
HASTE = "too long for a product that waits"
"""How the cause of an answer of ours that came late goes on."""
BUSY = "play the case again on a machine that is less busy (`--retry-inconclusive 2`), or set a longer [solution] timeout"


def late(cause: str) -> bool:
    """Whether the cause of a Fault is a delay of ours that was measured."""
    return STALLED in cause or HASTE in cause


class Pulse:
    """Beats in the listener's loop; read from any thread."""

    def __init__(self, patience: float) -> None:
        """``patience`` is how many seconds the product waits for an answer: late beats are summed over so long."""
        self._patience = patience
        self._last = time.monotonic()
        self._late: deque[tuple[float, float]] = deque()
        self._worst = 0.0
        self._quiet, self._touched = 0.0, True

    def start(self, loop: asyncio.AbstractEventLoop) -> None:
        """Begin to beat; in the loop's own thread."""
        self._last = time.monotonic()
        loop.call_later(INTERVAL, self._beat, loop)

    def _beat(self, loop: asyncio.AbstractEventLoop) -> None:
        now = time.monotonic()
        gap, self._last = now - self._last, now
        if gap - INTERVAL > JITTER:
            self._late.append((now, gap - INTERVAL))
        while self._late and self._late[0][0] < now - self._patience:
            self._late.popleft()
        self._worst = max(self._worst, sum(late for _, late in self._late))
        self._quiet, self._touched = 0.0 if self._touched else self._quiet + min(gap, INTERVAL + JITTER), False
        loop.call_later(INTERVAL, self._beat, loop)

    def touch(self) -> None:
        """Something happened: silence is counted from now."""
        self._quiet, self._touched = 0.0, True

    @property
    def quiet(self) -> float:
        """Seconds of silence for which the loop was listening."""
        return 0.0 if self._touched else self._quiet

    def begin(self) -> None:
        """A case begins: what was late before is not its own."""
        self._worst = 0.0
        self._late.clear()

    @property
    def stall(self) -> float:
        """Seconds for which the loop stood still since the case began, the most within the product's patience; 0.0 when it is harmless."""
        now = time.monotonic()
        standing = max(0.0, now - self._last - INTERVAL - JITTER)
        worst = max(self._worst, standing + sum(late for moment, late in tuple(self._late) if moment >= now - self._patience))
        return worst if worst > self._patience * SHARE else 0.0
