"""Where a value was written, and what is wrong with it."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, order=True)
class Source:
    """A place in a text file: path as given, line and column counted from 1."""

    path: str
    line: int = 1
    column: int = 1

    def __str__(self) -> str:
        return f"{self.path}:{self.line}:{self.column}"


@dataclass(frozen=True, slots=True, order=True)
class Mistake:
    """One thing that somebody wrote wrongly: what, where, and how to mend it.

    ``excerpt`` is the text of the line at ``source``, empty when there is none.
    """

    source: Source
    what: str
    mend: str = ""
    excerpt: str = ""


class MistakesError(Exception):
    """Some input was written wrongly; carries every mistake that was found, in order."""

    def __init__(self, mistakes: tuple[Mistake, ...]) -> None:
        """Keep the mistakes sorted by place."""
        self.mistakes = tuple(sorted(set(mistakes)))
        super().__init__("; ".join(f"{m.source}: {m.what}" for m in self.mistakes))
