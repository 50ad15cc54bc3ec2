"""Seal a run directory into a bundle, and open a bundle only if its seal holds."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from equalis.archive import container, seal
from equalis.archive.container import MANIFEST, SIGNATURE, ContainerError
from equalis.archive.keys import RunnerKey
from equalis.archive.rundir import Folder
from equalis.archive.seal import Seal, SealError


class NotAuthenticError(Exception):
    """A bundle that was altered, or that no seal holds together."""


@dataclass(frozen=True, slots=True)
class Opened:
    """A bundle whose container and seal hold."""

    files: Mapping[str, bytes]
    seal: Seal


def make(folder: Path, path: Path, key: RunnerKey, now: datetime) -> None:
    """Seal everything in a run directory; raises OSError or SealError."""
    files = Folder(folder)
    listing = container.manifest(files)
    extra = {MANIFEST: listing, SIGNATURE: seal.sign(listing, key, now)}
    container.write(path, _Joined(files, extra))


class _Joined(Mapping[str, bytes]):
    """Two mappings of files as one, without reading either."""

    def __init__(self, files: Mapping[str, bytes], extra: Mapping[str, bytes]) -> None:
        self._files, self._extra = files, extra

    def __getitem__(self, name: str) -> bytes:
        return self._extra[name] if name in self._extra else self._files[name]

    def __iter__(self) -> Iterator[str]:
        yield from self._files
        yield from self._extra

    def __len__(self) -> int:
        return len(self._files) + len(self._extra)


def open_bundle(path: Path) -> Opened:
    """Open a bundle; raises NotAuthenticError unless container, seal and every digest hold."""
    try:
        files = container.read(path)
        if MANIFEST not in files or SIGNATURE not in files:
            message = "the bundle has no seal"
            raise NotAuthenticError(message)
        listing = files[MANIFEST]
        held = seal.verify(files[SIGNATURE], listing)
        expected = container.listed(listing)
    except (ContainerError, SealError) as error:
        raise NotAuthenticError(str(error)) from None
    present = set(files) - {MANIFEST, SIGNATURE}
    if missing := sorted(set(expected) ^ present):
        message = f"{missing[0]!r} is listed without being there, or there without being listed"
        raise NotAuthenticError(message)
    for name, digest in expected.items():
        if hashlib.sha256(files[name]).hexdigest() != digest:
            message = f"{name!r} is not what was sealed"
            raise NotAuthenticError(message)
    return Opened(files, held)
