"""Each defect of the demonstration solution is caught on the requirement that it names."""

from __future__ import annotations

from pathlib import Path

import pytest

from equalis.cases.loading import Loaded
from equalis.demo.defects import DEFECTS, Defect
from equalis.model.case import Case, Step
from equalis.model.config import Config
from equalis.model.outcome import Outcome
from equalis.model.verdict import Verdict
from equalis.reporting.text import Lines
from equalis.session import DEMO, Order, run


class Silent:
    """Nobody watches."""

    def run_begins(self, total: int, lines: Lines) -> None:
        assert total
        assert lines("nowhere", 1) == ""

    def case_begins(self, case: Case) -> None:
        assert case.name

    def waits_for(self, step: Step, what: str) -> None:
        assert step.id
        assert what

    def case_ends(self, case: Case, verdict: Verdict, seconds: float) -> None:
        assert verdict.case == case.name
        assert seconds >= 0


def test_there_are_at_least_ten_and_each_names_a_known_requirement(loaded: Loaded) -> None:
    """Unique names, one sentence each."""
    known = loaded.pack.families["ra-pid"].requirements
    assert len({defect.name for defect in DEFECTS}) == len(DEFECTS) >= 10
    assert all(defect.requirement in known and defect.sentence.endswith(".") for defect in DEFECTS)


@pytest.mark.parametrize("defect", DEFECTS, ids=lambda defect: defect.name)
def test_a_defect_is_ko_on_the_requirement_that_it_breaks(defect: Defect, loaded: Loaded, home: Path, tmp_path: Path) -> None:
    """And nothing is blamed on the environment or on equalis."""
    names = tuple(
        case.name for case in loaded.pack.cases
        if any(item.requirement == defect.requirement for item in case.expectations)
    )  # fmt: skip
    order = Order(Config(DEMO, out=str(tmp_path)), home, names=names, defects=(defect.name,))
    report = run(order, Silent()).report
    assert report.outcome is Outcome.KO
    assert not [verdict.case for verdict in report.verdicts if verdict.faults]
    found = {
        item.requirement for verdict in report.verdicts for item in verdict.findings if item.outcome is Outcome.KO
    }
    assert defect.requirement in found
