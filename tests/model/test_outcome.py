"""The fold of outcomes."""

import pytest

from equalis.model.outcome import Outcome, worst


@pytest.mark.parametrize(
    ("outcomes", "folded"),
    [
        (["OK", "KO", "INCONCLUSIVE"], "KO"),
        (["OK", "INCONCLUSIVE"], "INCONCLUSIVE"),
        (["OK", "NOT_APPLICABLE"], "OK"),
        (["NOT_APPLICABLE"], "NOT_APPLICABLE"),
        ([], "INCONCLUSIVE"),
    ],
)
def test_the_worst_wins_and_nothing_judged_is_inconclusive(outcomes: list[str], folded: str) -> None:
    """The worst outcome wins; nothing at all is INCONCLUSIVE, never OK."""
    assert worst(Outcome(word) for word in outcomes) is Outcome(folded)
