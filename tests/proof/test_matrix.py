"""The matrix as a value: who can see a defect, what kills it, and what is wrong with a proof."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from equalis.cases.loading import Loaded
from equalis.demo.defect import Defect
from equalis.demo.defects import DEFECTS, Switches
from equalis.model.case import Selection
from equalis.model.config import Config
from equalis.model.outcome import Blame, Level, Outcome
from equalis.model.source import Source
from equalis.model.verdict import Finding, Verdict
from equalis.proof import document, matrix
from equalis.proof.attribution import Attributed
from equalis.proof.boundaries import Line, Table
from equalis.proof.proving import Conforming, Ordered, Proved
from equalis.session import DEMO
from tests.judge import stage

DEFECT = Defect("rounds", "Rounds.", ("PID-052",))
EXPECTATION = stage.expectation("present", Selection(operation=("pid.pay",)))
OTHER = replace(EXPECTATION, id="f", requirement="PID-040", source=Source("scenarios/ra-pid/x.yaml", 30))
CASE = stage.case(EXPECTATION, OTHER)
KNOWN = matrix.columns([CASE])


def verdict(**outcomes: Outcome) -> Verdict:
    findings = tuple(
        Finding(item.id, item.requirement, Level.MUST, outcomes.get(item.id, Outcome.OK), "", "", "", item.source)
        for item in CASE.expectations
    )
    return Verdict(CASE.name, "", Outcome.KO, findings)


def row(*verdicts: Verdict, likely: str = "PID-052") -> matrix.Row:
    return matrix.row(DEFECT, [CASE.name], {}, verdicts, KNOWN, likely)


def test_there_are_at_least_sixty_defects_and_each_names_known_requirements_and_causes(loaded: Loaded) -> None:
    """Unique names, one sentence each; what a vendor is told is a cause of the catalogue or a remedy of the register."""
    families = loaded.pack.families
    assert len({defect.name for defect in DEFECTS}) == len(DEFECTS) >= 60
    for defect in DEFECTS:
        family = families[defect.family]
        assert set(defect.breaks) <= set(family.demands), defect
        assert defect.cause in {cause.id for cause in family.causes} | set(family.demands), defect
        assert defect.sentence.endswith("."), defect


def test_the_product_knows_no_switch_that_the_table_lacks() -> None:
    """A misspelt switch is an error, not a defect that is never on."""
    switches = Switches({"pays-twice"})
    assert "pays-twice" in switches
    assert "sha1-signature" not in switches
    assert switches.asked == {"pays-twice", "sha1-signature"}
    with pytest.raises(KeyError):
        assert "pays-thrice" in switches


def test_a_case_can_see_a_defect_that_it_demands_and_that_the_product_asks_for() -> None:
    """Other cases are left out, and the reason is counted."""
    asked = {CASE.name: frozenset({"rounds"})}
    assert matrix.sighted(DEFECT, [CASE], asked)[0] == (CASE.name,)
    never = matrix.sighted(DEFECT, [CASE], {})
    assert never == ((), {"demand none of its requirements": 0, "never come to where it is": 1})
    elsewhere = matrix.sighted(replace(DEFECT, breaks=("RA-010",)), [CASE], asked)
    assert elsewhere[1]["demand none of its requirements"] == 1


def test_a_defect_survives_is_killed_or_is_killed_for_another_reason() -> None:
    """Only a KO on a requirement that the defect names is its stated reason."""
    killed, aside, alive = row(verdict(e=Outcome.KO)), row(verdict(f=Outcome.KO)), row(verdict())
    assert killed.stated == ("ra-pid/x#e",)
    whole = matrix.Matrix("ra-pid", tuple(KNOWN.values()), (killed, aside, alive))
    assert whole.survivors == ("rounds",)
    assert whole.unstated == ("rounds",)
    assert whole.idle == ("ra-pid/x#f",)
    assert whole.recognised == 3
    assert replace(whole, whole=False).idle == ()


def proved(tmp_path: Path, *rows: matrix.Row, wrong: tuple[Verdict, ...] = (), unnoticed: tuple[str, ...] = (), holes: int = 0,
           outcome: str = "INCONCLUSIVE") -> Proved:  # fmt: skip
    lines = (Line("mysecu: pid.pay", moves_money=True, cases={"garble": 0 if holes else 1, "early-token": None}),)
    attributed = (Attributed("n", "s", Blame.ENVIRONMENT, outcome, "environment", "cause", "remedy"),)
    both = replace(rows[0], stated=tuple(column.name for column in KNOWN.values())) if rows else None
    kept = matrix.Matrix("ra-pid", tuple(KNOWN.values()), (both, *rows[1:]) if both else ())
    return Proved(Ordered(tmp_path, tmp_path, Config(DEMO), "ra-pid", 1, 1), "e", (), Conforming(1, 1, wrong), kept, unnoticed, Table(lines), attributed)


def wrongs(found: Proved, *changed: str) -> list[str]:
    return [sentence for sentence, names in document.failures(found, list(changed)) if names]


def test_a_proof_fails_for_each_of_its_reasons_and_for_no_other(tmp_path: Path) -> None:
    """A false KO, a survivor, an unknown cause, an expectation that does not matter, a hole, a wrong blame, another cell."""
    good = row(verdict(e=Outcome.KO))
    assert wrongs(proved(tmp_path, good)) == []
    assert "not wholly OK" in wrongs(proved(tmp_path, good, wrong=(verdict(),)))[0]
    assert "survive" in wrongs(proved(tmp_path, good, row(verdict())))[0]
    assert "requirement that they name" in wrongs(proved(tmp_path, good, row(verdict(f=Outcome.KO))))[0]
    assert "likely" in wrongs(proved(tmp_path, row(verdict(e=Outcome.KO), likely="PID-001")))[0]
    assert "weakened" in wrongs(proved(tmp_path, good, unnoticed=("x",)))[0]
    assert "move money" in wrongs(proved(tmp_path, good, holes=1))[0]
    assert "belong" in wrongs(proved(tmp_path, good, outcome="KO"))[0]
    assert "reviewed" in wrongs(proved(tmp_path, good), "+ rounds × x in y")[0]


def test_each_cell_that_changes_is_named() -> None:
    """A case that comes or goes, a defect that is new or gone; defects that were not played are left alone."""
    golden = {"a": {"x": ["c1", "c2"]}, "b": {"x": ["c1"]}}
    now = {"a": {"x": ["c1"], "y": ["c1"]}}
    assert document.changes(golden, now, whole=False) == ["- a × x in c2", "+ a × y in c1"]
    assert document.changes(golden, now, whole=True) == ["- a × x in c2", "+ a × y in c1", "- b × x in c1"]
