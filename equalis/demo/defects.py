"""The faults that the demonstration solution can be switched to, and which of them it asks for."""

from __future__ import annotations

from collections.abc import Iterable

from equalis.demo.idv_defects import IDV_DEFECTS
from equalis.demo.pid_defects import PID_DEFECTS
from equalis.demo.ra_defects import RA_DEFECTS
from equalis.demo.rx_defects import RX_DEFECTS
from equalis.demo.security_defects import SECURITY_DEFECTS

DEFECTS = (*SECURITY_DEFECTS, *PID_DEFECTS, *RA_DEFECTS, *IDV_DEFECTS, *RX_DEFECTS)
BY_NAME = {defect.name: defect for defect in DEFECTS}


class Switches:
    """The defects that are switched on; it keeps which of them the product asked for.

    A defect that a play never asks for cannot have changed it.
    """

    def __init__(self, on: Iterable[str] = ()) -> None:
        """Switch these on; raises KeyError for an unknown name."""
        self._on = frozenset(BY_NAME[name].name for name in on)
        self.asked: set[str] = set()

    def __contains__(self, name: str) -> bool:
        """Whether a defect is on."""
        self.asked.add(BY_NAME[name].name)
        return name in self._on
