"""`equalis serve`: the embedded environment, open until it is stopped."""

from __future__ import annotations

import secrets
import threading
from datetime import datetime
from pathlib import Path

import click

from equalis.cases.loading import Loaded
from equalis.cases.shapes import choice
from equalis.cases.speaking import live_only_lines
from equalis.cli.endings import USAGE, EndError
from equalis.cli.folders import home
from equalis.cli.loaded import everything
from equalis.cli.printing import row
from equalis.clock import Clock
from equalis.gateway import pki
from equalis.gateway.embedded import EMBEDDED_NAME
from equalis.gateway.environment import Behind, Environment
from equalis.gateway.routes import answered, apart
from equalis.gateway.watching import Watching
from equalis.model.case import Step
from equalis.model.source import Source
from equalis.model.values import Record, as_text


@click.command("serve")
@click.option("--port", type=click.IntRange(0, 65535), default=8443, show_default=True, help="0: any free port.")
@click.option("--bindings", multiple=True, metavar="DIR", help="An overlay of bindings.")
@click.option("--seed", "seeds", multiple=True, metavar="NAME", help="What the services hold at first, for every test person (consent-mh …).")
@click.option("--says", default=EMBEDDED_NAME, show_default=True, help="The name that its answers give the environment.")
def command(port: int, bindings: tuple[str, ...], seeds: tuple[str, ...], says: str) -> int:
    """Open the embedded services on loopback; print addresses, certificates, test persons, then exchanges.

    Ctrl-C stops it.
    """
    loaded = everything(bindings)
    apart(loaded.bindings, answered(loaded.bindings))
    worlds = _worlds(loaded, seeds)
    keys = pki.load(home() / "pki")
    clock = Clock()
    try:
        environment = Environment(loaded.bindings, keys, secrets.token_bytes(32), clock.now, 30.0, port=port, behind=Behind(says=says))
    except OSError as error:
        what = f"port {port} cannot be opened: {error.strerror}"
        raise EndError(USAGE, what, f"end the program that uses port {port}, or choose another with --port") from None
    try:
        environment.begin_case(Watching(loaded.bindings, _say), worlds)
        environment.begin_step(Step("serve", "", Source("")))
        _announce(environment, keys, loaded)
        threading.Event().wait()
    except KeyboardInterrupt:
        row("stopped")
    finally:
        environment.close()
    return 0


def _worlds(loaded: Loaded, seeds: tuple[str, ...]) -> dict[str, Record]:
    """What the services hold; ends the verb for a seed that nobody knows."""
    for name in seeds:
        if name not in loaded.pack.seeds:
            raise EndError(USAGE, f"no seed `{name}`", choice(name, loaded.pack.seeds, "seeds"))
    return loaded.worlds(seeds)


def _say(text: str) -> None:
    row(f"{datetime.now().astimezone():%H:%M:%S} {text}")


def _announce(environment: Environment, keys: pki.Pki, loaded: Loaded) -> None:
    row("The embedded environment is open (EMBEDDED, loopback only). Put into the product:")
    for name, address in environment.addresses.items():
        row(f"  {name:<16} {address}")
    for text in live_only_lines(loaded.bindings):
        row(f"  {text}")
    certificate, key = keys.files("solution")
    for label, path in (("trust", keys.authority_file), ("certificate", certificate), ("key", key)):
        row(f"  {label:<16} {Path(path)}")
    row("Test persons:")
    for role, person in loaded.pack.people.items():
        row(f"  {role:<24} {as_text(person)}")
    row("Exchanges, as they come:")
