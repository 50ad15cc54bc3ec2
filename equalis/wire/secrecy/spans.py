"""A secret as a stretch of bytes, and what is written in its place."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace

Cover = Callable[[bytes, str], bytes]
"""Gives what stands in a secret's place; gets the secret, and where it was found."""

REPLACED = re.compile(rb"redacted-[0-9a-f]{32}")
"""What stands where a secret was."""


@dataclass(frozen=True, slots=True)
class Secret:
    """A stretch of bytes that is a secret; ``where`` names it for the record, ``quote`` goes around what replaces it."""

    start: int
    end: int
    where: str
    quote: bytes = b""


def covered(content: bytes, secrets: Iterable[Secret], cover: Cover) -> bytes:
    """The content with every secret replaced, and every other byte as it was."""
    parts: list[bytes] = []
    done = 0
    for secret in _joined(secrets):
        value = content[secret.start : secret.end].replace(rb"\/", b"/")  # a slash may be escaped in JSON, and is the same
        if REPLACED.fullmatch(value):
            continue
        parts += content[done : secret.start], secret.quote, cover(value, secret.where), secret.quote
        done = secret.end
    return b"".join((*parts, content[done:])) if parts else content


def _joined(secrets: Iterable[Secret]) -> list[Secret]:
    """In order, those that overlap made one."""
    found: list[Secret] = []
    for secret in sorted(secrets, key=lambda item: (item.start, -item.end)):
        if found and secret.start < found[-1].end:
            found[-1] = replace(found[-1], end=max(found[-1].end, secret.end))
        else:
            found.append(secret)
    return found


class Landmarks:
    """Where the next of some bytes stands; asked again and again from places that only grow, it takes linear time in all."""

    def __init__(self, content: bytes) -> None:
        """Look into this content."""
        self._content = content
        self._known: dict[bytes, tuple[int, int]] = {}

    def next(self, wanted: bytes, at: int) -> int:
        """The place of the next ``wanted`` from ``at`` on, the end of the content when there is none."""
        asked, found = self._known.get(wanted, (0, -1))
        if not asked <= at <= found:
            place = self._content.find(wanted, at)
            asked, found = at, len(self._content) if place < 0 else place
            self._known[wanted] = (asked, found)
        return found
