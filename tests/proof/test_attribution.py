"""Faults of the environment and of equalis, injected into a real play: none is the product's, none is OK."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from equalis.gateway.pki import Pki
from equalis.model.config import Config
from equalis.model.outcome import Blame
from equalis.proof.attribution import CONTROL, INJECTIONS, Attributed
from equalis.proof.bench import Bench, Place
from equalis.session import DEMO


@pytest.fixture(scope="module")
def bench(home: Path, keys: Pki, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Bench]:
    """A bench of our own."""
    assert keys.identities
    made = Bench(Place(home, tmp_path_factory.mktemp("attribution"), Config(DEMO)))
    yield made
    made.close()


def test_at_least_fifteen_faults_and_each_of_the_four_at_fault_are_injected() -> None:
    """Environment, configuration, case pack and equalis all appear; names are unique."""
    assert len({item.name for item in INJECTIONS}) == len(INJECTIONS) >= 15
    assert {item.blame for item in INJECTIONS} == set(Blame)


def test_without_any_fault_the_same_play_is_ok(bench: Bench) -> None:
    """The control: what the table shows is due to the faults."""
    found = bench.attribute(CONTROL.name)
    assert (found.outcome, found.blamed) == ("OK", "")


@pytest.mark.parametrize("name", [item.name for item in INJECTIONS])
def test_a_fault_is_put_where_it_belongs(bench: Bench, name: str) -> None:
    """Neither KO nor OK, with who, what and what to do."""
    found = bench.attribute(name)
    assert found.right, found


@pytest.mark.parametrize(
    ("outcome", "blamed", "remedy"),
    [("KO", "environment", "x"), ("OK", "environment", "x"), ("INCONCLUSIVE", "equalis", "x"), ("INCONCLUSIVE", "environment", "")],
)
def test_the_table_calls_a_wrong_row_wrong(outcome: str, blamed: str, remedy: str) -> None:
    """KO, OK, another one blamed, or nothing to do: none of these is right."""
    assert not Attributed("n", "s", Blame.ENVIRONMENT, outcome, blamed, "cause", remedy).right
    assert Attributed("n", "s", Blame.ENVIRONMENT, "INCONCLUSIVE", "environment", "cause", "remedy").right
