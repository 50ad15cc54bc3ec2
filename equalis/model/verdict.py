"""What the judge found, and the report that folds it."""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import Enum

from equalis.model.outcome import Level, Outcome
from equalis.model.source import Source
from equalis.model.transcript import Fault


class Kind(Enum):
    """How a demand is missed, by what is to be mended first within one exchange."""

    SCHEMA = "schema"
    REFUSAL = "refusal"
    SIGNATURE = "signature"
    VALUE = "value"
    ABSENCE = "absence"


@dataclass(frozen=True, slots=True)
class Explanation:
    """Why a demand is missed, as far as the evidence says.

    ``place`` is the number of the exchange at which it shows (0: before any). ``cause`` is the entry of the family's catalogue
    that ``likely`` tells, or the requirement whose own ``remedy`` stands where no entry fits. ``quoted`` is what the far side
    and the product said, ``follows`` the expectation of the case whose finding this is a consequence of, ``recorded`` what
    there was instead of what was looked for.
    """

    kind: Kind = Kind.VALUE
    place: int = 0
    cause: str = ""
    likely: str = ""
    remedy: str = ""
    quoted: tuple[str, ...] = ()
    follows: str = ""
    recorded: str = ""


UNEXPLAINED = Explanation()


@dataclass(frozen=True, slots=True)
class Finding:
    """The outcome of one expectation: what was expected, what was there, and where.

    ``exchanges`` are numbers within the case; ``correlation`` is mySecu's Correlation-ID.
    """

    expectation: str
    requirement: str
    level: Level
    outcome: Outcome
    sentence: str
    expected: str
    actual: str
    source: Source
    exchanges: tuple[int, ...] = ()
    expected_at: str = ""
    actual_at: str = ""
    correlation: str = ""
    attested: bool = False
    why: Explanation = UNEXPLAINED


@dataclass(frozen=True, slots=True)
class Verdict:
    """The judgement of one case. ``reason`` says why it was not judged on its findings, ``milliseconds`` how long the case took
    by what was recorded of it.
    """

    case: str
    title: str
    outcome: Outcome
    findings: tuple[Finding, ...]
    faults: tuple[Fault, ...] = ()
    reason: str = ""
    unmet: tuple[str, ...] = ()
    milliseconds: int = 0


def retried(before: Verdict, after: Verdict) -> Verdict:
    """The verdict of a case that was played again because nobody could judge it: it says so, whatever it comes to."""
    told = f"played again, since {before.reason or 'it could not be judged'}"
    return replace(after, reason=f"{after.reason}; {told}" if after.reason else told)


@dataclass(frozen=True, slots=True)
class Proof:
    """How one requirement stands in a report: its outcome and the cases that say so.

    ``attestation`` names the evidence that is asked for where no case can prove it: such a
    requirement is listed and does not fold until an attestation is accepted.
    """

    requirement: str
    level: Level
    outcome: Outcome
    cases: tuple[str, ...]
    missing: str = ""
    attestation: str = ""


@dataclass(frozen=True, slots=True)
class Conformity:
    """The fold over the requirements: OK only when each applicable MUST is proven."""

    outcome: Outcome
    proofs: tuple[Proof, ...]

    @property
    def missing(self) -> tuple[Proof, ...]:
        """The MUST requirements that a case should prove and none does yet."""
        return tuple(
            proof
            for proof in self.proofs
            if proof.level is Level.MUST
            and proof.outcome is Outcome.INCONCLUSIVE
            and not proof.attestation
        )
