"""What a KO says besides what was expected and what was there: its likely cause, or the obstacle that it follows from."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import replace

from equalis.judge.checks import CHECKS
from equalis.judge.judgement import UNREADABLE, Judgement
from equalis.judge.obstacles import Course
from equalis.judge.selection import Scene, Subject, selection_of
from equalis.judge.waits import reached
from equalis.model.case import Cause, Expectation, Sign
from equalis.model.outcome import Level, Outcome
from equalis.model.transcript import Observation
from equalis.model.values import as_text
from equalis.model.verdict import Explanation, Finding, Kind
from equalis.wire.patterns import pattern

_SCREEN = frozenset({"equals", "same-as", "same-name", "matches", "among", "sums-to", "present", "same-day-as"})
"""The checks by which a screen misses what would be there had the product not been stopped."""
_KINDS = dict.fromkeys(("schema", "schema-xml", "schema-json", "fhir-valid", "media", "well-formed"), Kind.SCHEMA) | dict.fromkeys(
    ("signed-by", "jws-signed", "token-valid", "tls"), Kind.SIGNATURE
)
QUOTED = 3
"""How many refusals a finding quotes."""


def explained(judgement: Judgement, expectation: Expectation, course: Course) -> Explanation:
    """Why an expectation is not met, as far as the evidence says; empty for one that is."""
    if judgement.outcome is not Outcome.KO:
        return Explanation()
    scene = course.scene
    step, hollow = _step(expectation, scene), _hollow(judgement, expectation, scene)
    missed = _unreached(judgement, expectation, scene) if expectation.select.observation else hollow and not _left_out(expectation, scene)
    obstacle = course.before(step) if missed else None
    said, recorded = _said(expectation, scene), "" if judgement.subjects else _recorded(scene)
    if obstacle is not None:
        place = obstacle.exchange or _last(scene, obstacle.step)
        return Explanation(Kind.REFUSAL, place, quoted=(obstacle.told, *said), recorded=recorded)
    numbers = [item.order for item in judgement.subjects if item.order and not expectation.select.observation]
    kind = Kind.ABSENCE if hollow else _KINDS.get(expectation.check, Kind.VALUE)
    told = Explanation(kind, _place(numbers, expectation, _last(scene, step)), quoted=(*_refusals(judgement, expectation, course), *said), recorded=recorded)
    untried = hollow and (scene.transcript.unmet or not all(seen.fields for seen in _screens(expectation, scene)))
    cause = None if untried else _cause(expectation, judgement)
    if cause is None:
        return told
    text = "; ".join(filter(None, (cause.text, cause.remedy)))
    if cause is expectation.causes[-1]:  # the requirement's own remedy: what may be done, and no cause
        return replace(told, cause=cause.id, remedy=text)
    return replace(told, cause=cause.id, likely=text)


def chained(findings: Sequence[Finding], course: Course) -> list[Finding]:
    """The findings, each that follows from an obstacle pointing to the one that tells of it first."""
    direct: dict[tuple[int, ...], str] = {}
    for item in findings:
        if item.outcome is Outcome.KO and item.level is Level.MUST and item.why.kind is not Kind.REFUSAL:
            direct.setdefault(item.exchanges, item.expectation)
    heads = {obstacle.told: direct[(obstacle.exchange,)] for obstacle in course.obstacles if (obstacle.exchange,) in direct}
    chain = []
    for item in findings:
        told = item.why.quoted[0] if item.why.kind is Kind.REFUSAL else ""
        head = heads.setdefault(told, item.expectation) if told else item.expectation
        chain.append(item if head == item.expectation else replace(item, why=replace(item.why, follows=head)))
    return chain


def _step(expectation: Expectation, scene: Scene) -> int:
    """The place of the last step at which an expectation looks."""
    names = {expectation.select.observation} if expectation.select.observation else set(expectation.select.step)
    places = [place for place, step in enumerate(scene.case.steps) if step.id in names]
    return max(places, default=len(scene.case.steps) - 1)


def _place(numbers: Sequence[int], expectation: Expectation, otherwise: int) -> int:
    """The exchange at which something shows: what was committed wrongly, at the first; what does not fit together, at the last."""
    return (min if expectation.select.ledger else max)(numbers, default=otherwise)


def _last(scene: Scene, step: int) -> int:
    """The number of the last exchange until the end of a step."""
    until = {item.id for item in scene.case.steps[: step + 1]}
    return max((exchange.number for exchange in scene.transcript.exchanges if exchange.step in until), default=0)


def _hollow(judgement: Judgement, expectation: Expectation, scene: Scene) -> bool:
    """Whether a check had nothing to look at: no subject, no value in its field, or nothing to compare it with."""
    if judgement.actual.startswith(UNREADABLE):
        return False
    if not judgement.subjects or CHECKS[expectation.check].counts:
        return not judgement.subjects
    field, arguments = expectation.select.field, expectation.arguments
    if expectation.select.observation and not any(_has(item, field) for item in judgement.subjects):
        return True
    if "field" not in arguments or not {"operation", "service", "observation", "ledger"}.intersection(arguments):
        return False
    others = scene.select(selection_of({**arguments, "which": "all"}))
    return not any(_has(item, as_text(arguments["field"])) for item in others)


def _unreached(judgement: Judgement, expectation: Expectation, scene: Scene) -> bool:
    """Whether a screen misses something because the product did not come so far: it says so itself, or never made the call that
    the step is about. What it says of a refusal, and what it shows as done without having done it, is its own doing.
    """
    if expectation.select.field == "message" or not (expectation.check in _SCREEN or not judgement.subjects or _unheard(judgement, expectation)):
        return False
    if any(seen.failure or not seen.fields or seen.fields.get("message") for seen in _screens(expectation, scene)):
        return True
    return not any(reached(scene, step) for step in scene.case.steps if step.id == expectation.select.observation)


def _unheard(judgement: Judgement, expectation: Expectation) -> bool:
    """Whether a screen shows none of the words that say what was done."""
    says = expectation.arguments.get("says")
    return expectation.check == "true-to-ledger" and isinstance(says, Mapping) and judgement.expected == " or ".join(says)


def _left_out(expectation: Expectation, scene: Scene) -> bool:
    """Whether the product did what should have come after what is missing: then nothing had kept it from that."""
    return expectation.check == "before" and bool(scene.select(selection_of(expectation.arguments)))


def _has(subject: Subject, field: str) -> bool:
    try:
        return bool(subject.values(field))
    except Exception:  # noqa: BLE001 - what cannot be read is something to look at
        return True


def _refusals(judgement: Judgement, expectation: Expectation, course: Course) -> tuple[str, ...]:
    """What the far side said when it refused what a finding looks at: its exchanges, and those of the step whose screen it is."""
    step = expectation.select.observation
    around = [item for item in course.scene.exchanges if step and item.reading and item.reading.exchange.step == step]
    told = dict.fromkeys(course.refusals[item.order] for item in (*judgement.subjects, *around) if item.order in course.refusals)
    return tuple(told)[-QUOTED:]


def _screens(expectation: Expectation, scene: Scene) -> tuple[Observation, ...]:
    """What the user saw after the step whose screen a finding looks at; none where it looks at no screen."""
    return tuple(seen for seen in scene.transcript.observations if seen.step == expectation.select.observation)


def _said(expectation: Expectation, scene: Scene) -> tuple[str, ...]:
    """What the product itself said on the screen that a finding looks at, or that it showed nothing at all."""
    told = []
    for seen in _screens(expectation, scene):
        if not seen.fields and not seen.failure:
            told.append(f"after `{seen.step}` the solution showed nothing: its answer is empty")
        elif message := as_text(seen.fields.get("message")):
            told.append(f"after `{seen.step}` the solution said: {message}")
    return tuple(told)


def _recorded(scene: Scene) -> str:
    """What there was instead of what a finding looks for, empty when nothing was recorded at all."""
    names = Counter(item.label.partition(", ")[2] for item in scene.exchanges)
    parts = [f"{name} ×{count}" if count > 1 else name for name, count in names.items()]
    others = ((scene.transcript.handshakes, "refused handshake"), (scene.transcript.malformed, "malformed request"), (scene.transcript.observations, "screen"))
    parts += [f"{len(found)} {what}{'s' if len(found) > 1 else ''}" for found, what in others if found]
    return ", ".join(parts)


def _cause(expectation: Expectation, judgement: Judgement) -> Cause | None:
    """The first cause of the catalogue that shows like this.

    Where nothing at all was there to look at, only a cause that shows by absence can be meant.
    """
    silent = not judgement.subjects and not CHECKS[expectation.check].counts
    return next((
        cause for cause in expectation.causes
        if any(_shows(sign, judgement) and (sign.actual or not silent) for sign in cause.signs)
    ), None)  # fmt: skip


def _shows(sign: Sign, judgement: Judgement) -> bool:
    pairs = ((sign.actual, judgement.actual), (sign.expected, judgement.expected))
    return all(not like or pattern(like).search(text) for like, text in pairs)
