"""How things stand before anything is played: one line for each thing that was looked at."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum


class Health(Enum):
    """How one line stands."""

    OK = "OK"
    WARNING = "warning"
    KO = "KO"


@dataclass(frozen=True, slots=True)
class Line:
    """One thing that was looked at, what was found, and how to mend it."""

    subject: str
    health: Health
    found: str
    remedy: str = ""


def held(subject: str, good: object, found: str, remedy: str) -> Line:
    """A line that is OK, or KO with its remedy."""
    return Line(subject, Health.OK, found) if good else Line(subject, Health.KO, found, remedy)
