"""Bytes that were good once: flipped, cut, doubled, spliced, nested, their numbers blown up; the same ones for the same seed."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from random import Random

NUMBERS = (
    b"1e99999999999999999999", b"-1e-99999999999999999999", b"1e400", b"9" * 400, b"9" * 5000, b"-0", b"1_000", "٣".encode(), b"\xb2", "\xb2".encode(), b"Infinity", b"NaN",
    b"sNaN", b".5", b"5.", b"0x10", b"99999999999999999999", b"1" * 15, b"9" * 18, b"true", b"null", b'""', b"{}", b"[]",
)  # fmt: skip
MOMENTS = (
    b"9999-12-31T23:59:59Z", b"9999-12-31T23:59:59.9999999Z", b"9999-12-31T24:00:00-14:00", b"0001-01-01T00:00:00Z", b"0001-01-01T00:00:00+14:00", b"0000-00-00T00:00:00Z",
    b"2016-12-31T23:59:60Z", b"-0044-03-15T00:00:00Z", b"123456789-01-01T00:00:00Z", b"2026-02-30", b"9999-12-31", b"0001-01-01", b"2026-11-22T10:00:00+99:99", b"T", b"",
)  # fmt: skip
PIECES = (
    b"", b"<", b">", b"/>", b"\x00", b"&x;", b"&#0;", b"<!DOCTYPE a>", b'"', b"'", b"\\", b"\\ud800", b"\xff\xfe", b"\xef\xbb\xbf", "\u0301".encode() * 50, b"<!--x-->", b"<?x y?>",
    b"<![CDATA[x]]>", b"]]>", b"%00", b"%", b"\r\n", b"\n", b",", b":", b"[", b"{", b"}", b"]", b"#", b"*a", b"&a ", b"!x ", b"=", b".", b"..", b"\xc3\xa9", b"\xf0\x9f\x98\x80", b" " * 100,
)  # fmt: skip
NESTING = ((b"[", b"]"), (b"{", b"}"), (b'{"a":', b"}"), (b"<a>", b"</a>"), (b"- ", b""), (b"? ", b""), (b"(", b")"))
MOST = 1 << 16

_NUMBER = re.compile(rb"[0-9]+(?:\.[0-9]+)?")
_MOMENT = re.compile(rb"[0-9]{4}-[0-9]{2}-[0-9]{2}(?:T[0-9:.]+Z?)?")
_WORD = re.compile(rb"[A-Za-z0-9+/=_.-]+")


def flipped(chance: Random, content: bytes) -> bytes:
    """One bit turned over."""
    at = chance.randrange(len(content))
    return content[:at] + bytes([content[at] ^ 1 << chance.randrange(8)]) + content[at + 1 :]


def cut(chance: Random, content: bytes) -> bytes:
    """A piece taken away, often to the end."""
    at = chance.randrange(len(content))
    return content[:at] + (content[at + chance.randrange(1, 40) :] if chance.random() < 0.6 else b"")


def doubled(chance: Random, content: bytes) -> bytes:
    """A piece that stands twice, or many times."""
    at = chance.randrange(len(content))
    piece = content[at : at + chance.randrange(1, 120)]
    return content[:at] + piece * chance.choice((2, 2, 3, 50)) + content[at + len(piece) :]


def put_in(chance: Random, content: bytes) -> bytes:
    """Something of another language in the middle."""
    at = chance.randrange(len(content) + 1)
    return content[:at] + chance.choice(PIECES) + content[at + chance.choice((0, 0, 1, 5)) :]


def nested(chance: Random, content: bytes) -> bytes:
    """A thousand levels around, or inside."""
    before, after = chance.choice(NESTING)
    times = chance.choice((30, 300, 3000))
    at = chance.randrange(len(content) + 1)
    return content[:at] + before * times + (after * times if chance.random() < 0.5 else b"") + content[at:]


def _replaced(pattern: re.Pattern[bytes], words: Sequence[bytes]) -> Callable[[Random, bytes], bytes]:
    def made(chance: Random, content: bytes) -> bytes:
        found = list(pattern.finditer(content))
        if not found:
            return content
        one = chance.choice(found)
        return content[: one.start()] + chance.choice(words) + content[one.end() :]

    return made


blown_up = _replaced(_NUMBER, NUMBERS)
at_the_end_of_time = _replaced(_MOMENT, MOMENTS)
another_word = _replaced(_WORD, (*NUMBERS, *MOMENTS, *PIECES))
WAYS: tuple[Callable[[Random, bytes], bytes], ...] = (
    flipped, cut, doubled, put_in, nested, blown_up, blown_up, at_the_end_of_time, at_the_end_of_time, another_word, another_word,
)  # fmt: skip


def mutations(seeds: Sequence[bytes], times: int, seed: int = 9) -> Iterator[bytes]:
    """So many of them: each a good one changed in one to three ways, or two spliced."""
    chance = Random(seed)  # noqa: S311 - the same each time
    for _ in range(times):
        content = chance.choice(seeds)
        if chance.random() < 0.05:
            other = chance.choice(seeds)
            content = content[: chance.randrange(len(content) + 1)] + other[chance.randrange(len(other) + 1) :]
        for _ in range(chance.choice((1, 1, 2, 3))):
            content = chance.choice(WAYS)(chance, content) if content else chance.choice(PIECES)
        yield content[:MOST]
