"""The whole proof: conforming runs, the choice of cases, the defects, and what may be at fault besides."""

from __future__ import annotations

import errno
import multiprocessing
import shutil
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import Executor, ProcessPoolExecutor, as_completed
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from equalis.cases.loading import Loaded
from equalis.demo.defect import Defect
from equalis.demo.defects import DEFECTS
from equalis.gateway import pki
from equalis.model.case import Case, Family
from equalis.model.config import Config
from equalis.model.outcome import Outcome
from equalis.model.verdict import Verdict
from equalis.proof import bench, boundaries, matrix, saved, stalling
from equalis.proof.attribution import CONTROL, INJECTIONS, Attributed
from equalis.proof.bench import Job, Place, Played
from equalis.proof.boundaries import Cell, Table
from equalis.proof.matrix import Matrix, Row
from equalis.proof.pretending import Pretended, products
from equalis.proof.stalling import Stalled
from equalis.reporting.causes import first_cause

PIECE = 12
"""How many cases of a conforming run a worker plays in one go."""
FIRST = "conforming"
MARKER = ".equalis-proof"

Said = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class Ordered:
    """What a user asks of a proof: where the keys are, where evidence is kept, how much of it."""

    home: Path
    keep: Path
    config: Config
    family: str
    jobs: int
    repeat: int
    stalls: int = 2
    defects: tuple[str, ...] = ()

    @property
    def whole(self) -> bool:
        """Whether every defect is played: only then can an expectation be said to be killed by none."""
        return not self.defects


@dataclass(frozen=True, slots=True)
class Conforming:
    """The conforming solution, played again and again: each case in each run that was not OK; ``again`` counts the plays that we
    spoilt ourselves by a delay, and that were made anew.
    """

    runs: int
    cases: int
    wrong: tuple[Verdict, ...]
    again: int = 0

    @property
    def false_ko(self) -> int:
        """How often a case of the conforming solution was KO."""
        return sum(verdict.outcome is Outcome.KO for verdict in self.wrong)


@dataclass(frozen=True, slots=True)
class Proved:
    """A proof: the conforming runs, the matrix, what weakening it shows, the boundaries, the attribution."""

    order: Ordered
    edition: str
    requirements: tuple[str, ...]
    conforming: Conforming
    matrix: Matrix
    unnoticed: tuple[str, ...]
    boundaries: Table
    attributed: tuple[Attributed, ...]
    control: Attributed | None = None
    pretended: tuple[Pretended, ...] = ()
    stalled: tuple[Stalled, ...] = ()


def prove(order: Ordered, loaded: Loaded, said: Said) -> Proved:
    """Play everything; raises MistakesError, OSError."""
    cases = [case for case in loaded.pack.cases if case.family == order.family]
    pki.load(order.home / "pki")  # made once, before several workers want it
    clear(order.keep)
    place, known = Place(order.home, order.keep, order.config), matrix.columns(cases)
    context = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(order.jobs, context, bench.open_bench, (place,)) as workers, cancelled(workers):
        first = _conforming(workers, cases, FIRST, said)
        asked = {played.case: played.asked for played in first}
        family = loaded.pack.families[order.family]
        cells = boundaries.table(_cells(order.keep, cases, loaded), loaded.bindings, family.services)
        rows, verdicts = _rows(workers, _chosen(order), cases, asked, known, tuple(family.demands), said)
        unnoticed = _unnoticed(workers, rows, verdicts, known, said) if order.whole else ()
        control, attributed = _attributed(workers, said) if order.whole else (None, ())
        pretended = _pretended(workers, family, cases, said) if order.whole else ()
        repeated = [first, *_again(workers, order, cases, said)]
        stalled = _stalled(workers, order, cases, rows, said) if order.whole else ()
    wrong = tuple(item.verdict for run in repeated for item in run if item.verdict.outcome is not Outcome.OK)
    again = sum(item.times - 1 for run in repeated for item in run)
    return Proved(
        order, family.edition, tuple(family.demands), Conforming(len(repeated), len(cases), wrong, again),
        Matrix(order.family, tuple(known.values()), rows, order.whole), unnoticed, cells, attributed, control, pretended, stalled,
    )  # fmt: skip


def clear(folder: Path) -> None:
    """Take the evidence of an earlier proof away; raises FileExistsError for a folder that is none."""
    marker = folder / MARKER
    if folder.exists() and any(folder.iterdir()) and not marker.is_file():
        raise FileExistsError(errno.EEXIST, "it holds something else than an earlier proof", str(folder))
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    marker.write_text("The evidence of a proof; `equalis prove` writes it anew each time.\n", encoding="utf-8")


@contextmanager
def cancelled(workers: Executor) -> Iterator[None]:
    """Nothing more is begun once something went wrong or the user stopped it."""
    try:
        yield
    except BaseException:
        workers.shutdown(wait=False, cancel_futures=True)
        raise


def _chosen(order: Ordered) -> list[Defect]:
    return [item for item in DEFECTS if item.family == order.family and (order.whole or item.name in order.defects)]


def _again(workers: Executor, order: Ordered, cases: Sequence[Case], said: Said) -> Iterator[list[Played]]:
    """The conforming runs after the first; their evidence is kept when something in it was not OK."""
    for number in range(2, order.repeat + 1):
        played = _conforming(workers, cases, f"again-{number:02}", said)
        yield played
        if all(item.verdict.outcome is Outcome.OK for item in played):
            for folder in order.keep.glob(f"again-{number:02}-*"):
                shutil.rmtree(folder)


