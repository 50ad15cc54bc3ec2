"""A proof as a document: what `prove` writes, what it holds against a golden, and what is wrong with it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from equalis.model.outcome import Outcome
from equalis.proof.boundaries import FAULTS
from equalis.proof.matrix import Matrix
from equalis.proof.pretending import SAYING
from equalis.proof.proving import Proved

LIKELY_SHARE = 0.9
"""The part of the defects whose first likely cause must be the seeded one."""

Cells = dict[str, dict[str, list[str]]]
"""Defect → expectation → the cases in which it was KO."""


def cells(matrix: Matrix) -> Cells:
    """The cells of the matrix: what a golden keeps."""
    return {row.defect.name: {name: list(cases) for name, cases in row.kills.items()} for row in matrix.rows}


def changes(golden: Cells, now: Cells, *, whole: bool) -> list[str]:
    """Every cell that is not as it was; defects that were not played are left out unless all were."""
    found = []
    for defect in dict.fromkeys((*(golden if whole else now), *now)):
        before, after = golden.get(defect, {}), now.get(defect, {})
        for name in dict.fromkeys((*before, *after)):
            gone, come = (sorted(set(one.get(name, ())) - set(other.get(name, ())))
                          for one, other in ((before, after), (after, before)))  # fmt: skip
            found += [f"- {defect} × {name} in {case}" for case in gone]
            found += [f"+ {defect} × {name} in {case}" for case in come]
    return found


def failures(proved: Proved, changed: list[str]) -> Iterator[tuple[str, tuple[str, ...]]]:
    """What is wrong with a proof, each in one sentence with the names that it concerns."""
    matrix = proved.matrix
    wrong = proved.conforming.wrong
    yield "the conforming solution is not wholly OK", tuple(f"{item.case}: {item.outcome.value} {item.reason}".rstrip() for item in wrong)
    yield "some cases came to no verdict while a defect was on", tuple(f"{row.defect.name}: {case}" for row in matrix.rows for case in row.unjudged)
    yield "defects survive", matrix.survivors
    yield "defects are KO, but on no expectation of a requirement that they name", matrix.unstated
    yield "MUST expectations are killed by no defect of their requirement", matrix.idle
    share = matrix.recognised / len(matrix.rows) if matrix.rows else 0.0
    if matrix.whole and share < LIKELY_SHARE:
        unknown = tuple(f"{row.defect.name}: {row.likely or 'nothing'} is told, not {row.defect.cause}" for row in matrix.rows if not row.known)
        yield f"the first likely cause is the seeded one for {share:.0%} only", unknown
    yield "expectations can be weakened and nobody notices", proved.unnoticed
    yield "calls that move money meet no such fault", proved.boundaries.open_cells
    if matrix.whole:
        yield "no fault of the environment or of equalis was injected", () if proved.attributed else ("attribution",)
    control = proved.control
    yield "a play without any fault is not OK", () if control is None or control.outcome == "OK" else (f"{control.outcome}: {control.cause}",)
    yield "faults are not put where they belong", tuple(
        f"{item.name}: {item.outcome}, at fault: {item.blamed or 'nobody'} ({item.cause})" for item in proved.attributed if not item.right
    )
    yield "a machine that stands still bends a verdict", tuple(text for item in proved.stalled for text in item.wrong)
    yield "cases are OK with a product that calls nobody", tuple(f"{item.product}: {name}" for item in proved.pretended for name in item.passed)
    yield "the matrix is not the one that was reviewed", tuple(changed)


def as_json(proved: Proved) -> dict[str, Any]:
    """Everything that a proof found, as plain JSON."""
    matrix, runs = proved.matrix, proved.conforming
    return {
        "family": matrix.family,
        "edition": proved.edition,
        "requirements": list(proved.requirements),
        "conforming": {"cases": runs.cases, "runs": runs.runs, "false_ko": runs.false_ko, "not_ok": sorted({item.case for item in runs.wrong})},
        "expectations": [{"name": item.name, "requirement": item.requirement, "level": item.level.value} for item in matrix.columns],
        "defects": [_row(row) for row in matrix.rows],
        "survivors": list(matrix.survivors),
        "unstated": list(matrix.unstated),
        "idle": list(matrix.idle),
        "recognised": matrix.recognised,
        "unnoticed": list(proved.unnoticed),
        "boundaries": [
            {"operation": line.operation, "moves_money": line.moves_money, "cases": dict(line.cases)} for line in proved.boundaries.lines
        ],
        "pretended": [{"product": item.product, "played": item.played, "ok": list(item.passed)} for item in proved.pretended],
        "stalled": [
            {"kind": item.kind, "defect": item.defect, "cases": list(item.cases), "first": [each.value for each in item.first],
             "reasons": list(item.reasons), "last": [each.value for each in item.last]}
            for item in proved.stalled
        ],
        "attribution": [
            {"fault": item.name, "sentence": item.sentence, "outcome": item.outcome, "at_fault": item.blamed,
             "expected": item.expected.value, "cause": item.cause, "remedy": item.remedy, "right": item.right}
            for item in proved.attributed
        ],
    }  # fmt: skip


def _row(row: Any) -> Mapping[str, Any]:
    return {
        "defect": row.defect.name, "sentence": row.defect.sentence, "breaks": list(row.defect.breaks),
        "played": list(row.played), "left_out": dict(row.left_out), "kills": {name: list(cases) for name, cases in row.kills.items()},
        "stated": list(row.stated), "likely": row.likely, "seeded": row.defect.cause, "unjudged": list(row.unjudged),
    }  # fmt: skip


def summary(proved: Proved) -> Iterator[tuple[str, str]]:
    """The figures of a proof, a word and a sentence each."""
    matrix, runs = proved.matrix, proved.conforming
    defects, musts = len(matrix.rows), len(matrix.musts)
    killed = defects - len(matrix.survivors)
    stated = killed - len(matrix.unstated)
    again = f", {runs.again} played again after a delay of our own ({_share(runs.again, runs.cases * runs.runs)})" if runs.again else ""
    yield "conforming", f"{runs.cases} cases × {runs.runs} runs: {runs.false_ko} false KO, {len(runs.wrong)} not OK{again}"
    yield "defects", f"{killed} of {defects} killed ({_share(killed, defects)}), {stated} for the stated reason ({_share(stated, defects)})"
    if matrix.whole:
        alive = musts - len(matrix.idle)
        yield "expectations", f"{alive} of {musts} MUST expectations killed by a defect of their requirement ({_share(alive, musts)})"
        yield "weakened", f"{musts} MUST expectations removed, then loosened: {len(proved.unnoticed)} times unnoticed"
    yield "likely", f"{matrix.recognised} of {defects} first likely causes are the seeded ones ({_share(matrix.recognised, defects)})"
    lines = proved.boundaries.lines
    open_cells = len(proved.boundaries.open_cells)
    yield "boundaries", f"{sum(line.moves_money for line in lines)} operations that move money, {open_cells} cells without a case"
    if proved.pretended:
        words = sum(item.product.startswith(SAYING) for item in proved.pretended)
        passed = {name for item in proved.pretended for name in item.passed}
        yield "pretended", f"silent, echoing, guessing and {words} of one word each, calling nobody: {len(passed)} of {runs.cases} cases OK"
    if proved.stalled:
        yield "stalls", _stalls(proved)
    if proved.attributed:
        wrong = sum(not item.right for item in proved.attributed)
        decided = {word: sum(item.outcome == word for item in proved.attributed) for word in ("KO", "OK")}
        counted = f"{decided['KO']} counted as KO, {decided['OK']} as OK"
        yield "attribution", f"{len(proved.attributed)} faults injected, {wrong} not put where they belong, {counted}"


def _stalls(proved: Proved) -> str:
    """What the runs on a machine that stands still or is starved came to."""
    good, bad = ([item for item in proved.stalled if bool(item.defect) is broken] for broken in (False, True))
    first = [outcome for item in good for outcome in item.first]
    spoilt = [outcome for item in bad for outcome in (*item.first, *item.last)]
    played = f"{len(good)} runs of {len(first)} cases, stopped or starved: {first.count(Outcome.KO)} KO, {first.count(Outcome.INCONCLUSIVE)} INCONCLUSIVE"
    left = sum(outcome is not Outcome.OK for item in good for outcome in item.last)
    return f"{played}, {left} not OK after retries; {len(bad)} defects: {spoilt.count(Outcome.OK)} OK"


def _share(part: int, whole: int) -> str:
    return f"{100 * part / whole:.1f} %" if whole else "none"


def boundary_table(proved: Proved) -> Iterator[str]:
    """The table operation × fault as text: numbers of cases, `·` for none, `–` where it cannot happen."""
    lines = proved.boundaries.lines
    width = max((len(line.operation) for line in lines), default=0)
    for number, fault in enumerate(FAULTS):
        yield f"{'':<{width}}   {'   ' * number} ┌ {fault}"
    for line in lines:
        shown = (" –" if number is None else f"{number or '·':>2}" for number in line.cases.values())
        yield f"{line.operation:<{width}} {'€' if line.moves_money else ' '} {' '.join(shown)}".rstrip()
