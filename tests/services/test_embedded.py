"""What is told of the embedded services is what they are."""

from __future__ import annotations

from equalis.cases.loading import Loaded
from equalis.cases.speaking import live_only
from equalis.model.embedded import ANSWERED
from equalis.services import SERVICES


def test_what_the_nouns_say_of_the_embedded_services_is_what_is_shipped(loaded: Loaded) -> None:
    """Each has a simulator, and its operations are those of its shipped binding."""
    assert set(SERVICES) == set(ANSWERED)
    assert {name: tuple(item.name for item in found.operations) for name, found in loaded.bindings.services.items()} == ANSWERED
    assert live_only(loaded.bindings) == {}
    for case in loaded.pack.cases:
        assert set(case.services) == set(loaded.pack.families[case.family].services), case.name
