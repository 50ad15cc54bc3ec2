"""What the judge found, and the report that folds it."""

from __future__ import annotations

from dataclasses import dataclass, replace

from equalis.model.outcome import Level, Outcome
from equalis.model.source import Source
from equalis.model.transcript import Fault


@dataclass(frozen=True, slots=True)
class Finding:
    """The outcome of one expectation: what was expected, what was there, and where.

    ``exchanges`` are numbers within the case; ``correlation`` is mySecu's Correlation-ID;
    ``cause`` is the entry of the family's catalogue that ``likely`` tells.
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
    likely: str = ""
    cause: str = ""
    attested: bool = False


@dataclass(frozen=True, slots=True)
class Verdict:
    """The judgement of one case. ``reason`` says why it was not judged on its findings."""

    case: str
    title: str
    outcome: Outcome
    findings: tuple[Finding, ...]
    faults: tuple[Fault, ...] = ()
    reason: str = ""
    unmet: tuple[str, ...] = ()


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
