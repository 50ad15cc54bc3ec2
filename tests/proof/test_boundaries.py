"""The table operation × fault: read off what was recorded."""

from __future__ import annotations

from dataclasses import replace

import pytest

from equalis.cases.loading import Loaded
from equalis.model.case import Step
from equalis.model.source import Source
from equalis.model.values import Record
from equalis.proof import boundaries
from tests.judge import stage


@pytest.mark.parametrize(
    ("script", "faults"),
    [
        ({"refuse": "X"}, ["refusal"]), ({"fault": "x", "fault-status": 200}, ["soap-fault"]), ({"unavailable": True}, ["unavailable"]),
        ({"signature": "stranger"}, ["bad-signature"]), ({"signature": "prefixes"}, []), ({"starts": "30m"}, ["early-token"]),
        ({"starts": "-30m"}, ["expired-token"]), ({"lifetime": "1m"}, ["expired-token"]), ({"shares.total": 1}, []),
    ],
)  # fmt: skip
def test_each_order_of_a_script_is_a_fault_or_none(script: Record, faults: list[str]) -> None:
    """A good signature with a list of prefixes is no fault, nor is another amount."""
    assert list(boundaries.ordered(script)) == faults


def test_a_fault_counts_where_it_struck(loaded: Loaded) -> None:
    """The disturbance of an exchange, and the script of its step for its operation."""
    step = Step("facturer", "", Source(""), script={"pid.pay": {"fault": "x"}, "pid.contest": {"fault": "x"}})
    case = replace(stage.case(), steps=(step,))
    transcript = stage.transcript(stage.simulation(1, disturbance="garble"), stage.payment(2))
    cells = list(boundaries.struck(case, transcript, loaded.bindings))
    assert ("mysecu: pid.simulate", "garble") in cells
    assert ("mysecu: pid.pay", "soap-fault") in cells
    assert not [cell for cell in cells if "contest" in cell[0]]


def test_every_call_that_moves_money_stands_in_the_table_and_its_holes_are_named(loaded: Loaded) -> None:
    """Without any play, each possible cell of a payment, deposit, reimbursement and cancellation is open."""
    table = boundaries.table([], loaded.bindings, loaded.pack.families["ra-pid"].services)
    assert [line.operation for line in table.lines] == [
        "eadministrative: ra.cancel", "eadministrative: ra.deposit", "mysecu: pid.pay", "mysecu: ra.cancel", "mysecu: ra.deposit",
        "mysecu: ra.reimburse",
    ]  # fmt: skip
    assert "mysecu: pid.pay × hang-after-commit" in table.open_cells
    assert "eadministrative: ra.deposit × bad-signature" not in table.open_cells
    assert len(table.open_cells) == 4 * 12 + 2 * 10
    assert boundaries.table([], loaded.bindings, loaded.pack.families["idv"].services).lines == ()
