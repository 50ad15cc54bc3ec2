"""Two texts that look alike are told apart by their code points."""

from __future__ import annotations

import pytest

from equalis.reporting.lookalikes import differences


@pytest.mark.parametrize(("expected", "actual", "told"), [
    ("name = Da Silva", "name = Da\u00a0Silva", "character 10 is U+00A0 NO-BREAK SPACE, not U+0020 SPACE"),
    ("Weber", "W\u0435ber", "character 2 is U+0435 CYRILLIC SMALL LETTER IE, not U+0065 LATIN SMALL LETTER E"),
    ("a b c", "a\u2009b\u2009c", "character 2 is U+2009 THIN SPACE, not U+0020 SPACE; character 4 is U+2009 THIN SPACE, not U+0020 SPACE"),
    ("O'Neil", "O\u2019Neil", "character 2 is U+2019 RIGHT SINGLE QUOTATION MARK, not U+0027 APOSTROPHE"),
    ("C1", "C1 ", "character 3 is U+0020 SPACE, too many"), ("C1 ", "C1", "character 3 lacks U+0020 SPACE"),
    ("ID", "\ufeffID", "character 1 is U+FEFF ZERO WIDTH NO-BREAK SPACE, too many"),
    ("C1", "Cl", "character 2 is U+006C LATIN SMALL LETTER L, not U+0031 DIGIT ONE"),
    ("Weber", "Weber", ""), ("Weber", "Webers", ""), ("57.70", "57.07", ""), ("é", "e", ""), ("a", "A", ""),
])  # fmt: skip
def test_what_a_reader_cannot_see_is_told(expected: str, actual: str, told: str) -> None:
    """And what can be seen is not told again."""
    assert differences(expected, actual) == told


def test_a_letter_of_two_code_points_is_told_apart_from_one() -> None:
    """Both are shown as é."""
    assert differences("Ren\u00e9", "Rene\u0301").startswith("character 4 is U+0065 LATIN SMALL LETTER E, not U+00E9")
