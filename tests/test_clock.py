"""The environment's clock: it can be moved, and a machine whose own clock jumps is noticed."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from equalis.clock import Clock
from equalis.model.outcome import Blame

NOON = datetime(2026, 11, 24, 12, tzinfo=UTC)


@pytest.mark.parametrize(("wall", "ticks", "noticed"), [(60, 60, False), (61.5, 60, False), (-3600, 1, True), (3600, 1, True)])
def test_a_wall_clock_that_does_not_run_with_the_monotonic_one_has_jumped(wall: float, ticks: float, noticed: bool) -> None:
    """Two seconds of drift are forgiven, an hour is not; an offset of the case is no jump."""
    gone = [0.0, 0.0]
    clock = Clock(wall=lambda: NOON + timedelta(seconds=gone[0]), ticks=lambda: gone[1])
    clock.offset = 1860
    gone[:] = [wall, ticks]
    found = clock.jump()
    assert (found is not None) is noticed
    if found:
        assert found.blame is Blame.CONFIGURATION
        assert "jumped" in found.cause
    clock.begin()
    assert clock.offset == 0
    assert clock.jump() is None
