"""How alike two identities are: graded scores over the traits that were given (modelled).

Names are compared as SERVID finds them: without accents, ligatures and punctuation, whatever the case.
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

from equalis.model.values import Record, as_text
from equalis.wire import names

WEIGHTS = {
    "last_name": Decimal("0.25"), "first_names": Decimal("0.20"), "birth_date": Decimal("0.25"), "sex": Decimal("0.05"),
    "birth_place": Decimal("0.10"), "country": Decimal("0.05"), "matricule": Decimal("0.10"),
}  # fmt: skip
"""How much each strict trait counts (idv.md §2), of those that were given."""
CERTAIN, PROBABLE, POSSIBLE = Decimal("0.95"), Decimal("0.80"), Decimal("0.60")
TIED = Decimal("0.90")
"""The most that one of several equally good candidates can have: none of them is certain."""
FIRST_NAME_ONLY, PART_OF_NAME, PART_OF_DATE = Decimal("0.8"), Decimal("0.7"), Decimal("0.6")
CENT = Decimal("0.01")


@dataclass(frozen=True, slots=True)
class Candidate:
    """A record with its score between 0 and 1."""

    person: Record
    score: Decimal

    @property
    def grade(self) -> str:
        """The match grade of FHIR: certain, probable, possible."""
        if self.score >= CERTAIN:
            return "certain"
        return "probable" if self.score >= PROBABLE else "possible"


def score(traits: Record, person: Record) -> Decimal:
    """The share of the given traits that fit, weighted."""
    given = {name: as_text(traits[name]) for name in WEIGHTS if as_text(traits.get(name))}
    if not given:
        return Decimal(0)
    fitting = sum((WEIGHTS[name] * _alike(name, text, as_text(person.get(name))) for name, text in given.items()), Decimal(0))
    return (fitting / sum(WEIGHTS[name] for name in given)).quantize(CENT)


def _alike(trait: str, given: str, known: str) -> Decimal:
    if trait in {"last_name", "first_names", "birth_place"}:
        return _names(given, known, first=trait == "first_names")
    if trait == "birth_date" and given != known:
        shorter, longer = sorted((given, known), key=len)
        return PART_OF_DATE if shorter and longer.startswith(f"{shorter}-") else Decimal(0)
    return Decimal(given.upper() == known.upper())


def _names(given: str, known: str, *, first: bool) -> Decimal:
    if names.folded(given) == names.folded(known):
        return Decimal(1)
    mine, theirs = names.words(given), names.words(known)
    if not mine or not theirs:
        return Decimal(0)
    if first and mine[0] == theirs[0]:
        return FIRST_NAME_ONLY
    return PART_OF_NAME if set(mine) < set(theirs) or set(theirs) < set(mine) else Decimal(0)


def candidates(traits: Record, population: list[Record]) -> list[Candidate]:
    """The active records that are possible, best first; where several are equally good, none is certain."""
    active = [person for person in population if person.get("active", True) is True]
    found = [Candidate(person, value) for person in active if (value := score(traits, person)) >= POSSIBLE]
    if sum(item.score >= CERTAIN for item in found) > 1:
        found = [Candidate(item.person, min(item.score, TIED)) for item in found]
    return sorted(found, key=lambda item: (-item.score, as_text(item.person["id"])))
