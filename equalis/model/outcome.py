"""The four outcomes of a judgement and the one rule that folds them."""

from __future__ import annotations

import enum
from collections.abc import Iterable


class Outcome(enum.Enum):
    """What a judgement comes to, declared worst first."""

    KO = "KO"
    INCONCLUSIVE = "INCONCLUSIVE"
    OK = "OK"
    NOT_APPLICABLE = "NOT_APPLICABLE"


class Level(enum.Enum):
    """How binding a requirement is; a SHOULD is reported and never folds."""

    MUST = "must"
    SHOULD = "should"


class Basis(enum.Enum):
    """Where a requirement comes from (the marks of the domain notes)."""

    LAW = "law"
    PUBLISHED = "published"
    STANDARD = "standard"
    MODELLED = "modelled"


class Blame(enum.Enum):
    """Who is at fault when a case cannot be judged; never the product."""

    ENVIRONMENT = "environment"
    CONFIGURATION = "configuration"
    CASE_PACK = "case pack"
    EQUALIS = "equalis"


_RANK = {outcome: rank for rank, outcome in enumerate(Outcome)}


def worst(outcomes: Iterable[Outcome]) -> Outcome:
    """Fold outcomes: the worst wins, and nothing judged is INCONCLUSIVE."""
    return min(outcomes, key=_RANK.__getitem__, default=Outcome.INCONCLUSIVE)
