"""A patient's traits: how they are written, compared, and checked before anybody is asked."""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass, fields, replace
from typing import Any

OLD, NEW, SIDES = 11, 13, 5
STRICT = ("last_name", "first_names", "birth_date", "sex", "birth_place", "country", "matricule")
"""The traits that make an identity; name in use, address and telephone are others."""


@dataclass(frozen=True)
class Traits:
    """What is known of a person; an unknown birth day or month is left out of the date."""

    last_name: str = ""
    first_names: str = ""
    birth_date: str = ""
    sex: str = ""
    birth_place: str = ""
    country: str = ""
    matricule: str = ""
    used_name: str = ""
    address: str = ""
    phone: str = ""

    @staticmethod
    def read(item: dict[str, Any]) -> Traits:
        """Traits as the hook gives them."""
        known = {field.name for field in fields(Traits)}
        return Traits(**{key: str(value) for key, value in item.items() if key in known})

    def changed(self, item: dict[str, Any]) -> Traits:
        """The traits with some of them written anew."""
        known = {field.name for field in fields(Traits)}
        return replace(self, **{key: str(value) for key, value in item.items() if key in known})


def folded(name: str) -> str:
    """A name as it is compared: no accents, no case, no punctuation, ß as ss."""
    spread = unicodedata.normalize("NFD", name.casefold())
    return "".join(character for character in spread if character.isalpha() or character.isdigit())


def differing(mine: Traits, theirs: Traits, *, ignoring: tuple[str, ...] = (), exact: bool = False) -> list[str]:
    """The strict traits in which two identities differ; what one side does not know does not differ."""
    found = []
    for name in STRICT:
        left, right = getattr(mine, name), getattr(theirs, name)
        if name in ignoring or not left or not right:
            continue
        same = left == right if exact or name in {"birth_date", "matricule"} else folded(left) == folded(right)
        if name == "first_names" and not exact:
            same = folded(left) == folded(right) or folded(left.split()[0]) == folded(right.split()[0])
        if not same:
            found.append(name)
    return found


def number_problem(number: str, *, check_digits: bool) -> str:
    """Why a matricule cannot be one (RGD of 28 November 2013), empty when it can."""
    if not number.isdigit() or len(number) not in {OLD, NEW}:
        return "un matricule a 13 chiffres (11 dans son ancienne forme)"
    if len(number) == OLD or not check_digits:
        return ""
    return "" if number[OLD:] == _luhn(number[:OLD]) + _verhoeff(number[:OLD]) else "les chiffres de contrôle sont faux"


def _luhn(digits: str) -> str:
    """The Luhn digit of eleven digits."""
    doubled = [int(digit) * 2 if place % 2 else int(digit) for place, digit in enumerate(digits, start=1)]
    total = sum(value // 10 + value % 10 for value in doubled)
    return str((10 - total % 10) % 10)


def _verhoeff(digits: str) -> str:
    state = 0
    for place, digit in enumerate(reversed(digits), start=1):
        state = _turned(state, _permuted(int(digit), place % 8))
    return str(state if state >= SIDES else (SIDES - state) % SIDES)


def _permuted(digit: int, times: int) -> int:
    for _ in range(times):
        digit = (1, 5, 7, 6, 2, 8, 3, 0, 9, 4)[digit]
    return digit


def _turned(left: int, right: int) -> int:
    """The product in the group of the pentagon's ten symmetries."""
    if left < SIDES:
        return (left + right) % SIDES if right < SIDES else SIDES + (left + right - SIDES) % SIDES
    return SIDES + (left - SIDES - right) % SIDES if right < SIDES else (left - right) % SIDES
