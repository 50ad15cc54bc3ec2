"""The configuration of a verb: equalis.toml, the demo, and what the command line adds."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from equalis.cases import configuration
from equalis.cases.shapes import choice
from equalis.cli.endings import USAGE, EndError
from equalis.cli.folders import CONFIGURATION
from equalis.model.config import Config
from equalis.model.transcript import EMBEDDED
from equalis.session import DEMO


def read(path: str, *, demo: bool, bindings: tuple[str, ...] = (), out: str = "", environment: str = "") -> Config:
    """The configuration in force; ends the verb when there is none and ``--demo`` was not given, or no such environment."""
    file = Path(path or CONFIGURATION)
    if file.is_file():
        found = configuration.read(file.read_bytes(), str(file))
        found = replace(found, solution=DEMO) if demo else found
    elif path or not demo:
        what = f"no solution is configured: {file} does not exist"
        mend = "write equalis.toml with a [solution] table (docs/configuration.md), or try `equalis run --demo`"
        raise EndError(USAGE, what, mend)
    else:
        found = Config(DEMO)
    if environment and environment != EMBEDDED:
        found = _live(found, environment, str(file), demo=demo)
    return replace(found, bindings=(*found.bindings, *bindings), out=out or found.out)


def _live(found: Config, name: str, file: str, *, demo: bool) -> Config:
    """The configuration for a live environment: its own overlays and people over the common ones."""
    site = found.environments.get(name)
    if site is None:
        known = choice(name, (EMBEDDED, *found.environments), "environments")
        raise EndError(USAGE, f"no environment `{name}`", f"{known}; describe it in {file} under [environments.{name}] (docs/live.md)")
    if demo:  # it has no key of its own
        site = replace(site, identity=replace(site.identity, hand_over=True))
        if not (site.identity.certificate or site.identity.pkcs12):
            raise EndError(USAGE, "the demonstration solution needs a client certificate with its key there", f"name them under [environments.{name}.identity]")
    return replace(found, environment=name, live=site, people=site.people or found.people, bindings=(*found.bindings, *site.bindings))
