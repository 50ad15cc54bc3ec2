"""Files that their owner alone may read: folders 0700, files 0600, whatever the umask (Windows has no such modes)."""

from __future__ import annotations

import contextlib
import os
from pathlib import Path
from typing import IO

FOLDER, FILE = 0o700, 0o600


def make_folder(folder: Path, within: Path) -> None:
    """Make a folder and those between it and ``within``, which is made too; raises OSError. What was there stays as it was."""
    within.parent.mkdir(parents=True, exist_ok=True)
    between = [place for place in folder.parents if within in place.parents or place == within]
    for place in (*reversed(between), folder):
        place.mkdir(mode=FOLDER, exist_ok=True)


def close(path: Path, mode: int = FILE) -> None:
    """Take from others what they may do with a file or folder, where it is ours."""
    with contextlib.suppress(PermissionError):
        if path.stat().st_mode & 0o077:
            path.chmod(mode)


def create(path: Path) -> IO[bytes]:
    """Open a file for writing, emptied when it is there; raises OSError."""
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | getattr(os, "O_BINARY", 0), FILE)
    close(path)
    return os.fdopen(descriptor, "wb")


def write(path: Path, content: bytes) -> None:
    """Write a whole file; raises OSError."""
    with create(path) as stream:
        stream.write(content)
