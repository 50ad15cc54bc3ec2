"""What a case waited for in vain, and what that does to its findings: nothing is OK that was not exercised."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace

from equalis.judge.judgement import Judgement
from equalis.judge.selection import Scene, Subject
from equalis.model.case import Expectation, Step
from equalis.model.outcome import Level, Outcome
from equalis.model.verdict import Finding


@dataclass(frozen=True, slots=True)
class Vain:
    """One step that did not come to what it awaited: who is to answer for it, and what happened, in words.

    ``outcome`` is KO where the product was asked, INCONCLUSIVE where equalis called in another party's name.
    """

    step: Step
    outcome: Outcome
    told: str


def vain(scene: Scene) -> tuple[Vain, ...]:
    """Every step of a case that waited in vain, in order."""
    return tuple(_vain(scene))


def _vain(scene: Scene) -> Iterator[Vain]:
    unmet = scene.transcript.unmet
    for step in scene.case.steps:
        if step.id not in unmet:
            continue
        if step.call:
            yield Vain(step, Outcome.INCONCLUSIVE, f"in `{step.id}`, {unmet[step.id]}")
        elif step.until.seen and not reached(scene, step):
            yield Vain(step, Outcome.KO, f"asked in `{step.id}`, it never called {' or '.join(step.until.seen)}")


def reached(scene: Scene, step: Step) -> bool:
    """Whether the product called, during a step, one of the operations that it waits for."""
    readings = (subject.reading for subject in scene.exchanges)
    return any(
        reading.exchange.step == step.id and not reading.exchange.ours and reading.operation is not None and reading.operation.name in step.until.seen
        for reading in readings if reading is not None
    )  # fmt: skip


def held(judgement: Judgement, expectation: Expectation, scene: Scene, waits: Sequence[Vain]) -> Judgement:
    """A judgement, when something was awaited in vain: nothing is shown by absence, nor by the screen of a step that called nobody."""
    if not waits:
        return _settled(judgement, scene)
    first = _foremost(waits)
    looked = (*judgement.subjects, *scene.select(expectation.select))
    hollow = not looked or expectation.select.observation in {item.step.id for item in waits if not _called(scene, item.step)}
    if judgement.outcome is Outcome.OK and hollow and not _exercised(looked, scene):
        return replace(judgement, outcome=first.outcome, expected=_after(judgement), actual=first.told)
    called = {item.step.id for item in waits if item.outcome is Outcome.INCONCLUSIVE}
    if judgement.outcome is Outcome.KO and not judgement.subjects and called & set(expectation.select.step):
        return replace(judgement, outcome=Outcome.INCONCLUSIVE, actual=first.told)
    return judgement


def _settled(judgement: Judgement, scene: Scene) -> Judgement:
    """Nothing is shown by absence while the product had not come to rest."""
    unmet = scene.transcript.unmet
    if judgement.outcome is not Outcome.OK or judgement.subjects or not unmet:
        return judgement
    waits = "; ".join(f"`{step}`: {wait}" for step, wait in sorted(unmet.items()))
    return replace(judgement, outcome=Outcome.KO, expected=_after(judgement), actual=waits)


def _called(scene: Scene, step: Step) -> bool:
    """Whether the product called anybody during a step."""
    return any(exchange.step == step.id and not exchange.ours for exchange in scene.transcript.exchanges)


def _exercised(subjects: Iterable[Subject], scene: Scene) -> bool:
    """Whether an exchange that the product itself made is among these."""
    own = {exchange.number for exchange in scene.transcript.exchanges if not exchange.ours}
    return any(subject.order in own for subject in subjects)


def _foremost(waits: Sequence[Vain]) -> Vain:
    """The wait that a verdict tells: the first that is the product's, else the first."""
    return next((item for item in waits if item.outcome is Outcome.KO), waits[0])


def _after(told: Judgement | Finding) -> str:
    return f"{told.expected}, after what was awaited"


def answered_for(findings: list[Finding], case: Sequence[Expectation], waits: Sequence[Vain]) -> list[Finding]:
    """The findings, at least one MUST of which answers for what was awaited in vain: that which looks at it, else the first."""
    musts = [place for place, item in enumerate(findings) if item.level is Level.MUST]
    if not waits or not musts:
        return findings
    first = _foremost(waits)
    if any(findings[place].outcome in {Outcome.KO, first.outcome} for place in musts):
        return findings
    looking = (place for place in musts if set(case[place].select.operation) & set(first.step.until.seen))
    place = next(looking, musts[0])
    found = replace(findings[place], outcome=first.outcome, expected=_after(findings[place]), actual=first.told)
    return [*findings[:place], found, *findings[place + 1 :]]
