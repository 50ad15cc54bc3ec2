"""Writes the digests of this version's pack, by which `equalis verify` names what a run was made with otherwise."""

from __future__ import annotations

import json
from pathlib import Path

from equalis import __version__, packs
from equalis.archive import release


def main() -> None:
    """Write equalis/archive/releases/<version>.json."""
    pack = {**packs.scenarios().content, **packs.bindings().content}
    target = Path(__file__).parent.parent / "equalis" / "archive" / "releases" / f"{__version__}.json"
    target.write_text(json.dumps(release.digests(pack), indent=0) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
