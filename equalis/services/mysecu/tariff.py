"""What an act costs and who pays which part, from dated data (CSS art. 65; ra-pid.md §1)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from decimal import ROUND_HALF_UP, Decimal

from equalis.model.values import Record, Value, as_text
from equalis.services import worlds
from equalis.wire import matricule

MAJORITY = 18
CENT = Decimal("0.01")


@dataclass(frozen=True, slots=True)
class Line:
    """One line of a simulation; ``amount`` is the caller's own price, for convenience lines."""

    id: str
    code: str
    count: int
    day: date
    amount: Decimal | None = None
    place: str = ""


@dataclass(frozen=True, slots=True)
class Shares:
    """Amounts in euro: the total, what the fund pays, what the patient pays."""

    total: Decimal
    statutory: Decimal
    patient: Decimal


def in_force(entries: list[Record], on: date) -> Record | None:
    """The last entry whose ``from`` is not after a day."""
    known = [item for item in entries if date.fromisoformat(as_text(item["from"])) <= on]
    return max(known, key=lambda item: as_text(item["from"]), default=None)


def price(world: Record, code: str, on: date) -> Record | None:
    """The tariff line of an act on a day, None when there is none."""
    return in_force([item for item in worlds.records(world, "tariff") if item["code"] == code], on)


def is_convenience(world: Record, code: str) -> bool:
    """Whether a code is a *convenance personnelle*, never reimbursed."""
    return code in _words(world, "personal-convenience")


def _words(world: Record, key: str) -> tuple[Value, ...]:
    found = world.get(key, ())
    return found if isinstance(found, tuple) else ()


def shares(world: Record, lines: list[Line], number: str) -> Shares:
    """Sum the lines, then apply the rate once to the sum (half up, modelled)."""
    total = statutory_base = Decimal(0)
    for line in lines:
        if is_convenience(world, line.code):
            total += (line.amount or Decimal(0)) * line.count
            continue
        found = price(world, line.code, line.day)
        amount = Decimal(as_text(found["amount"])) * line.count if found else Decimal(0)
        total += amount
        statutory_base += amount
    day = lines[0].day
    rates = in_force(worlds.records(world, "rates"), day) or {}
    age = matricule.age(number, day)
    minor = age is not None and age < MAJORITY
    inpatient = any(line.place in _words(world, "inpatient-places") for line in lines)
    rate = Decimal(as_text(rates.get("inpatient" if inpatient else "minor" if minor else "adult", 0)))
    statutory = (statutory_base * rate / 100).quantize(CENT, ROUND_HALF_UP)
    return Shares(total.quantize(CENT), statutory, (total - statutory).quantize(CENT))
