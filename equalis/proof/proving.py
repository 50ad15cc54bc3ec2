"""The whole proof: conforming runs, the choice of cases, the defects, the matrix."""

from __future__ import annotations

import multiprocessing
import shutil
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import Executor, ProcessPoolExecutor, as_completed
from dataclasses import dataclass
from pathlib import Path

from equalis.cases.loading import Loaded
from equalis.demo.defect import Defect
from equalis.demo.defects import DEFECTS
from equalis.gateway import pki
from equalis.model.case import Case
from equalis.model.outcome import Outcome
from equalis.model.verdict import Verdict
from equalis.proof import bench, matrix
from equalis.proof.bench import Job, Place, Played
from equalis.proof.matrix import Matrix, Row
from equalis.reporting.causes import first_cause

PIECE = 12
"""How many cases of a conforming run a worker plays in one go."""

Said = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class Ordered:
    """What a user asks of a proof: where the keys are, where evidence is kept, how much of it."""

    home: Path
    keep: Path
    family: str
    jobs: int
    repeat: int
    defects: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Conforming:
    """The conforming solution, played again and again: each case in each run that was not OK."""

    runs: int
    cases: int
    wrong: tuple[Verdict, ...]


@dataclass(frozen=True, slots=True)
class Proved:
    """A proof: the conforming runs and the matrix."""

    conforming: Conforming
    matrix: Matrix


def prove(order: Ordered, loaded: Loaded, said: Said) -> Proved:
    """Play everything; raises MistakesError, OSError."""
    cases = [case for case in loaded.pack.cases if case.family == order.family]
    pki.load(order.home / "pki")  # made once, before several workers want it
    if order.keep.exists():
        shutil.rmtree(order.keep)
    chosen = [item for item in DEFECTS if item.family == order.family and (not order.defects or item.name in order.defects)]
    place = Place(order.home, order.keep)
    context = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(order.jobs, context, bench.open_bench, (place,)) as workers:
        first = _conforming(workers, cases, "conforming", said)
        asked = {played.case: played.asked for played in first}
        rows = _rows(workers, chosen, cases, asked, loaded, said)
        repeated = [first]
        for number in range(2, order.repeat + 1):
            repeated.append(_conforming(workers, cases, f"again-{number:02}", said))
            for folder in order.keep.glob("again-*"):
                shutil.rmtree(folder)
    wrong = tuple(item.verdict for run in repeated for item in run if item.verdict.outcome is not Outcome.OK)
    known = matrix.columns(cases)
    return Proved(Conforming(len(repeated), len(cases), wrong), Matrix(order.family, tuple(known.values()), rows))


def _conforming(workers: Executor, cases: Sequence[Case], label: str, said: Said) -> list[Played]:
    """One run of the conforming solution, in pieces, in the order of the cases."""
    pieces = [cases[start : start + PIECE] for start in range(0, len(cases), PIECE)]
    jobs = [Job(f"{label}-{number:02}", (), tuple(case.name for case in piece)) for number, piece in enumerate(pieces)]
    played = [item for part in workers.map(bench.play, jobs) for item in part]
    bad = sum(item.verdict.outcome is not Outcome.OK for item in played)
    said(f"{label}: {len(played)} cases, {bad} not OK")
    return played


def _rows(
    workers: Executor, defects: Iterable[Defect], cases: Sequence[Case], asked: dict[str, frozenset[str]],
    loaded: Loaded, said: Said,
) -> tuple[Row, ...]:  # fmt: skip
    known = matrix.columns(cases)
    requirements = loaded.pack.families[cases[0].family].requirements
    found: dict[str, Row] = {}
    waiting = {}
    for defect in defects:
        chosen, left_out = matrix.sighted(defect, cases, asked)
        job = Job(f"defect-{defect.name}", (defect.name,), chosen)
        waiting[workers.submit(bench.play, job)] = defect, chosen, left_out
    for done in as_completed(waiting):
        defect, chosen, left_out = waiting[done]
        verdicts = [item.verdict for item in done.result()]
        likely = first_cause(verdicts, tuple(requirements))
        found[defect.name] = matrix.row(defect, chosen, left_out, verdicts, known, likely)
        said(f"{defect.name}: {len(chosen)} cases, {len(found[defect.name].kills)} expectations KO")
    return tuple(found[name] for name in sorted(found))
