"""Citations: ``${a.b}`` stands for a value; alone it keeps its type, in a sentence it becomes text."""

from __future__ import annotations

import re
from collections.abc import Mapping

from equalis.cases.shapes import choice
from equalis.model.values import Record, Value, as_text, at_path

_CITATION = re.compile(r"\$\{([^}]*)\}")
LATER = ("steps", "nonce")
"""The words whose values are known only while the case is played."""


class UnknownCitationError(Exception):
    """A citation of something that is not there; the text names the valid words."""


def resolve(value: Value, scope: Record, *, now: bool = False) -> Value:
    """Replace every citation in a value; ``now`` resolves also those of the play itself."""
    if isinstance(value, str):
        return _text(value, scope, now=now)
    if isinstance(value, Mapping):
        return {key: resolve(item, scope, now=now) for key, item in value.items()}
    if isinstance(value, tuple):
        return tuple(resolve(item, scope, now=now) for item in value)
    return value


def _text(text: str, scope: Record, *, now: bool) -> Value:
    whole = _CITATION.fullmatch(text)
    if whole:
        return text if _later(whole[1]) and not now else look_up(whole[1], scope)
    return _CITATION.sub(
        lambda found: found[0] if _later(found[1]) and not now else as_text(look_up(found[1], scope)),
        text,
    )


def _later(path: str) -> bool:
    return path.split(".", maxsplit=1)[0] in LATER


def look_up(path: str, scope: Record) -> Value:
    """The value that a citation names; raises UnknownCitationError."""
    try:
        return at_path(scope, path)
    except KeyError:
        parent: Value = scope
        for part in path.split("."):
            if not isinstance(parent, Mapping) or part not in parent:
                words = list(parent) if isinstance(parent, Mapping) else []
                message = f"`${{{path}}}` cites nothing: {choice(part, words)}"
                raise UnknownCitationError(message) from None
            parent = parent[part]
        message = f"`${{{path}}}` cites nothing"
        raise UnknownCitationError(message) from None
