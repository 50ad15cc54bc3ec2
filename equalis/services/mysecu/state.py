"""What the embedded mySecu remembers: simulations, payments, and mémoires."""

from __future__ import annotations

from dataclasses import dataclass, field
from decimal import Decimal

from equalis.model.values import Record, Value
from equalis.services.mysecu.tariff import Shares


@dataclass(frozen=True, slots=True)
class Simulation:
    """One simulation: the mémoire it is for, the shares, and anomalies still open."""

    id: str
    memoire: str
    provider: str
    matricule: str
    shares: Shares
    anomalies: tuple[Record, ...] = ()


@dataclass(frozen=True, slots=True)
class Payment:
    """One payment of a simulation, in euro."""

    id: str
    simulation: str
    recovered: Decimal
    paid: Decimal
    reason: str = ""
    delayed: bool = False


@dataclass(frozen=True, slots=True)
class Memoire:
    """One mémoire deposited by RA."""

    uuid: str
    secu: str
    provider: str
    matricule: str
    state: str = "RECEIVED"


@dataclass(frozen=True, slots=True)
class State:
    """Everything, by its id; a new value for each change."""

    world: Record
    simulations: dict[str, Simulation] = field(default_factory=dict)
    payments: dict[str, Payment] = field(default_factory=dict)
    memoires: dict[str, Memoire] = field(default_factory=dict)


def anomaly(number: int, code: str, text: str) -> dict[str, Value]:
    """An anomaly as the answers carry it."""
    return {"id": f"A{number}", "code": code, "text": text, "type": "E"}
