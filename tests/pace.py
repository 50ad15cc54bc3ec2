"""How long the tests wait: for events, with a patience of a minute; and how long a product under test waits for an answer."""

from __future__ import annotations

import time
from collections.abc import Callable

from equalis.session import DEMO

PATIENCE = 60.0
"""Seconds after which an event that did not come is missed."""
PRODUCT = DEMO.timeout
"""Seconds for which a product of a test waits; EQUALIS_DEMO_PATIENCE lengthens them on a machine that is starved."""


def waited(seen: Callable[[], object], patience: float = PATIENCE) -> bool:
    """Wait until something is so; whether it came to be."""
    deadline = time.monotonic() + patience
    while not (found := seen()) and time.monotonic() < deadline:
        time.sleep(0.01)
    return bool(found)
