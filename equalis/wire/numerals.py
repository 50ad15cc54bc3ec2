"""Numbers that foreign bytes may hold: those of a double (RFC 8259 §6), with as many digits as anybody writes."""

from __future__ import annotations

import math
import re
from decimal import Decimal, InvalidOperation
from typing import Final

MAX_LENGTH: Final = 1000
"""The characters of a number: the longest exact decimal of a double has fewer than 800 digits."""
LARGEST, SMALLEST = 308, -400
"""The powers of ten between which a number other than zero lies."""


_PLAIN = re.compile(r"-?[0-9]{1,20}(?:\.[0-9]{1,20})?\Z").match


def integer(text: str) -> int:
    """An integer of ASCII digits; raises ValueError for one that no double reaches."""
    if len(text) > LARGEST:
        _hold(text)
    return int(text)


def decimal(text: str) -> Decimal:
    """A decimal number, exactly as written; raises ValueError for one that no double reaches."""
    if not _PLAIN(text):  # nearly all of them are, and a body may hold millions
        _hold(text)
    try:
        number = Decimal(text)
    except InvalidOperation:
        number = Decimal("NaN")
    if not reasonable(number):
        raise ValueError(_TOO_FAR)
    return number


def reasonable(number: Decimal) -> bool:
    """Whether a decimal is finite and of a size that can be computed and written out."""
    return number.is_finite() and SMALLEST <= number.adjusted() <= LARGEST


_TOO_FAR = f"a number with more than {MAX_LENGTH} characters, or beyond 1e{SMALLEST} and 1e{LARGEST}"


def _hold(text: str) -> None:
    if len(text) > MAX_LENGTH or math.isinf(float(text)):
        raise ValueError(_TOO_FAR)
