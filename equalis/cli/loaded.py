"""The pack and the bindings that a verb looks things up in."""

from __future__ import annotations

from pathlib import Path

from equalis import packs
from equalis.cases import configuration
from equalis.cases.loading import Loaded, load_all
from equalis.cli.folders import CONFIGURATION
from equalis.model.config import Config


def overlays(environment: str, bindings: tuple[str, ...] = ()) -> tuple[str, ...]:
    """The overlays that this machine names for an environment: equalis.toml's, and the command line's over them."""
    config = _own()
    site = config.environments.get(environment) if config else None
    return (*(config.bindings if config else ()), *(site.bindings if site else ()), *bindings)


def everything(bindings: tuple[str, ...] = (), scenarios: tuple[str, ...] = ()) -> Loaded:
    """What is shipped, what equalis.toml adds, and what the command line adds; raises MistakesError."""
    config = _own()
    own_bindings = (*(config.bindings if config else ()), *bindings)
    configured = config.scenarios if config else ()
    known_folders = {Path(folder).resolve() for folder in configured}
    own_scenarios = (*configured, *(folder for folder in scenarios if Path(folder).resolve() not in known_folders))
    found, known = packs.scenarios(own_scenarios), packs.bindings(own_bindings)
    return load_all({**found.content, **known.content}, {**found.shown, **known.shown})


def _own() -> Config | None:
    """What equalis.toml says here, None where there is none; raises MistakesError."""
    file = Path(CONFIGURATION)
    return configuration.read(file.read_bytes(), str(file)) if file.is_file() else None
