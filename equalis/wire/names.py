"""Names of persons as they are compared: without accents, case, punctuation and blanks, ß as ss."""

from __future__ import annotations

import unicodedata

LONGEST = 1000
"""The characters of a name: sorting the accents of a text (Unicode §3.11) takes a time that grows with its square."""


def words(name: str) -> list[str]:
    """The words of a name, folded: `D'Angelo` and `d angelo` are both D and ANGELO."""
    plain = name.replace("ß", "ss").replace("ẞ", "SS")
    spread = unicodedata.normalize("NFKD", plain) if len(plain) <= LONGEST else plain
    letters = (character if character.isalnum() else " " for character in spread if not unicodedata.combining(character))
    return "".join(letters).upper().split()


def folded(name: str) -> str:
    """A name as one word: two names with the same one are the same to a reader."""
    return "".join(words(name))
