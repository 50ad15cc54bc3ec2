"""`equalis run`: play cases, judge, seal."""

from __future__ import annotations

import contextlib
import gc
import shlex
import sys
from collections.abc import Callable
from pathlib import Path

import click

from equalis.agreement import NoCaseError, OtherSolutionError
from equalis.cases.shapes import choice
from equalis.cli import configured
from equalis.cli.conversing import conversation
from equalis.cli.endings import CODES, INCONCLUSIVE, OK, USAGE, EndError, noted, say, told
from equalis.cli.folders import home
from equalis.cli.watching import stamps, wait_for_change
from equalis.demo.defects import BY_NAME
from equalis.gateway.opening import PortTakenError
from equalis.model.config import Config
from equalis.model.outcome import Outcome
from equalis.model.source import MistakesError
from equalis.model.transcript import EMBEDDED
from equalis.packs import PackError
from equalis.reporting import document
from equalis.reporting.console import LiveProgress, console, fitted, styled
from equalis.reporting.text import clean, summary
from equalis.runner import RunStoppedError
from equalis.session import DEMO, Finished, Order, resume, run


@click.command("run")
@click.argument("names", metavar="[CASE]...", nargs=-1)
@click.option("--demo", is_flag=True, help="Run against the demonstration solution.")
@click.option("--defect", "defects", multiple=True, metavar="NAME", help="Switch a fault of the demo on (implies --demo).")
@click.option("--family", "families", multiple=True, help="Only the cases of this family.")
@click.option("--tag", "tags", multiple=True, help="Only the cases with this tag.")
@click.option("--config", "path", default="", help="Another file than equalis.toml.")
@click.option("--bindings", multiple=True, metavar="DIR", help="An overlay of bindings, schemas and answers.")
@click.option("--environment", "environment", default="", metavar="NAME", help="Another environment than the embedded one, of equalis.toml.")
@click.option("--out", default="", metavar="DIR", help="Where the run directory and the bundle go (reports).")
@click.option("--resume", "unfinished", default="", metavar="RUN-DIR", help="Finish an INCOMPLETE run.")
@click.option("--case", "patterns", multiple=True, metavar="GLOB", help="Only the cases whose name fits, as ra-pid/pid-*.")
@click.option("--failed-from", "failed", default="", metavar="BUNDLE", help="Only the cases that were KO or INCONCLUSIVE in this run.")
@click.option("--retry-inconclusive", "retries", type=click.IntRange(0, 9), default=0, metavar="N",
              help="Play a case that nobody could judge again, up to N times; a KO is never played again.")  # fmt: skip
@click.option("--watch", "watched", multiple=True, type=click.Path(exists=True, path_type=Path), metavar="PATH",
              help="Play again whenever a file there changes, until Ctrl-C.")  # fmt: skip
@click.option("--json", "as_json", is_flag=True, help="Print report.json instead of lines.")
def command(  # noqa: PLR0913, PLR0917 - one parameter for each option
    names: tuple[str, ...], demo: bool, defects: tuple[str, ...], families: tuple[str, ...],  # noqa: FBT001 - click's
    tags: tuple[str, ...], path: str, bindings: tuple[str, ...], environment: str, out: str, unfinished: str,
    patterns: tuple[str, ...], failed: str, retries: int, watched: tuple[Path, ...], as_json: bool,  # noqa: FBT001 - click's
) -> int:  # fmt: skip
    """Play cases (all, without a name) and leave a sealed bundle in reports/.

    A base name (ra-pid/ra-depot) stands for its variants too; one variant is ra-pid/ra-depot@ID.
    """
    for name in defects:
        if name not in BY_NAME:
            raise EndError(USAGE, f"no defect `{name}`", f"{choice(name, BY_NAME, 'defects')} (`equalis list defects`)")
    names = (*names, *patterns, *(_failed(failed) if failed else ()))
    if unfinished and (names or defects or families or tags or environment):
        raise EndError(USAGE, "a resumed run plays what it planned", "give --resume no case, family, tag, defect or environment")

    def once() -> int:
        config = _configuration(path, unfinished, environment, demo=demo or bool(defects), bindings=bindings, out=out)
        named = "" if config.environment == EMBEDDED else config.environment
        given = (("--defect", defects), ("--config", (path,)), ("--bindings", bindings), ("--environment", (named,)))
        words = ["--demo"] if config.solution is DEMO and not defects else []
        words += [word for option, values in given for value in values if value for word in (option, value)]
        again = shlex.join(["equalis", "run", *words])
        return _played(Order(config, home(), names, families, tags, defects, retries), unfinished, again, as_json=as_json)

    if not watched:
        return once()
    if unfinished:
        raise EndError(USAGE, "a resumed run is not watched", "give one of --resume and --watch")
    return _watched(once, watched)


