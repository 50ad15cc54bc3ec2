"""A bundle or a run directory that a verb was given."""

from __future__ import annotations

from pathlib import Path

from equalis.cli.endings import USAGE, EndError
from equalis.verifier import Verification, verify


def checked(path: str) -> Verification:
    """Check and judge anew; ends the verb when there is no such file or it is not authentic."""
    found = Path(path)
    if not found.exists():
        raise EndError(USAGE, f"{found} does not exist", "name a bundle (.asice) or a run directory")
    if found.is_dir() and not (found / "evidence" / "log.jsonl").is_file():
        raise EndError(USAGE, f"{found} is no run directory", "a run directory holds evidence/log.jsonl")
    return verify(found)
