"""What equalis.toml says: the solution, the environment, the run."""

from __future__ import annotations

from dataclasses import dataclass

from equalis.model.transcript import EMBEDDED


@dataclass(frozen=True, slots=True)
class Solution:
    """The product under test; ``digest`` is the SHA-256 of what is released. ``timeout`` is how long a call may hang, ``settle`` how much silence
    means settled where the driver cannot tell; both in seconds.
    """

    name: str
    driver: str
    version: str = ""
    vendor: str = ""
    url: str = ""
    command: tuple[str, ...] = ()
    module: str = ""
    timeout: float = 10.0
    settle: float = 3.0
    capabilities: tuple[str, ...] = ()
    digest: str = ""


@dataclass(frozen=True, slots=True)
class Config:
    """The whole configuration. ``port`` 0 lets the system choose one."""

    solution: Solution
    environment: str = EMBEDDED
    port: int = 0
    bindings: tuple[str, ...] = ()
    people: str = ""
    out: str = "reports"
    scenarios: tuple[str, ...] = ()
