"""A prescription as the service keeps it, its lines, and the state that follows from what was dispensed (modelled)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from equalis.model.values import Record


@dataclass(frozen=True, slots=True)
class Line:
    """One product of a prescription; quantities are whole packs, `allowed` counts the renewals in."""

    id: str
    product: str
    name: str
    posology: str
    quantity: Decimal
    repeats: int
    start: date
    end: date
    substitution: bool
    dispensed: Decimal = Decimal(0)

    @property
    def allowed(self) -> Decimal:
        """All that may be dispensed over the validity."""
        return self.quantity * (1 + self.repeats)

    @property
    def remaining(self) -> Decimal:
        """What may still be dispensed."""
        return self.allowed - self.dispensed


@dataclass(frozen=True, slots=True)
class Prescription:
    """What was issued under one identifier."""

    id: str
    patient: str
    prescriber: str
    lines: tuple[Line, ...]
    cancelled: str = ""

    def state(self, today: date) -> str:
        """issued, partially-dispensed, dispensed, cancelled or expired."""
        if self.cancelled:
            return "cancelled"
        if all(not line.remaining for line in self.lines):
            return "dispensed"
        if any(line.dispensed for line in self.lines):
            return "partially-dispensed"
        return "expired" if all(line.end < today for line in self.lines) else "issued"

    def fields(self, today: date) -> Record:
        """What the templates need of it."""
        state = self.state(today)
        return {
            "prescription": self.id, "state": state, "patient": self.patient, "task": TASKS[state],
            "lines": tuple(
                {"id": line.id, "product": line.product, "name": line.name, "posology": line.posology, "quantity": line.quantity,
                 "dispensed": line.dispensed, "remaining": line.remaining, "prescription": self.id, "patient": self.patient,
                 "status": REQUESTS[state]} for line in self.lines
            ),
        }  # fmt: skip


TASKS = {"issued": "accepted", "partially-dispensed": "in-progress", "dispensed": "completed", "cancelled": "cancelled", "expired": "failed"}
"""The Task's status (FHIR R4) of each state."""
REQUESTS = {"issued": "active", "partially-dispensed": "active", "dispensed": "completed", "cancelled": "cancelled", "expired": "stopped"}
"""The MedicationRequest's status (FHIR R4) of each state."""
