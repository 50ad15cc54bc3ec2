"""Files that are watched: whether something in them changed since, and has come to rest."""

from __future__ import annotations

import time
from collections.abc import Iterable
from pathlib import Path

EVERY = 0.3
"""Seconds between two looks; a change counts once nothing changed for as long."""
IGNORED = frozenset({".git", ".venv", "node_modules", "reports", "__pycache__"})
"""Folders in which nothing is a change: what a run itself writes, and what nobody edits."""

Stamps = dict[Path, int]


def stamps(paths: Iterable[Path]) -> Stamps:
    """When each file under the paths was last written."""
    found: Stamps = {}
    for path in paths:
        for file in (path,) if path.is_file() else path.rglob("*"):
            if IGNORED.isdisjoint(file.relative_to(path).parts) and file.is_file():
                try:
                    found[file] = file.stat().st_mtime_ns
                except OSError:  # gone between the look and the question
                    continue
    return found


def wait_for_change(paths: Iterable[Path], before: Stamps) -> Stamps:
    """Wait until the files differ from before and have come to rest; how they are then."""
    watched = list(paths)
    while (now := stamps(watched)) == before:
        time.sleep(EVERY)
    while True:
        time.sleep(EVERY)
        later = stamps(watched)
        if later == now:
            return later
        now = later
