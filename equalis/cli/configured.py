"""The configuration of a verb: equalis.toml, the demo, and what the command line adds."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from equalis.cases import configuration
from equalis.cases.environments import NoEnvironmentError, at
from equalis.cli.endings import USAGE, EndError
from equalis.cli.folders import CONFIGURATION
from equalis.model.config import Config
from equalis.session import DEMO


def read(path: str, *, demo: bool, bindings: tuple[str, ...] = (), out: str = "", environment: str = "") -> Config:
    """The configuration in force; ends the verb when there is none and ``--demo`` was not given, or no such environment."""
    file = Path(path or CONFIGURATION)
    if file.is_file():
        found = configuration.read(file.read_bytes(), str(file))
        found = replace(found, solution=DEMO) if demo else found
    elif path or not demo:
        what = f"no solution is configured: {file} does not exist"
        mend = "`equalis init` writes it (docs/configuration.md says what it holds), or try `equalis run --demo`"
        raise EndError(USAGE, what, mend)
    else:
        found = Config(DEMO)
    try:
        found = at(found, environment, demo=demo)
    except NoEnvironmentError as error:
        raise EndError(USAGE, error.cause, error.remedy) from None
    return replace(found, bindings=(*found.bindings, *bindings), out=out or found.out)