def _conforming(workers: Executor, cases: Sequence[Case], label: str, said: Said) -> list[Played]:
    """One run of the conforming solution, in pieces, in the order of the cases."""
    pieces = [cases[start : start + PIECE] for start in range(0, len(cases), PIECE)]
    jobs = [Job(f"{label}-{number:02}", (), tuple(case.name for case in piece)) for number, piece in enumerate(pieces)]
    played = [item for part in workers.map(bench.play, jobs) for item in part]
    bad = sum(item.verdict.outcome is not Outcome.OK for item in played)
    said(f"{label}: {len(played)} cases, {bad} not OK")
    return played


def _cells(keep: Path, cases: Sequence[Case], loaded: Loaded) -> Iterator[tuple[str, Cell]]:
    """What the first conforming run recorded, as cells of the table of boundaries."""
    known = {case.name: case for case in cases}
    for folder in sorted(keep.glob(f"{FIRST}-*")):
        for name, transcript in saved.transcripts(folder).items():
            for cell in boundaries.struck(known[name], transcript, loaded.bindings):
                yield name, cell


def _rows(
    workers: Executor, defects: Iterable[Defect], cases: Sequence[Case], asked: dict[str, frozenset[str]],
    known: matrix.Columns, requirements: tuple[str, ...], said: Said,
) -> tuple[tuple[Row, ...], dict[str, list[Verdict]]]:  # fmt: skip
    rows: dict[str, Row] = {}
    verdicts: dict[str, list[Verdict]] = {}
    waiting = {}
    for defect in defects:
        chosen, left_out = matrix.sighted(defect, cases, asked)
        waiting[workers.submit(bench.play, Job(_label(defect.name), (defect.name,), chosen))] = defect, chosen, left_out
    for done in as_completed(waiting):
        defect, chosen, left_out = waiting[done]
        found = [item.verdict for item in done.result()]
        likely = first_cause(found, requirements)
        verdicts[defect.name] = found
        rows[defect.name] = matrix.row(defect, chosen, left_out, found, known, likely)
        said(f"{defect.name}: {len(chosen)} cases, {len(rows[defect.name].kills)} expectations KO")
    return tuple(rows[item.name] for item in DEFECTS if item.name in rows), verdicts


def _label(defect: str) -> str:
    return f"defect-{defect}"


def _unnoticed(workers: Executor, rows: Iterable[Row], verdicts: dict[str, list[Verdict]], known: matrix.Columns,
               said: Said) -> tuple[str, ...]:  # fmt: skip
    """The MUST expectations that can be taken out, or loosened, without any cell of the matrix changing."""
    waiting = []
    for row in rows:
        killed = tuple(
            (verdict.case, item.expectation) for verdict in verdicts[row.defect.name] for item in verdict.findings
            if item.outcome is Outcome.KO and known[item.source].name in row.stated
        )  # fmt: skip
        names = {(verdict.case, item.expectation): known[item.source].name
                 for verdict in verdicts[row.defect.name] for item in verdict.findings}  # fmt: skip
        waiting.append((workers.submit(bench.weaken, _label(row.defect.name), killed), names))
    seen: dict[str, set[str]] = {}
    for done, names in waiting:
        for item in done.result():
            ways = {way for way in ("removed", "loosened") if getattr(item, way)}
            seen.setdefault(names[item.case, item.expectation], set()).update(ways)
    musts = [column.name for column in known.values() if column.must]
    lacking = [f"{name} ({way})" for name in musts for way in ("removed", "loosened") if way not in seen.get(name, set())]
    said(f"weakened: {len(musts)} MUST expectations removed and loosened, {len(lacking)} times unnoticed")
    return tuple(lacking)


def _pretended(workers: Executor, family: Family, cases: Sequence[Case], said: Said) -> tuple[Pretended, ...]:
    """Every product that calls nobody, in every case."""
    names = tuple(case.name for case in cases)
    waiting = [workers.submit(bench.pretend, product, names) for product in products(family)]
    found = tuple(done.result() for done in waiting)
    said(f"pretended: {len(found)} products that call nobody, {sum(len(item.passed) for item in found)} cases OK")
    return found


def _stalled(workers: Executor, order: Ordered, cases: Sequence[Case], rows: Sequence[Row], said: Said) -> tuple[Stalled, ...]:
    """Runs on a machine that stands still or is starved: of the conforming solution, and of some defects in a case that sees each."""
    names, seen = [case.name for case in cases], {row.defect.name: next(iter(row.kills.values()))[0] for row in rows if row.kills}
    found = []
    for number in range(order.stalls):
        kind = stalling.KINDS[number % len(stalling.KINDS)]
        found.append(workers.submit(bench.stall, kind, number, "", stalling.sample(names, number)).result())
        waiting = [workers.submit(bench.stall, kind, number, name, (seen[name],)) for name in stalling.sample(list(seen), number, stalling.MOST_DEFECTS)]
        found += [done.result() for done in waiting]
        said(f"{kind}: {sum(len(tuple(item.wrong)) for item in found)} cases that are wrong")
    return tuple(found)


def _attributed(workers: Executor, said: Said) -> tuple[Attributed, tuple[Attributed, ...]]:
    """The control, which must be OK or the table shows nothing, and the play with each fault."""
    names = [item.name for item in (CONTROL, *INJECTIONS)]
    control, *found = workers.map(bench.attribute, names)
    said(f"attribution: {len(found)} faults injected, {sum(not item.right for item in found)} not put where they belong")
    return control, tuple(found)
