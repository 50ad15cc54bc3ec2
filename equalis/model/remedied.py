"""What somebody else is to mend: what went wrong, and how it is mended."""

from __future__ import annotations


class RemediedError(Exception):
    """Something that stops us and is nobody's verdict; ``cause`` says what, ``remedy`` how to mend it."""

    def __init__(self, cause: str, remedy: str) -> None:
        """Keep both parts."""
        super().__init__(cause, remedy)
        self.cause, self.remedy = cause, remedy

    def __str__(self) -> str:
        """What went wrong."""
        return self.cause
