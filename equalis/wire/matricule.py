"""The matricule: Luxembourg's 13-digit national number, and its 11-digit old form.

Source: RGD of 28 November 2013: YYYYMMDD, a 3-digit sequence, then a Luhn digit and a Verhoeff
digit, both over the first 11 digits; month or day ``00`` means unknown.
"""

from __future__ import annotations

from datetime import date

_SIDES = 5


def _product(left: int, right: int) -> int:
    """The dihedral group of the pentagon: 0 to 4 turn it, 5 to 9 turn it over."""
    turned, flipped = left < _SIDES, (left < _SIDES) != (right < _SIDES)
    return (left + right if turned else left - right) % _SIDES + (_SIDES if flipped else 0)



_STEP = (1, 5, 7, 6, 2, 8, 3, 0, 9, 4)
_INVERSE = (0, 4, 3, 2, 1, 5, 6, 7, 8, 9)
LENGTH, OLD_LENGTH = 13, 11
_MONTHS, _DAYS, _DOUBLED_LIMIT, _CENTURY = 12, 31, 9, 100


def luhn(digits: str) -> str:
    """The Luhn digit of a string of digits (ISO/IEC 7812-1 annex B)."""
    total = 0
    for index, digit in enumerate(reversed(digits)):
        value = int(digit) * (2 if index % 2 == 0 else 1)
        total += value - 9 if value > _DOUBLED_LIMIT else value
    return str(-total % 10)


def verhoeff(digits: str) -> str:
    """The Verhoeff digit of a string of digits (J. Verhoeff, 1969)."""
    check = 0
    for index, digit in enumerate(reversed(digits), start=1):
        value = int(digit)
        for _ in range(index % 8):
            value = _STEP[value]
        check = _product(check, value)
    return str(_INVERSE[check])


def complete(first_eleven: str) -> str:
    """Add the two check digits to a birth date and sequence."""
    return first_eleven + luhn(first_eleven) + verhoeff(first_eleven)


def problem(number: str, *, check_digits: bool = True) -> str:
    """What is wrong with a matricule, empty when nothing is.

    ``check_digits`` is the switch of the environment: some test environments accept any digits.
    """
    if not (number.isascii() and number.isdecimal() and len(number) in (LENGTH, OLD_LENGTH)):
        return "a matricule has 13 digits (11 in its old form)"
    if not check_digits or len(number) == OLD_LENGTH:
        return ""
    if int(number[4:6]) > _MONTHS or int(number[6:8]) > _DAYS:
        return "the birth date in the matricule does not exist"
    if number != complete(number[:OLD_LENGTH]):
        return "the check digits of the matricule are wrong"
    return ""


def age(number: str, on: date) -> int | None:
    """The age in whole years on a day, None when the number tells no birth date; an unknown month or day counts as the first."""
    if not (number.isascii() and number[:8].isdecimal() and len(number) in (LENGTH, OLD_LENGTH)):
        return None
    year, month, day = int(number[:4]), max(int(number[4:6]), 1), max(int(number[6:8]), 1)
    return on.year - year - ((on.month, on.day) < (month, day))
