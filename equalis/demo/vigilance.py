"""What the practice checks itself before it prescribes: narcotics, quantities, posology, weight, allergies, interactions."""

from __future__ import annotations

import math
from dataclasses import replace
from datetime import date
from typing import Any

from equalis.demo.defects import Switches
from equalis.demo.prescription import CHILD, Line, age

ALLERGENS = {"amoxicilline": "allergy-penicillin"}
"""Which note of a patient's record a product must not meet."""
INTERACTIONS = {"ibuprofène": "takes-warfarin"}
"""Which standing treatment a product does not go with."""


def mended(lines: tuple[Line, ...], d: Switches) -> tuple[Line, ...]:
    """What was typed is never mended in silence."""
    if "rx-rounds-quantity" in d:
        lines = tuple(replace(line, quantity=math.ceil(line.quantity)) for line in lines)
    if "rx-drops-the-sign" in d:
        lines = tuple(replace(line, quantity=max(abs(line.quantity), 1)) for line in lines)
    if "rx-invents-posology" in d:
        lines = tuple(line if line.posology else replace(line, posology="selon la notice", dose=1, frequency=1) for line in lines)
    return lines


def wrong(lines: tuple[Line, ...], patient: dict[str, Any], weight: float | None, today: date, d: Switches) -> str:
    """Why a prescription is not issued, empty when it may be."""
    for line in lines:
        if line.product.narcotic and "rx-sends-narcotic" not in d:
            return "Stupéfiant : carnet à souches seulement."
        if line.quantity != int(line.quantity) or line.quantity <= 0:
            return "La quantité est un nombre entier de boîtes."
        if not line.posology:
            return "La posologie manque."
        child = age(patient["birth_date"], today) < CHILD
        if line.product.by_weight and child and weight is None:
            return "Le poids de l'enfant manque."
    return ""


def alert(lines: tuple[Line, ...], world: frozenset[str], d: Switches) -> str:
    """What the prescriber is warned of, empty when nothing is."""
    names = [line.product.name for line in lines]
    if any(ALLERGENS.get(name) in world for name in names) and "rx-ignores-allergy" not in d:
        return "Allergie connue."
    if any(INTERACTIONS.get(name) in world for name in names) and "rx-ignores-interaction" not in d:
        return "Interaction avec le traitement en cours."
    return ""
