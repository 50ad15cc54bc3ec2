"""`equalis prove`: the kill matrix of a family."""

from __future__ import annotations

import os
from pathlib import Path

import click

from equalis.cli.folders import home
from equalis.cli.loaded import everything
from equalis.proof.proving import Ordered, prove


@click.command("prove")
@click.option("--family", default="ra-pid")
@click.option("--jobs", type=int, default=0)
@click.option("--repeat", type=int, default=20)
@click.option("--defect", "defects", multiple=True)
@click.option("--out", default="reports/proof")
def command(family: str, jobs: int, repeat: int, defects: tuple[str, ...], out: str) -> int:
    loaded = everything()
    order = Ordered(home(), Path(out), family, jobs or 2 * (os.cpu_count() or 1), repeat, defects)
    proved = prove(order, loaded, click.echo)
    matrix = proved.matrix
    for row in matrix.rows:
        print("ROW", row.defect.name, row.defect.breaks, len(row.played), "|", row.likely, "|", row.defect.cause, "|", [x.split("/")[1] for x in row.stated], "|", [x.split("/")[1] for x in row.kills if x not in row.stated])
    for v in proved.conforming.wrong:
        print("WRONG", v.case, v.outcome, [(f.expectation, f.actual) for f in v.findings if f.outcome.value != "OK"][:3], v.faults)
    print("survivors", matrix.survivors)
    print("unstated", matrix.unstated)
    print("idle", len(matrix.idle), "of", len(matrix.musts))
    for name in matrix.idle: print("  ", name, next(c.requirement for c in matrix.columns if c.name == name))
    print("recognised", matrix.recognised, len(matrix.rows))
    return 0
