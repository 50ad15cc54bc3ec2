"""A prescription as the practice knows it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any

from equalis.demo.transport import Doctor

CHILD = 12
"""Years below which a dose by weight needs the weight."""


def number(typed: Any) -> float:
    """A number as the hook gives it, a whole one as such: FHIR writes 2, not 2.0."""
    value = float(typed)
    return int(value) if value.is_integer() else value


@dataclass(frozen=True)
class Product:
    """A product of the practice's own list."""

    number: str
    name: str
    brand: str
    form: str
    strength: str
    unit: str
    narcotic: bool
    by_weight: bool

    @staticmethod
    def read(item: dict[str, Any]) -> Product:
        """A product as the hook gives it."""
        number, name, brand, form, strength, unit = (str(item.get(key, "")) for key in ("number", "name", "brand", "form", "strength", "unit"))
        return Product(number, name, brand, form, strength, unit, item.get("narcotic") is True, item.get("by_weight") is True)


@dataclass(frozen=True)
class Line:
    """One product, how much of it and how it is taken; ``quantity`` counts whole packs."""

    product: Product
    quantity: float
    posology: str
    dose: float
    frequency: int
    repeats: int
    substitution: bool
    reason: str
    brand_reason: str

    @staticmethod
    def read(item: dict[str, Any]) -> Line:
        """A line as the hook gives it."""
        return Line(
            Product.read(item["product"]), number(item.get("quantity", 1)), str(item.get("posology", "")), number(item.get("dose", 0)), int(item.get("frequency", 0)),
            int(item.get("repeats", 0)), item.get("substitution", True) is True, str(item.get("substitution_reason", "")), str(item.get("brand_reason", "")),
        )  # fmt: skip

    @property
    def named(self) -> str:
        """The product as a prescription names it: the brand only where it is justified."""
        product = self.product
        name = f"{product.name} ({product.brand})" if self.brand_reason else product.name
        return f"{name}, {product.form}, {product.strength} {product.unit}"


@dataclass(frozen=True)
class Prescription:
    """What was prescribed under one identifier."""

    number: str
    doctor: Doctor
    prescriber: dict[str, Any]
    patient: dict[str, Any]
    lines: tuple[Line, ...]
    issued: datetime
    start: date
    end: date
    weight: float | None = None
    renews: str = ""


def local_day(moment: datetime) -> date:
    """The day of an instant where the practice is: an hour ahead of UTC, two in summer (European Union, 2000/84/EC)."""
    turns = []
    for month in (3, 10):
        last = datetime(moment.year, month, 31, 1, tzinfo=UTC)
        turns.append(last - timedelta(days=last.isoweekday() % 7))
    return (moment.astimezone(UTC) + timedelta(hours=1 + (turns[0] <= moment < turns[1]))).date()


def age(born: str, today: date) -> int:
    """Whole years, of a birth date whose day or month may be unknown."""
    year, month, day = ([int(part) for part in born.split("-")] + [1, 1])[:3]
    return today.year - year - ((today.month, today.day) < (month, day))
