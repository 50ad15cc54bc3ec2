"""`equalis prove`: the kill matrix of a family, and who is at fault for what else goes wrong."""

from __future__ import annotations

import json
import os
import time
from concurrent.futures.process import BrokenProcessPool
from dataclasses import replace
from pathlib import Path

import click

from equalis.cases.loading import Loaded, load_all
from equalis.cases.shapes import choice
from equalis.cli import configured
from equalis.cli.endings import INCONCLUSIVE, KO, OK, USAGE, EndError
from equalis.cli.folders import home
from equalis.cli.printing import row
from equalis.demo.defects import BY_NAME, DEFECTS
from equalis.model.outcome import Outcome
from equalis.proof import boundaries, document
from equalis.proof.document import Cells
from equalis.proof.proving import Ordered, Proved, prove
from equalis.runner import RunStoppedError
from equalis.session import read_files

REPEAT = 20
NAMED = 20
"""How many names a failure lists before it counts the rest."""
MOST_JOBS = 61
"""The most processes that a pool may have on every platform."""


@click.command("prove")
@click.option("--family", default="ra-pid", show_default=True, help="The family whose cases are proven.")
@click.option("--jobs", type=click.IntRange(1, MOST_JOBS), default=None, help="Worker processes (two a core, since many cases wait).")
@click.option("--repeat", type=click.IntRange(1, 1000), default=REPEAT, show_default=True, help="Runs of the conforming solution.")
@click.option("--stalls", type=click.IntRange(0, 1000), default=2, show_default=True, help="Runs on a machine that stands still or is starved.")
@click.option("--defect", "defects", multiple=True, metavar="NAME", help="Only these defects; weakening and attribution are left out.")
@click.option("--golden", default="", metavar="FILE", help="The matrix that was reviewed; any other cell fails.")
@click.option("--renew", is_flag=True, help="Write the matrix to --golden when nothing else is wrong.")
@click.option("--out", default="reports/proof", show_default=True, metavar="DIR", help="Where evidence, matrix.json and matrix.html go.")
def command(
    family: str, jobs: int | None, repeat: int, stalls: int, defects: tuple[str, ...], golden: str, renew: bool, out: str,  # noqa: FBT001 - click's
) -> int:  # fmt: skip
    """Play a family's cases against the conforming demonstration solution and against each of its defects.

    A defect is played in the cases that demand a requirement which it breaks and in which the solution comes
    to the place where it is. Exits 0 only when every defect is killed for its stated reason, every MUST
    expectation is killed by some defect, nothing can be weakened unnoticed, and no fault of ours is a KO.
    """
    config = replace(configured.read("", demo=True), port=0)
    files = read_files(config)
    loaded = load_all(files.content, files.shown)
    _check(loaded, family, defects)
    before = _golden(golden, defects, renew=renew)
    started = time.monotonic()
    order = Ordered(home(), Path(out) / "evidence", config, family, jobs or min(2 * (os.cpu_count() or 1), MOST_JOBS), repeat, stalls, defects)
    proved = _proved(order, loaded)
    _write(proved, Path(out))
    now = document.cells(proved.matrix)
    changed = document.changes(now if renew or before is None else before, now, whole=order.whole)
    code = _ended(proved, changed, time.monotonic() - started)
    if renew and code == OK:
        Path(golden).write_text(_text(now), encoding="utf-8")
        row(f"renewed: {golden}; read the diff before you commit it")
    return code


def _check(loaded: Loaded, family: str, defects: tuple[str, ...]) -> None:
    """Refuse words that mean nothing before anything is played."""
    if family not in loaded.pack.families:
        raise EndError(USAGE, f"no family `{family}`", choice(family, loaded.pack.families, "families"))
    known = {item.name: item for item in DEFECTS if item.family == family}
    for name in defects:
        if name not in known:
            other = f" (it is one of {BY_NAME[name].family})" if name in BY_NAME else ""
            raise EndError(USAGE, f"{family} has no defect `{name}`{other}", choice(name, known, "defects"))
    if not known or not loaded.pack.families[family].cases:
        raise EndError(USAGE, f"{family} has no defect or no case: nothing can be proven", "write one (CONTRIBUTING.md)")


def _golden(golden: str, defects: tuple[str, ...], *, renew: bool) -> Cells | None:
    """The matrix that was reviewed, None without one; every mistake in its name or form ends the verb."""
    path = Path(golden)
    if renew and (not golden or defects):
        raise EndError(USAGE, "--renew needs --golden FILE and every defect", "name the file, and leave --defect out")
    if renew and not path.parent.is_dir():
        raise EndError(USAGE, f"{path.parent} is no folder", "make it, or name another file")
    if not golden or renew:
        return None
    if not path.is_file():
        raise EndError(USAGE, f"there is no golden {golden}", "write it with --renew, then read it before you commit it")
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
        return {defect: {name: [str(case) for case in cases] for name, cases in kills.items()} for defect, kills in found.items()}
    except (ValueError, AttributeError, TypeError):
        raise EndError(USAGE, f"{golden} is no kill matrix", "write it anew with --renew") from None


def _proved(order: Ordered, loaded: Loaded) -> Proved:
    """Play everything; what stops it is said in one message."""
    try:
        return prove(order, loaded, lambda text: row(text, err=True))
    except FileExistsError as error:
        raise EndError(USAGE, f"{error.filename}: {error.strerror}", "name another folder with --out") from None
    except RunStoppedError as error:
        raise EndError(INCONCLUSIVE, f"the proof was stopped: {error.cause}", error.remedy) from None
    except BrokenProcessPool:
        raise EndError(INCONCLUSIVE, "the proof was stopped: a worker process was ended from outside", "free memory, or use fewer --jobs") from None
    except KeyboardInterrupt:
        raise EndError(INCONCLUSIVE, "the proof was stopped, and nothing is proven", "begin it again") from None


def _text(value: object) -> str:
    return json.dumps(value, ensure_ascii=False, indent=1, sort_keys=True) + "\n"


def _write(proved: Proved, folder: Path) -> None:
    from equalis.reporting import proof_page  # noqa: PLC0415 - only here

    content = document.as_json(proved)
    (folder / "matrix.json").write_text(_text(content), encoding="utf-8")
    (folder / "matrix.html").write_bytes(proof_page.render(content, boundaries.FAULTS))
    row(f"matrix: {folder / 'matrix.html'}, {folder / 'matrix.json'}")


def _ended(proved: Proved, changed: list[str], seconds: float) -> int:
    for line in document.boundary_table(proved):
        row(line)
    row()
    for word, sentence in document.summary(proved):
        row(f"{word:<13} {sentence}")
    wrong = [(sentence, names) for sentence, names in document.failures(proved, changed) if names]
    for sentence, names in wrong:
        row()
        row(f"fails: {sentence}")
        for name in names[:NAMED]:
            row(f"   {name}")
        if len(names) > NAMED:
            row(f"   and {len(names) - NAMED} more")
    word = Outcome.KO.value if wrong else Outcome.OK.value
    row()
    row(f"proof {word} · {proved.matrix.family} {proved.edition} · {seconds:.0f} s")
    return KO if wrong else OK
