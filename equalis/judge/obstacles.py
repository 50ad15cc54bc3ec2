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


class Course:
    """How a case went: what each exchange of the product was refused with, and every obstacle in the order in which it was met."""

    def __init__(self, scene: Scene) -> None:
        """Read each answer once."""
        self.scene = scene
        self._places = {step.id: place for place, step in enumerate(scene.case.steps)}
        self._own = [item for item in scene.exchanges if item.reading and not item.reading.exchange.ours]
        self.refusals = {item.order: told for item in self._own if (told := _refusal(item))}
        self._taken: dict[str, int] = {}
        self._begun: dict[str, int] = {}
        self._advanced: set[int] = set()
        for item in self._own:
            self._noted(item)
        self.obstacles = tuple(self._met())

    def before(self, place: int) -> Obstacle | None:
        """The first obstacle until the end of a step that the product had not overcome by then."""
        return next((item for item in self.obstacles if item.step <= place and not any(item.step < step <= place for step in self._advanced)), None)

    def _noted(self, item: Subject) -> None:
        """Note of an exchange whether it was taken, and whether what came of it was ordered by the case."""
        reading = item.reading
        if reading is None or reading.operation is None:
            return
        name, place = reading.operation.name, self._places.get(reading.exchange.step)
        if reading.exchange.disturbance or (place is not None and name in self.scene.case.steps[place].script):
            self._begun.setdefault(name, item.order)
        if reading.exchange.answer is not None and item.order not in self.refusals:
            self._taken[name] = item.order
            self._advanced |= set() if place is None else {place}

    def _met(self) -> Iterator[Obstacle]:
        by_step: dict[str, list[Subject]] = {}
        for item in self._own:
            if item.reading:
                by_step.setdefault(item.reading.exchange.step, []).append(item)
        for place, step in enumerate(self.scene.case.steps):
            own = by_step.get(step.id, [])
            yield from (Obstacle(place, item.order, self.refusals[item.order]) for item in own if self._stopped(item))
            yield from (Obstacle(place, 0, told) for told in self._of_its_own(step, called=bool(own)))
            if wait := self.scene.transcript.unmet.get(step.id):
                yield Obstacle(place, 0, f"after `{step.id}` was asked, {wait}")

    def _stopped(self, item: Subject) -> bool:
        """Whether an exchange was refused unasked, and no later one of its kind was taken.

        A search that finds nothing is no refusal; nor is what comes of an order of the case: a refusal, or a second try that is
        told of the first. A stranger has nothing to refuse.
        """
        reading = item.reading
        if reading is None or reading.operation is None or item.order not in self.refusals:
            return False
        name, answer = reading.operation.name, reading.exchange.answer
        if http_message.method(reading.exchange.request) == "GET" and answer is not None and http_message.status(answer) == NOT_FOUND:
            return False
        return self._begun.get(name, item.order + 1) > item.order and self._taken.get(name, 0) < item.order

    def _of_its_own(self, step: Step, *, called: bool) -> Iterator[str]:
        """What the product met or did outside of any exchange of a step."""
        transcript = self.scene.transcript
        for item in transcript.handshakes:
            if item.step == step.id and not called and "tls" not in step.inject:
                yield f"a TLS handshake during `{step.id}` did not come about: {item.reason}"
        for broken in transcript.malformed:
            if broken.step == step.id and broken.status and not broken.ours and not called:
                yield f"a request during `{step.id}` was answered HTTP {broken.status}: {broken.reason}"
        for seen in transcript.observations:
            if seen.step == step.id and seen.failure:
                yield f"asked in `{step.id}`, the solution failed: {seen.failure}"


def _refusal(subject: Subject) -> str:
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
