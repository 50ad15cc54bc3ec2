"""The hook's OpenAPI is generated from the contract, and the committed one is current."""

from __future__ import annotations

import json
from pathlib import Path

from equalis.cases.loading import Loaded
from equalis.cases.openapi import contract

COMMITTED = Path(__file__).parent.parent.parent / "docs" / "hook.openapi.json"


def test_the_committed_openapi_is_the_contract_of_today(loaded: Loaded) -> None:
    """`equalis list openapi > docs/hook.openapi.json` mends a difference."""
    actions = [action for family in loaded.pack.families.values() for action in family.actions.values()]
    assert json.loads(COMMITTED.read_text(encoding="utf-8")) == contract(actions)


def test_every_action_has_a_path_with_typed_inputs_and_observations(loaded: Loaded) -> None:
    """Required inputs are required, enumerations are enumerated, lists are lists."""
    found = contract(loaded.pack.families["ra-pid"].actions.values())["paths"]["/equalis/actions/pid.bill"]["post"]
    schema = found["requestBody"]["content"]["application/json"]["schema"]
    assert schema["required"] == ["patient", "provider", "acts"]
    assert schema["properties"]["acts"]["items"]["required"] == ["code"]
    answer = found["responses"]["200"]["content"]["application/json"]["schema"]
    assert "uncertain" in answer["properties"]["state"]["enum"]
