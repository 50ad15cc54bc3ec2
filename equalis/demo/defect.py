"""What a defect of the demonstration solution is."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Defect:
    """One named fault: what the product does wrong, and the requirements that forbid it.

    ``told`` is the entry of the family's catalogue of causes that tells a vendor of it; without
    one, the remedy of the first requirement does.
    """

    name: str
    sentence: str
    breaks: tuple[str, ...]
    told: str = ""
    family: str = "ra-pid"

    @property
    def cause(self) -> str:
        """What a vendor should read first."""
        return self.told or self.breaks[0]
