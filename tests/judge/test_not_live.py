"""What a live environment cannot do makes a case NOT_APPLICABLE there, with the reason; embedded, the same case applies."""

from __future__ import annotations

import pytest

from equalis.cases.loading import Loaded
from equalis.judge.judging import not_applicable
from equalis.model.case import INVENTED
from equalis.model.transcript import EMBEDDED, Transcript
from equalis.session import DEMO_CAPABILITIES

EVERYTHING = ("consent-mh", "without-consent-mh", "check-digits-on", INVENTED)


@pytest.mark.parametrize(
    ("name", "holds", "services", "word"),
    [
        ("ra-pid/pid-consultation-adulte", EVERYTHING, (), "its answers are scripted"),
        ("eprescription/etat", EVERYTHING, (), "equalis plays another party"),
        ("idv/score", EVERYTHING, (), "only in embedded; this is live"),
        ("ra-pid/ra-depot", ("without-consent-mh",), (), "does not hold consent-mh"),
        ("ra-pid/ra-depot@sans-consentement", ("consent-mh",), (), "does not hold without-consent-mh"),
        ("idv/homonymes", (), (), "does not hold invented-persons"),
        ("idv/numero-faux", (INVENTED,), (), "does not hold check-digits-on"),
        ("ra-pid/ra-depot", EVERYTHING, ("idp", "sts"), "the environment has no mysecu, eadministrative"),
        ("ra-pid/ra-depot", EVERYTHING, ("idp", "sts", "mysecu", "eadministrative"), ""), ("idv/homonymes", EVERYTHING, (), ""),
        ("idv/sans-matricule", (), ("idp", "servid"), ""),
    ],
)  # fmt: skip
def test_a_case_says_why_it_does_not_apply_live(loaded: Loaded, name: str, holds: tuple[str, ...], services: tuple[str, ...], word: str) -> None:
    """Scripts, other parties, marks, seeds, persons, services; nothing where all is there."""
    case = loaded.pack.case(name)
    assert case is not None
    told = not_applicable(case, Transcript(name, "real", capabilities=DEMO_CAPABILITIES, holds=holds, services=services))
    assert word in told
    assert bool(told) is bool(word)
    assert not_applicable(case, Transcript(name, EMBEDDED, capabilities=DEMO_CAPABILITIES)) == ""


def test_a_pause_needs_the_embedded_clock(loaded: Loaded) -> None:
    """Every case that moves the clock, and no other, names the clock."""
    for case in loaded.pack.cases:
        told = not_applicable(case, Transcript(case.name, "real", capabilities=DEMO_CAPABILITIES, holds=EVERYTHING))
        assert ("the clock of a live environment" in told) is (case.pauses and not case.only_in), case.name


def test_persons_that_a_case_writes_are_known_as_such(loaded: Loaded) -> None:
    """Cases of identity have them; what cites people.yaml has none, with whatever else is given."""
    invented = {case.name for case in loaded.pack.cases if case.invented}
    assert {"idv/homonymes", "idv/ecritures@majuscules", "idv/aucune", "idv/verification@double-nom"} <= invented
    assert not {name for name in invented if not name.startswith("idv/")}
    assert not {"idv/sans-matricule", "idv/verification", "idv/validation"} & invented
