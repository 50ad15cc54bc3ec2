"""`equalis prove`: the kill matrix of a family, and who is at fault for what else goes wrong."""

from __future__ import annotations

import json
import os
import time
from pathlib import Path

import click

from equalis.cases.loading import Loaded
from equalis.cases.shapes import choice
from equalis.cli.endings import KO, OK, USAGE, EndError
from equalis.cli.folders import home
from equalis.cli.loaded import everything
from equalis.model.outcome import Outcome
from equalis.proof import boundaries, document
from equalis.proof.proving import Ordered, Proved, prove

REPEAT = 20
NAMED = 20
"""How many names a failure lists before it counts the rest."""


@click.command("prove")
@click.option("--family", default="ra-pid", show_default=True, help="The family whose cases are proven.")
@click.option("--jobs", type=click.IntRange(1, 64), default=None, help="Worker processes (two a core, since many cases wait).")
@click.option("--repeat", type=click.IntRange(1, 1000), default=REPEAT, show_default=True, help="Runs of the conforming solution.")
@click.option("--defect", "defects", multiple=True, metavar="NAME", help="Only these defects; no golden, no attribution.")
@click.option("--golden", default="", metavar="FILE", help="The matrix that was reviewed; any other cell fails.")
@click.option("--renew", is_flag=True, help="Write the matrix to --golden instead of comparing.")
@click.option("--out", default="reports/proof", show_default=True, metavar="DIR", help="Where evidence, matrix.json and matrix.html go.")
def command(
    family: str, jobs: int | None, repeat: int, defects: tuple[str, ...], golden: str, renew: bool, out: str,  # noqa: FBT001 - click's
) -> int:  # fmt: skip
    """Play a family's cases against the conforming demonstration solution and against each of its defects.

    A defect is played in the cases that demand a requirement which it breaks and in which the solution comes
    to the place where it is. Exits 0 only when every defect is killed for its stated reason, every MUST
    expectation is killed by some defect, nothing can be weakened unnoticed, and no fault of ours is a KO.
    """
    loaded = everything()
    _check(loaded, family, defects, golden, renew=renew)
    started = time.monotonic()
    order = Ordered(home(), Path(out), family, jobs or 2 * (os.cpu_count() or 1), repeat, defects)
    proved = prove(order, loaded, lambda text: click.echo(text, err=True))
    now = document.cells(proved.matrix)
    if renew:
        Path(golden).write_text(_text(now), encoding="utf-8")
    before = json.loads(Path(golden).read_text(encoding="utf-8")) if golden else now
    changed = document.changes(before, now, whole=order.whole)
    _write(proved, Path(out))
    return _ended(proved, changed, time.monotonic() - started)


def _check(loaded: Loaded, family: str, defects: tuple[str, ...], golden: str, *, renew: bool) -> None:
    """Refuse words that mean nothing before anything is played."""
    from equalis.demo.defects import BY_NAME  # noqa: PLC0415 - only here

    if family not in loaded.pack.families:
        raise EndError(USAGE, f"no family `{family}`", choice(family, loaded.pack.families, "families"))
    for name in defects:
        if name not in BY_NAME:
            raise EndError(USAGE, f"no defect `{name}`", choice(name, BY_NAME, "defects"))
    if renew and not golden:
        raise EndError(USAGE, "--renew needs a file", "name it with --golden FILE")
    if golden and not renew and not Path(golden).is_file():
        raise EndError(USAGE, f"there is no golden {golden}", "write it with --renew, then read it before you commit it")


def _text(value: object) -> str:
    return json.dumps(value, ensure_ascii=False, indent=1, sort_keys=True) + "\n"


def _write(proved: Proved, folder: Path) -> None:
    from equalis.reporting import proof_page  # noqa: PLC0415 - only here

    content = document.as_json(proved)
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "matrix.json").write_text(_text(content), encoding="utf-8")
    (folder / "matrix.html").write_bytes(proof_page.render(content, boundaries.FAULTS))
    click.echo(f"matrix: {folder / 'matrix.html'}, {folder / 'matrix.json'}")


def _ended(proved: Proved, changed: list[str], seconds: float) -> int:
    for word, sentence in document.summary(proved):
        click.echo(f"{word:<13} {sentence}")
    wrong = [(sentence, names) for sentence, names in document.failures(proved, changed) if names]
    for sentence, names in wrong:
        click.echo(f"\nfails: {sentence}")
        for name in names[:NAMED]:
            click.echo(f"   {name}")
        if len(names) > NAMED:
            click.echo(f"   and {len(names) - NAMED} more")
    word = Outcome.KO.value if wrong else Outcome.OK.value
    click.echo(f"\nproof {word} · {proved.matrix.family} {proved.edition} · {seconds:.0f} s")
    return KO if wrong else OK
