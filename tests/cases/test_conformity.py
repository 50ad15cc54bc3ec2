"""Conformity: OK only if every applicable MUST is proven by an OK case."""

from __future__ import annotations

import pytest

from equalis.cases.conformity import conformity, fold, together
from equalis.cases.loading import Loaded
from equalis.model.case import Requirement
from equalis.model.outcome import Basis, Level, Outcome
from equalis.model.report import Header, Report
from equalis.model.source import Source
from equalis.model.verdict import Conformity, Finding, Verdict

HERE = Source("requirements.yaml")


def requirement(name: str, level: Level = Level.MUST, when: str = "", unproven: str = "") -> Requirement:
    return Requirement(name, level, "x", Basis.LAW, "y", HERE, when, "", unproven)


def verdict(**outcomes: str) -> Verdict:
    findings = tuple(
        Finding("e", name, Level.MUST, Outcome(word), "", "", "", HERE) for name, word in outcomes.items()
    )
    return Verdict("c", "C", Outcome.OK, findings)


@pytest.mark.parametrize(
    ("outcomes", "folded"),
    [
        ({"A": "OK", "B": "OK"}, "OK"),
        ({"A": "OK", "B": "KO"}, "KO"),
        ({"A": "OK"}, "INCONCLUSIVE"),
        ({"A": "OK", "B": "INCONCLUSIVE"}, "INCONCLUSIVE"),
        ({}, "INCONCLUSIVE"),
    ],
)
def test_what_is_not_proven_is_never_ok(outcomes: dict[str, str], folded: str) -> None:
    """Missing proof is INCONCLUSIVE, one KO is KO."""
    found = conformity([requirement("A"), requirement("B")], [verdict(**outcomes)])
    assert found.outcome is Outcome(folded)


def test_a_should_and_an_undeclared_capability_do_not_fold() -> None:
    """They are listed all the same."""
    register = [requirement("A"), requirement("S", Level.SHOULD), requirement("P", when="pid")]
    found = conformity(register, [verdict(A="OK", S="KO")], capabilities=["ra"])
    assert found.outcome is Outcome.OK
    assert [proof.outcome.value for proof in found.proofs] == ["OK", "KO", "NOT_APPLICABLE"]


def test_one_of_several_capabilities_makes_a_requirement_apply() -> None:
    """`pid or ra`: without both it does not apply, with one of them it must be proven."""
    register = [requirement("A"), requirement("P", when="pid or ra")]
    assert conformity(register, [verdict(A="OK")], capabilities=["idv"]).outcome is Outcome.OK
    assert conformity(register, [verdict(A="OK")], capabilities=["ra"]).outcome is Outcome.INCONCLUSIVE


def test_what_only_an_attestation_can_prove_is_listed_as_such() -> None:
    """It neither proves nor hides anything."""
    found = conformity([requirement("A"), requirement("R", unproven="screenshots")], [verdict(A="OK")])
    assert found.outcome is Outcome.OK
    assert found.proofs[1].attestation == "screenshots"
    assert not found.missing


def test_a_run_is_about_the_families_of_which_it_plays_whole_cases(loaded: Loaded) -> None:
    """Cases of other families that prove an identity requirement too do not make the run about those; alone they do."""
    families = loaded.pack.families
    own = [case.name for case in families["idv"].cases]
    citing = [case.name for case in loaded.pack.cases if case.family != "idv" and any(item.requirement.startswith("IDV") for item in case.expectations)]
    assert len(citing) >= 4

    def about(plan: list[str]) -> set[str]:
        head = Header("r", "", "", "", "", "", "demo", "embedded", "", tuple(plan), (), ())
        return {proof.requirement.split("-")[0] for proof in fold(head, families, [], complete=True).conformity.proofs}

    assert about([*own, *citing]) == {"IDV"}
    assert "RX" in about([name for name in citing if name.startswith("eprescription")])


@pytest.mark.parametrize(
    ("embedded", "live", "together_"),
    [
        ("OK", "NOT_APPLICABLE", "OK"), ("NOT_APPLICABLE", "OK", "OK"), ("OK", "KO", "KO"), ("KO", "OK", "KO"), ("OK", "INCONCLUSIVE", "INCONCLUSIVE"),
        ("INCONCLUSIVE", "OK", "INCONCLUSIVE"), ("NOT_APPLICABLE", "NOT_APPLICABLE", "NOT_APPLICABLE"), ("KO", "NOT_APPLICABLE", "KO"),
    ],
)  # fmt: skip
def test_a_case_of_several_runs_counts_where_it_applied_and_as_it_came_out_worst(loaded: Loaded, embedded: str, live: str, together_: str) -> None:
    """Embedded and live, in any order; a run that did not end leaves the whole unfinished."""
    case = next(case for case in loaded.pack.cases if case.name == "idv/score")
    reports = [
        Report(Header("r", "", "", "x", "1", "", "http", name, "", (case.name,), ("idv",), ()), (Verdict(case.name, "", Outcome(word), ()),), Conformity(Outcome.OK, ()), complete)
        for name, word, complete in (("embedded", embedded, True), ("real", live, embedded != "KO"))
    ]  # fmt: skip
    for order in (reports, reports[::-1]):
        found = together(order, loaded.pack.families)
        assert [item.outcome.value for item in found.verdicts] == [together_]
        assert found.complete is (embedded != "KO")
