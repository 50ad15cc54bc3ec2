"""The packs of the releases, by the digests of their files: what a run was made with, held against what was released."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from importlib import resources

_VERSION = re.compile(r"[0-9]+(\.[0-9a-z]+)*")
_KINDS = (
    ("requirements", "/requirements.yaml"), ("persons", "/people.yaml"), ("contract", "/actions.yaml"), ("causes", "/causes.yaml"),
    ("schema", "/schemas/"), ("template", "/answers/"), ("template", "/requests/"), ("world", "/world"), ("binding", "bindings/"),
)  # fmt: skip
"""What a file is, by a part of its name; the first that fits. Every other one is a case."""


@dataclass(frozen=True, slots=True)
class Difference:
    """A file that is other than the released one: what it is, its name, and whether it was changed, added or taken out."""

    kind: str
    name: str
    how: str


def digests(files: Mapping[str, bytes]) -> dict[str, str]:
    """The SHA-256 of each file of a pack."""
    return {name: hashlib.sha256(files[name]).hexdigest() for name in sorted(files)}


def released(version: str) -> Mapping[str, str] | None:
    """The digests of a release's pack by the names of its files, None for a version that this equalis does not know."""
    known = resources.files("equalis.archive").joinpath("releases", f"{version}.json")
    if not _VERSION.fullmatch(version) or not known.is_file():
        return None
    found: dict[str, str] = json.loads(known.read_bytes())
    return found


def differences(files: Mapping[str, bytes], version: str) -> tuple[Difference, ...] | None:
    """Each file that differs from the release of that version; None when it cannot be said."""
    known = released(version)
    return None if known is None else tuple(_differing(digests(files), known))


def _differing(ours: Mapping[str, str], known: Mapping[str, str]) -> Iterator[Difference]:
    for name in sorted({*ours, *known}):
        if ours.get(name) != known.get(name):
            how = "added" if name not in known else "taken out" if name not in ours else "changed"
            yield Difference(_kind(name), name, how)


def _kind(name: str) -> str:
    return next((kind for kind, part in _KINDS if part in name), "case")
