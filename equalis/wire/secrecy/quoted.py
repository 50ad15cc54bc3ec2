"""Values in quotes: of JSON at any depth of escaping, of attributes, of literals in running text."""

from __future__ import annotations

import re

from equalis.wire.secrecy.names import Kind, secret_from
from equalis.wire.secrecy.spans import Landmarks, Secret

QUOTE = re.compile(rb"\\*+[\"']|&(?:amp;)*(?:quot|apos|#0*3[49]|#x0*2[27]);|\\++u002[27]|%(?:25)*2[27]")
"""What opens and closes a string: plain, escaped once or more, as an entity, as an escape of JSON, percent-encoded."""
_LITERALS = frozenset({b"true", b"false", b"null", b"None", b"True", b"False"})
_SPACE = re.compile(rb"(?:\s|\\++[nrt])*+")
_SCALAR = re.compile(rb"[^\s,:{}\[\]\"'\\<>&]++")


def closing(content: bytes, quote: bytes, at: int, marks: Landmarks) -> int:
    """Where a string that was opened by ``quote`` before ``at`` closes; the end of the content when it does not."""
    character = quote[-1:]
    if character not in b"\"'":
        return marks.next(quote, at)
    level, begun = len(quote) - 1, at
    while True:
        found = marks.next(character, at)
        if found == len(content):
            return found
        before = content[begun:found]
        slashes = len(before) - len(before.rstrip(b"\\"))
        if slashes < level:  # the string around it closes
            return found - slashes
        if (slashes - level) // (level + 1) % 2 == 0:
            return found - level
        begun = at = found + 1


def string(content: bytes, at: int, quote: bytes, marks: Landmarks, naming: tuple[Kind, str]) -> tuple[list[Secret], int]:
    """The secret in a string whose quote opens at ``at``, and where the string ends."""
    start = at + len(quote)
    end = closing(content, quote, start, marks)
    begins = secret_from(naming[0], content[start:end])
    found = [Secret(start + begins, end, naming[1])] if begins >= 0 else []
    return found, min(len(content), end + len(quote))


def value(content: bytes, at: int, quote: bytes, marks: Landmarks, naming: tuple[Kind, str]) -> tuple[list[Secret], int]:
    """The secrets in a JSON value, and where it ends; ``quote`` goes around what replaces a number."""
    at = _after_space(content, at)
    if opening := QUOTE.match(content, at):
        return string(content, at, opening[0], marks, naming)
    if content[at : at + 1] in {b"{", b"["}:
        return _leaves(content, at, quote, marks, naming)
    return _scalar(content, at, quote, naming)


def _after_space(content: bytes, at: int) -> int:
    found = _SPACE.match(content, at)
    return found.end() if found else at


def _scalar(content: bytes, at: int, quote: bytes, naming: tuple[Kind, str]) -> tuple[list[Secret], int]:
    found = _SCALAR.match(content, at)
    if found is None:
        return [], at
    if found[0] in _LITERALS or secret_from(naming[0], found[0]) != 0:
        return [], found.end()
    return [Secret(at, found.end(), naming[1], quote)], found.end()


def _leaves(content: bytes, at: int, quote: bytes, marks: Landmarks, naming: tuple[Kind, str]) -> tuple[list[Secret], int]:
    """Every string and number of an object or a list under the name of a secret; keys stay."""
    found: list[Secret] = []
    depth = 0
    while at < len(content):
        at = _after_space(content, at)
        character = content[at : at + 1]
        if character in {b"{", b"["}:
            depth, at = depth + 1, at + 1
        elif character in {b"}", b"]"}:
            depth, at = depth - 1, at + 1
            if depth == 0:
                break
        elif character in {b":", b","}:
            at += 1
        else:
            opening = QUOTE.match(content, at)
            inside, end = (string(content, at, opening[0], marks, naming) if opening else _scalar(content, at, quote, naming))
            if end == at:  # no JSON
                break
            if not content.startswith(b":", _after_space(content, end)):
                found += inside
            at = end
    return found, at
