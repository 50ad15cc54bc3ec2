"""Texts that look alike and are not the same: what differs, by code points."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator
from difflib import SequenceMatcher
from itertools import zip_longest

_LETTERS = str.maketrans(
    "\u0410\u0412\u0415\u041a\u041c\u041d\u041e\u0420\u0421\u0422\u0425\u0430\u0435\u043e\u0440\u0441\u0443\u0445\u0456\u0455"
    "\u0391\u0392\u0395\u0396\u0397\u0399\u039a\u039c\u039d\u039f\u03a1\u03a4\u03a7\u03bf\u03bd"
    "\u2010\u2011\u2012\u2013\u2014\u2212\u2018\u2019\u02bc\u00b4`\u201c\u201d01l|",
    "ABEKMHOPCTXaeopcyxisABEZHIKMNOPTXov------'''''\"\"OIII",
)
"""Cyrillic and Greek letters, dashes, quotes and digits by what they look like."""
SHOWN, LONGEST = 3, 200
"""How many differences are told, and of texts of how many characters: nobody compares longer ones by eye, and it takes their square."""


def differences(expected: str, actual: str) -> str:
    """What differs between two texts that look alike (`character 5 is U+00A0 NO-BREAK SPACE, not U+0020 SPACE`), empty where they
    are the same or a reader sees the difference.
    """
    if expected == actual or max(len(expected), len(actual)) > LONGEST or _seen(expected) != _seen(actual):
        return ""
    told = list(_told(expected, actual))
    return "; ".join(told[:SHOWN]) + (" …" if len(told) > SHOWN else "")


def _told(expected: str, actual: str) -> Iterator[str]:
    for kind, begins, ends, first, last in SequenceMatcher(None, expected, actual, autojunk=False).get_opcodes():
        if kind != "equal":
            for place, (due, there) in enumerate(zip_longest(expected[begins:ends], actual[first:last]), start=first + 1):
                what = f"is {_point(there)}, not {_point(due)}" if due and there else f"is {_point(there)}, too many" if there else f"lacks {_point(due)}"
                yield f"character {place} {what}"


def _seen(text: str) -> str:
    """What a reader sees of a text: neither its composition nor the kind of its blanks, and nothing of what has no width."""
    composed = unicodedata.normalize("NFKC", text)
    shown = "".join(" " if character.isspace() else character for character in composed if unicodedata.category(character) not in {"Cf", "Cc"} or character.isspace())
    return " ".join(shown.translate(_LETTERS).split())


def _point(character: str) -> str:
    return f"U+{ord(character):04X} {unicodedata.name(character, 'without a name')}"
