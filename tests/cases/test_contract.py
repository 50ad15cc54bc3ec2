"""Observations held against the contract: an unknown key is the hook's to mend, with the word that was meant."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from decimal import Decimal
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from equalis.cases import contract
from equalis.cases.contract import observed
from equalis.cases.loading import Loaded
from equalis.demo.__main__ import Hook
from equalis.demo.practice import Practice
from equalis.model.case import Action
from tests.conftest import Equalis
from tests.pace import PRODUCT


@pytest.fixture
def bill(loaded: Loaded) -> Action:
    return loaded.pack.families["ra-pid"].actions["pid.bill"]


@pytest.mark.mends("13")
@pytest.mark.parametrize(
    ("given", "meant"),
    [
        ({"stat": "paid"}, "did you mean `state`?"), ({"State": "paid"}, "did you mean `state`?"), ({"STATE": "paid"}, "did you mean `state`?"), ({" state": "paid"}, "did you mean `state`?"),
        ({"shares_patient": "1"}, "did you mean `shares.patient`?"), ({"sharesPatient": "1"}, "did you mean `shares.patient`?"),
        ({"shares": {"patient": "1"}}, "write shares.total, shares.statutory, shares.patient each as one key, with its point"), ({"candidates": []}, "valid observations: "),
        ({"state": "paid", "stat": None}, "did you mean `state`?"), ({"": "paid"}, "valid observations: "), ({"x" * 1_000_000: 1}, "valid observations: "),
        ({"observations": {"state": "paid"}}, "valid observations: "), ({f"k{number}": 1 for number in range(1000)}, "valid observations: "),
    ],
)  # fmt: skip
def test_a_key_that_the_action_does_not_have_is_refused_with_the_one_that_was_meant(bill: Action, given: dict[str, Any], meant: str) -> None:
    """Other cases, other writings, nested, of another action, without end: one short message."""
    with pytest.raises(contract.UnknownObservationError) as caught:
        observed(bill, given)
    assert "pid.bill shows no '" in caught.value.cause
    assert meant in caught.value.remedy
    assert "shares.patient" in caught.value.remedy
    assert len(caught.value.cause + caught.value.remedy) < 1000


@pytest.mark.parametrize("given", [{"state": ["paid"]}, {"state": {"is": "paid"}}, {"paid": True}, {"paid": ""}, {"anomalies": "A1"}, {"anomalies": [None]}, {"anomalies": [["A1"]]}, {"state": ""}, {"message": False}])
def test_a_value_of_another_form_is_refused(bill: Action, given: dict[str, Any]) -> None:
    """A list for one value, one value for a list, nothing in a list."""
    with pytest.raises(contract.MistypedError) as caught:
        observed(bill, given)
    assert caught.value.remedy.startswith("mend the hook")


@pytest.mark.mends("13")
def test_what_the_contract_knows_is_typed_and_null_is_nothing(bill: Action) -> None:
    """Lists as JSON has them or as our readers give them; money from text or from a number."""
    found = observed(bill, {"state": "paid", "paid": Decimal("12345678901.10"), "shares.patient": "6.92", "message": None, "anomalies": ["A1"]})
    assert found == {"state": "paid", "paid": Decimal("12345678901.10"), "shares.patient": Decimal("6.92"), "anomalies": ("A1",)}
    assert observed(bill, {"anomalies": ("A1",)}) == observed(bill, {"anomalies": ["A1"]})


class Renamed(Practice):
    """A practice whose hook has a slip in a key."""

    def act(self, name: str, inputs: dict[str, Any]) -> dict[str, Any]:
        """What is seen, `state` under another key."""
        return {"stat" if key == "state" else key: value for key, value in super().act(name, inputs).items()}


@pytest.fixture
def renamed() -> Iterator[Hook]:
    served = Hook(0, PRODUCT, (), partial(Renamed))
    threading.Thread(target=served.serve_forever, daemon=True).start()
    yield served
    served.shutdown()
    served.server_close()


@pytest.mark.mends("13")
def test_a_slip_in_a_key_makes_the_case_inconclusive_and_not_ko(equalis: Equalis, tmp_path: Path, renamed: Hook) -> None:
    """Exit 3, with the word that was meant; the bundle verifies."""
    (tmp_path / "equalis.toml").write_text(
        f'[solution]\nname = "X"\ndriver = "http"\nurl = "http://127.0.0.1:{renamed.server_address[1]}"\ntimeout = {PRODUCT}\nsettle = 0.2\ncapabilities = ["idv"]\n'
    )
    done = equalis("run", "idv/numero-faux@luhn")
    assert done.returncode == 3, done.stdout + done.stderr
    assert "idv.create shows no 'stat'" in done.stdout
    assert "did you mean `state`?" in done.stdout
    assert "0 KO" in done.stdout
    (bundle,) = (tmp_path / "reports").glob("*.asice")
    assert equalis("verify", str(bundle)).returncode == 3
