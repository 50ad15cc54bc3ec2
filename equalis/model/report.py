"""A report: what was run, and what was found; a value from which every format is derived."""

from __future__ import annotations

from dataclasses import dataclass

from equalis.model.outcome import Outcome, worst
from equalis.model.transcript import EMBEDDED, Transcript
from equalis.model.verdict import Conformity, Finding, Verdict


@dataclass(frozen=True, slots=True)
class Header:
    """What a run says of itself before its first case. ``started`` is an instant in text.

    ``challenge`` is the 32 random bytes in hex from which every random choice of the run derives;
    ``editions`` maps a family to its edition; ``people`` is set when the environment brought its own;
    ``digest`` is that of the product, as its vendor gave it; ``holds`` are the seeds that a live
    environment holds, ``services`` those that it has (empty: every one), ``switches`` the seeds
    that are true there in every case; ``site`` is the digest of its description.
    """

    run: str
    started: str
    tool: str
    solution: str
    version: str
    vendor: str
    driver: str
    environment: str
    challenge: str
    plan: tuple[str, ...]
    capabilities: tuple[str, ...]
    editions: tuple[tuple[str, str], ...]
    defects: tuple[str, ...] = ()
    people: bool = False
    digest: str = ""
    holds: tuple[str, ...] = ()
    services: tuple[str, ...] = ()
    switches: tuple[str, ...] = ()
    site: str = ""

    def blank(self, case: str) -> Transcript:
        """The transcript of a case before anything is recorded: what of the run decides whether the case applies."""
        return Transcript(case, self.environment, capabilities=self.capabilities, holds=self.holds, services=self.services)


@dataclass(frozen=True, slots=True)
class Report:
    """The verdicts of a run in the order of its plan. ``complete`` is False for a killed run."""

    header: Header
    verdicts: tuple[Verdict, ...]
    conformity: Conformity
    complete: bool

    @property
    def findings(self) -> tuple[tuple[str, Finding], ...]:
        """Every finding under its name, `case#expectation`, in the order of the plan."""
        return tuple((f"{verdict.case}#{item.expectation}", item) for verdict in self.verdicts for item in verdict.findings)

    @property
    def outcome(self) -> Outcome:
        """The fold of the cases that apply; a run without its end, or in which none applied, is INCONCLUSIVE."""
        if not self.complete:
            return Outcome.INCONCLUSIVE
        outcomes = (verdict.outcome for verdict in self.verdicts)
        return worst(outcome for outcome in outcomes if outcome is not Outcome.NOT_APPLICABLE)

    @property
    def level(self) -> str:
        """The assurance level (trust.md); without an authority's challenge it is S."""
        return "S"

    @property
    def headline(self) -> str:
        """The line that ends every form of the report."""
        where = "EMBEDDED · " if self.header.environment == EMBEDDED else ""
        ended = "" if self.complete else "INCOMPLETE · "
        decided = f"conformity {self.conformity.outcome.value}"
        if self.complete and self.outcome is Outcome.OK and self.conformity.outcome is Outcome.INCONCLUSIVE and (missing := len(self.conformity.missing)):
            played = sum(verdict.outcome is Outcome.OK for verdict in self.verdicts)
            cases = f"these {played} cases" if played != 1 else "this 1 case"
            left = f"{missing} requirements were" if missing != 1 else "1 requirement was"
            decided = f"{cases} OK; conformity not decided: {left} not played"
        return f"{ended}{decided} · level {self.level} · {where}not a label"
