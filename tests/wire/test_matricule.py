"""The matricule rule of RGD 28.11.2013."""

from __future__ import annotations

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from equalis.wire import matricule

ELEVEN = st.from_regex(r"(19|20)[0-9]{2}(0[0-9]|1[0-2])([0-2][0-9]|3[01])[0-9]{3}", fullmatch=True)


@pytest.mark.parametrize("number", ["1893120105732", "1970050299902"])
def test_the_known_good_numbers_are_accepted(number: str) -> None:
    """Both numbers of the domain notes hold."""
    assert not matricule.problem(number)


def test_verhoeff_over_twelve_digits_is_wrong() -> None:
    """Both check digits are over the first eleven: this one took the Luhn digit in."""
    assert "check digits" in matricule.problem("1990010112384")
    assert not matricule.problem("1990010112384", check_digits=False)


@given(ELEVEN)
def test_a_completed_number_holds(eleven: str) -> None:
    """Completing eleven digits gives a number without problem."""
    assert not matricule.problem(matricule.complete(eleven))


@given(ELEVEN, st.integers(0, 12), st.integers(1, 9))
def test_one_wrong_digit_is_always_noticed(eleven: str, place: int, shift: int) -> None:
    """Luhn and Verhoeff notice every single wrong digit."""
    number = matricule.complete(eleven)
    wrong = number[:place] + str((int(number[place]) + shift) % 10) + number[place + 1 :]
    assert matricule.problem(wrong)


def test_an_unknown_month_or_day_is_a_number() -> None:
    """00 stands for unknown, and the old form has eleven digits."""
    assert not matricule.problem(matricule.complete("19500000123"))
    assert not matricule.problem("19500512345")
    assert matricule.problem("abc")


def test_age_is_counted_in_whole_years() -> None:
    """The day before the birthday is still the younger age."""
    number = matricule.complete("20080315123")
    assert matricule.age(number, date(2026, 3, 14)) == 17
    assert matricule.age(number, date(2026, 3, 15)) == 18
