"""The pack and the bindings that a verb looks things up in."""

from __future__ import annotations

from pathlib import Path

from equalis import packs
from equalis.cases import configuration
from equalis.cases.loading import Loaded, load_all
from equalis.cli.folders import CONFIGURATION


def everything(bindings: tuple[str, ...] = (), scenarios: tuple[str, ...] = ()) -> Loaded:
    """What is shipped, what equalis.toml adds, and what the command line adds; raises MistakesError."""
    file = Path(CONFIGURATION)
    config = configuration.read(file.read_bytes(), str(file)) if file.is_file() else None
    own_bindings = (*(config.bindings if config else ()), *bindings)
    own_scenarios = (*(config.scenarios if config else ()), *scenarios)
    found, known = packs.scenarios(own_scenarios), packs.bindings(own_bindings)
    return load_all({**found.content, **known.content}, {**found.shown, **known.shown})