def _watched(once: Callable[[], int], paths: tuple[Path, ...]) -> int:
    """Play, and again after each change; a mistake in a file is told and waited out. Ctrl-C ends with the last code."""
    code = OK
    with contextlib.suppress(KeyboardInterrupt):
        before = stamps(paths)
        while True:
            try:
                code = once()
            except (EndError, MistakesError, PackError) as error:
                code = told(error)
            say(f"watching {', '.join(map(str, paths))}; Ctrl-C ends")
            before = wait_for_change(paths, before)
    return code


def _played(order: Order, unfinished: str, again: str, *, as_json: bool) -> int:
    """Play what was ordered, print what it came to; its exit code. ``again`` is the command that plays a case again."""
    gc.freeze()  # the program as it is loaded stays: to look through it again and again would be done on the product's time
    out_console = console(sys.stderr if as_json else None)
    try:
        typing = order.config.solution.driver == "operator" and not order.config.solution.page
        shown = LiveProgress(out_console, quiet=as_json, still=typing, command=again)
        with conversation(order.config.solution, order.home) as talk, shown as progress:
            finished = resume(Path(unfinished), order, progress, talk) if unfinished else run(order, progress, talk)
    except NoCaseError as error:
        raise EndError(USAGE, str(error)) from None
    except OtherSolutionError as error:
        raise EndError(USAGE, str(error), "resume it with the equalis.toml and the --bindings with which it was begun") from None
    except PortTakenError as error:
        mend = "end the program that uses it, or set another `port` under [environment] in equalis.toml"
        raise EndError(USAGE, str(error), mend) from None
    except RunStoppedError as error:
        remedy = error.remedy if "--resume" in error.remedy else f"{error.remedy}; then `equalis run --resume` the directory"
        remedy = remedy.replace("--resume` the directory", f"--resume {noted(error)}`")
        raise EndError(INCONCLUSIVE, f"the run is INCOMPLETE: {error.cause}", remedy) from None
    _print(finished, as_json=as_json)
    return CODES[finished.report.outcome]


def _failed(path: str) -> tuple[str, ...]:
    """The cases that a run left open; ends the verb when there are none."""
    from equalis.cli.bundles import checked  # noqa: PLC0415 - only for --failed-from

    found = [item.case for item in checked(path).report.verdicts if item.outcome in {Outcome.KO, Outcome.INCONCLUSIVE}]
    if not found:
        raise EndError(USAGE, f"no case of {path} was KO or INCONCLUSIVE", "run without --failed-from: there is nothing to play again")
    return tuple(found)


def _configuration(path: str, unfinished: str, environment: str, *, demo: bool, bindings: tuple[str, ...], out: str) -> Config:
    """The configuration of a new run, or of the one that is resumed."""
    if not unfinished:
        return configured.read(path, demo=demo, bindings=bindings, out=out, environment=environment)
    folder = Path(unfinished)
    if not (folder / "evidence" / "log.jsonl").is_file():
        raise EndError(USAGE, f"{folder} is no run directory", "name the folder beside the bundles, without .asice")
    from equalis.session import begun  # noqa: PLC0415 - only to resume

    head = begun(folder)
    return configured.read(path, demo=demo or (head.driver, head.solution) == (DEMO.driver, DEMO.name), bindings=bindings, out=out, environment=head.environment)


def _print(finished: Finished, *, as_json: bool) -> None:
    if as_json:
        with contextlib.suppress(BrokenPipeError):  # whoever read has left; the bundle is there
            click.echo(document.render(finished.report).decode(), nl=False)
        return
    out = console()
    if finished.key_made:
        out.print("a key was made for this machine; bundles are self-issued until you install another one")
    out.print(clean(f"bundle: {finished.bundle}"))
    *before, last = summary(finished.report)
    for line in before:
        out.print(fitted(out, line))
    out.print(styled(last))
