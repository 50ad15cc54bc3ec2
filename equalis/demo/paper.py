"""The printed form of a prescription: the minimum content (RGD of 14 October 2014), and the identifier that both forms bear."""

from __future__ import annotations

from equalis.demo.defects import Switches
from equalis.demo.prescription import Prescription, local_day
from equalis.demo.signing import new_id

Printed = dict[str, object]
PARTS = ("birth-date", "qualification", "date", "posologies", "contact", "address", "quantities", "products", "patient", "prescriber")
"""What the form must not lack, besides its identifier."""


def form(made: Prescription, defects: Switches) -> Printed:
    """What stands on the paper, part by part."""
    printed = _whole(made)
    if "rx-prints-another-identifier" in defects:
        printed["printed.prescription"] = new_id()
    for name in PARTS:
        if f"rx-prints-without-{name}" in defects:
            del printed[f"printed.{name}"]
    if "rx-prints-placeholders" in defects:
        kept = {"printed.prescription", "printed.date"}
        empty = {key: value if key in kept else _placeholder(value) for key, value in printed.items()}
        return empty | {"printed.birth-date": "1900-01-01"}
    return printed


def _whole(made: Prescription) -> Printed:
    who, patient = made.prescriber, made.patient
    return {
        "printed.prescription": made.number, "printed.date": local_day(made.issued).isoformat(),
        "printed.patient": f"{patient['last_name']} {patient['first_names']}", "printed.birth-date": patient["birth_date"],
        "printed.prescriber": f"{made.doctor.last_name} {made.doctor.first_name}", "printed.qualification": who["qualification"],
        "printed.contact": who["contact"], "printed.address": who["address"],
        "printed.products": [line.named for line in made.lines], "printed.posologies": [line.posology for line in made.lines],
        "printed.quantities": [line.quantity for line in made.lines],
    }  # fmt: skip


def _placeholder(value: object) -> object:
    """What an empty form shows for a text, or for a list of texts or numbers."""
    if isinstance(value, list):
        return ["…" if isinstance(item, str) else 0 for item in value]
    return "…"
