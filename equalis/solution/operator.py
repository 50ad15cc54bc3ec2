"""The driver `operator`: a person acts on the product and types what it shows, at the terminal or on a page."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Protocol

from equalis.model.case import Action, ActionField, Step
from equalis.model.values import Record, as_text
from equalis.solution.port import Attachment, DriverError, Reset, Seen

LARGEST = 20 << 20
"""Bytes of an attachment; a photo of a screen has a tenth of it."""
KINDS = {"image/png": b"\x89PNG\r\n\x1a\n", "image/jpeg": b"\xff\xd8\xff", "application/pdf": b"%PDF-"}
"""What may be attached, by how its bytes begin."""


class LeftError(DriverError):
    """The operator has left; the run is resumed later."""

    def __init__(self) -> None:
        """Say how to go on."""
        super().__init__("l'opérateur a interrompu la séance", "`equalis run --resume` the directory: the case that was begun is played anew")


class UnfitError(Exception):
    """A file that cannot be attached; the text says why."""


@dataclass(frozen=True, slots=True)
class Briefing:
    """What the operator must know before a case."""

    case: str
    services: Mapping[str, str]
    persons: tuple[tuple[str, str], ...]
    world: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Task:
    """What the operator is to do, with what, and what to look at then."""

    title: str
    sentence: str
    inputs: tuple[tuple[str, str], ...]
    fields: tuple[ActionField, ...]


@dataclass(frozen=True, slots=True)
class Answers:
    """What the operator saw, by field: a text, several, or None where there was nothing to see."""

    values: Mapping[str, Any]
    attachments: tuple[Attachment, ...] = ()

    @property
    def empty(self) -> bool:
        """Whether nothing was seen in any of its fields."""
        return all(value is None for value in self.values.values())


NOTHING_SEEN = "rien à voir"
NOTHING_TYPED = "Rien n'a été saisi. N'y avait-il vraiment rien à voir ? La question est posée encore une fois."


def summary(task: Task, answers: Answers) -> tuple[tuple[str, str], ...]:
    """What was typed, for whoever typed it to look at once more: each label with its answer, then the files."""
    rows = [(field.label, as_text(tuple(value) if isinstance(value, list) else value) or NOTHING_SEEN)
            for field in task.fields for value in [answers.values.get(field.name)]]  # fmt: skip
    return (*rows, ("Pièces jointes", ", ".join(item.name for item in answers.attachments) or "aucune"))


class Conversation(Protocol):
    """The terminal or the page, as the operator driver needs it; each call may raise LeftError."""

    def brief(self, briefing: Briefing) -> None:
        """Tell what a case needs, and wait until the product is ready."""

    def perform(self, task: Task) -> Answers:
        """Tell what to do, wait until it is done, and ask until every answer has its field's type.

        A form that is all empty is asked once more; what was typed is shown, and taken once the operator confirms it.
        """

    def wait(self, text: str) -> None:
        """Ask for something else, and wait until it is done."""


class OperatorDriver:
    """Asks a person; every observation is attested, typed and never a mere yes or no."""

    patience: float | None = None

    def __init__(self, conversation: Conversation) -> None:
        """Keep the terminal or the page."""
        self._conversation = conversation

    def reset(self, reset: Reset) -> None:
        """Tell the operator what the case needs."""
        persons = tuple((role, as_text(person)) for role, person in reset.persons.items())
        self._conversation.brief(Briefing(reset.case, reset.services, persons, reset.world))

    def act(self, action: Action, step: Step, inputs: Record) -> Seen:
        """Ask for the action, then for everything that the user sees."""
        labels = {field.name: field.label for field in action.inputs}
        given = tuple((labels.get(name, name), as_text(value)) for name, value in inputs.items())
        answers = self._conversation.perform(Task(action.title, step.sentence, given, action.observations))
        seen = {name: value for name, value in answers.values.items() if value is not None}
        return Seen(seen, attested=True, attachments=answers.attachments)

    def clock(self, offset: float) -> None:
        """Ask the operator to move the product's clock."""
        self._conversation.wait(f"Avancez l'horloge du produit de {offset:g} secondes.")

    def idle(self) -> bool | None:
        """A person cannot tell."""
        return None

    def close(self) -> None:
        """Nothing to let go."""


def attachment(name: str, content: bytes) -> Attachment:
    """A file that an operator gives; raises UnfitError."""
    if len(content) > LARGEST:
        message = f"{name} : {len(content) >> 20} Mio, au plus {LARGEST >> 20} sont acceptés"
        raise UnfitError(message)
    media = next((media for media, begins in KINDS.items() if content.startswith(begins)), "")
    if not media:
        message = f"{name} : ni PNG, ni JPEG, ni PDF"
        raise UnfitError(message)
    return Attachment(name.encode(errors="replace").decode(), media, content)
