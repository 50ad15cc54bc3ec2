"""`equalis doctor`: is everything in order before a case is played?"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime

import click

from equalis.agreement import NoCaseError, check_promises
from equalis.cases.loading import Loaded, load_all
from equalis.cli import configured
from equalis.cli.endings import INCONCLUSIVE, OK, USAGE, EndError
from equalis.cli.folders import home
from equalis.doctor import examined
from equalis.model.config import Config
from equalis.model.health import Health, Line
from equalis.reporting.console import broken, console
from equalis.reporting.text import clean
from equalis.session import driver_maker, read_files

WIDTH = 14
MARGIN = " " * (WIDTH + 10)
"""Where what was found begins: after the health and the subject."""


@click.command("doctor")
@click.option("--demo", is_flag=True, help="Look at the demonstration solution.")
@click.option("--config", "path", default="", help="Another file than equalis.toml.")
@click.option("--bindings", multiple=True, metavar="DIR", help="An overlay of bindings.")
@click.option("--environment", default="", metavar="NAME", help="Look at an environment of equalis.toml too.")
def command(demo: bool, path: str, bindings: tuple[str, ...], environment: str) -> int:  # noqa: FBT001 - click's
    """Look at everything that a run needs, each line OK, KO or a warning with its remedy; the product is reset, and logs in once.

    Exits 0 when nothing is KO, 3 when a run would be INCONCLUSIVE for a reason that is not the product's, 2 for a file that
    does not lint.
    """
    config = configured.read(path, demo=demo, bindings=bindings, environment=environment)
    files = read_files(config)
    loaded = load_all(files.content, files.shown)
    try:
        check_promises(loaded, config)
    except NoCaseError as error:
        raise EndError(USAGE, str(error)) from None
    out, bad = console(), False
    for line in _lines(config, loaded):
        bad |= line.health is Health.KO
        rows = [f"{line.health.value:<8} {line.subject:<{WIDTH}} {line.found}"]
        rows += [f"{MARGIN}mend: {line.remedy}"] if line.remedy else []
        for row in map(clean, rows):
            out.print(broken(row, out.width, len(MARGIN)) if out.is_terminal else row)
    return INCONCLUSIVE if bad else OK


def _lines(config: Config, loaded: Loaded) -> Iterator[Line]:
    """Every line; where nothing is KO, the product logs in once at the end."""
    good = True
    for line in examined(config, loaded, home(), driver_maker(config.solution, (), None), datetime.now(UTC)):
        good &= line.health is not Health.KO and line.subject != "actions"  # one that is not written yet says so itself
        yield line
    if good:
        from equalis.single import logged_in  # noqa: PLC0415 - only where a login can be tried

        yield logged_in(config, loaded, home())
