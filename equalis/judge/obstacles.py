"""What stood in the product's way although the case had not ordered it: refusals, handshakes given up, failures of its own.

What a finding misses after such an obstacle follows from it, and has no cause of its own.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from equalis.judge.selection import Scene, Subject
from equalis.model.case import Step
from equalis.model.values import as_text
from equalis.wire import http_message

ERRORS, NOT_FOUND = 400, 404
CODES = ("code", "fault.code", "error", "anomalies.code")
TEXTS = ("message", "fault", "anomalies.text")
"""The fields of an answer in which a service says why it refuses, by the names that every binding gives them."""


@dataclass(frozen=True, slots=True)
class Obstacle:
    """One of them: in which step (its place in the case), at which exchange (0: at none), and what was said of it."""

    step: int
    exchange: int
    told: str


def obstacles(scene: Scene) -> tuple[Obstacle, ...]:
    """Every obstacle of a case, in the order in which they were met; a wait that ended in vain is the last of its step."""
    found: list[Obstacle] = []
    for place, step in enumerate(scene.case.steps):
        own = [item for item in scene.exchanges if item.reading and item.reading.exchange.step == step.id and not item.reading.exchange.ours]
        found += [Obstacle(place, item.order, refusal(item)) for item in own if _stopped(item, scene)]
        found += [Obstacle(place, 0, told) for told in _of_its_own(step, scene, called=bool(own))]
        if wait := scene.transcript.unmet.get(step.id):
            found.append(Obstacle(place, 0, f"after `{step.id}` was asked, {wait}"))
    return tuple(found)


def _of_its_own(step: Step, scene: Scene, *, called: bool) -> Iterator[str]:
    """What the product met or did outside of any exchange of a step."""
    transcript = scene.transcript
    for item in transcript.handshakes:
        if item.step == step.id and not called and "tls" not in step.inject:
            yield f"a TLS handshake during `{step.id}` did not come about: {item.reason}"
    for broken in transcript.malformed:
        if broken.step == step.id and broken.status and not broken.ours:
            yield f"a request during `{step.id}` was answered HTTP {broken.status}: {broken.reason}"
    for seen in transcript.observations:
        if seen.step == step.id and seen.failure:
            yield f"asked in `{step.id}`, the solution failed: {seen.failure}"


def _stopped(subject: Subject, scene: Scene) -> bool:
    """Whether an exchange was refused unasked, and no later one of its kind was taken; a search that finds nothing is none."""
    reading = subject.reading
    if reading is None or not refusal(subject):
        return False
    exchange, operation = reading.exchange, reading.operation
    kin = [item for item in scene.exchanges if item.reading and item.reading.operation is operation]
    if any(_ordered(item, scene) for item in kin if item.order <= subject.order):
        return False  # what comes of an order is the case's own matter: a refusal, or a second try that is told of the first
    answer = exchange.answer
    if http_message.method(exchange.request) == "GET" and answer is not None and http_message.status(answer) == NOT_FOUND:
        return False
    later = (item for item in kin if item.order > subject.order)
    return operation is None or not any(item.reading and item.reading.exchange.answer and not refusal(item) for item in later)


def _ordered(subject: Subject, scene: Scene) -> bool:
    """Whether the case had ordered how an exchange goes: by a disturbance, or by what the service is to answer."""
    reading = subject.reading
    if reading is None or reading.exchange.disturbance:
        return reading is not None
    step = next((item for item in scene.case.steps if item.id == reading.exchange.step), None)
    return bool(step and reading.operation and reading.operation.name in step.script)


def refusal(subject: Subject) -> str:
    """What the far side said when it refused an exchange, with its number; empty when it did not refuse."""
    reading = subject.reading
    answer = reading.exchange.answer if reading else None
    if reading is None or answer is None:
        return ""
    status = http_message.status(answer)
    codes, texts = (tuple(word for name in names for word in _words(subject, name)) for names in (CODES, TEXTS))
    if status < ERRORS and not codes and not texts:
        return ""
    said = ": ".join(filter(None, (", ".join(codes), "; ".join(texts))))
    return f"{subject.label} was answered HTTP {status}" + (f": {said}" if said else "")


def _words(subject: Subject, name: str) -> tuple[str, ...]:
    """The values of a field of the answer, none where its binding has no such field or nobody can read it."""
    try:
        return tuple(word for value in subject.values(f"answer.{name}") if (word := as_text(value).strip()))
    except Exception:  # noqa: BLE001 - an ornament of a finding: without it, it still stands
        return ()
