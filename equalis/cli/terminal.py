"""The operator's conversation at the terminal; on standard error, since the output is the run's."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from equalis.cli.printing import row
from equalis.model.case import ActionField
from equalis.reporting.text import clean
from equalis.solution.operator import NOTHING_TYPED, Answers, Briefing, LeftError, Task, UnfitError, attachment, summary
from equalis.solution.port import Attachment
from equalis.wire import typed
from equalis.wire.unreadable import UnreadableError


class Terminal:
    """Asks on standard input until an answer has the type that the contract wants."""

    def brief(self, briefing: Briefing) -> None:
        """Tell what a case needs, and wait until the product is ready."""
        self._say(f"Cas {briefing.case}")
        for name, value in (*briefing.services.items(), *briefing.persons):
            self._say(f"  {name}: {value}")
        if briefing.world:
            self._say(f"  état de départ: {', '.join(briefing.world)}")
        self.wait("Le produit est-il prêt ?")

    def perform(self, task: Task) -> Answers:
        """Tell what to do, then ask for everything that the user sees."""
        self._say(task.sentence)
        for label, value in task.inputs:
            self._say(f"  {label}: {value}")
        self.wait("Est-ce fait ?")
        while not self._confirmed(task, answers := self._answered(task)):
            self._say("La question est reprise.")
        return answers

    def _answered(self, task: Task) -> Answers:
        """Ask for every field and for files; once more when nothing at all was typed."""
        answers = self._form(task)
        if not task.fields or not answers.empty:
            return answers
        self._say(NOTHING_TYPED)
        return self._form(task)

    def _form(self, task: Task) -> Answers:
        return Answers({field.name: self._asked(field) for field in task.fields}, self._attachments())

    def _confirmed(self, task: Task, answers: Answers) -> bool:
        """Show what was typed; False when the operator takes it back."""
        self._say("Voici ce que vous avez saisi :")
        for label, value in summary(task, answers):
            self._say(f"  {label}: {value}")
        while (word := _prompted("[entrée] confirmer, r reprendre").lower()) not in {"", "r"}:
            self._say(f"  {word} : entrée ou r")
        return not word

    def wait(self, text: str) -> None:
        """Wait until the operator says that it is done."""
        _prompted(f"{text} [entrée]", " ")

    def _say(self, text: str) -> None:
        row(text, err=True)

    def _asked(self, field: ActionField) -> Any:
        """Ask for a value; an empty answer means that there is nothing to see."""
        hint = f" ({' | '.join(field.values)})" if field.values else ""
        while True:
            text = _prompted(f"{field.label}{hint}")
            if not text:
                return None
            parts = [part.strip() for part in text.split(";")] if field.many else [text]
            wrong = next((found for part in parts if (found := problem(field, part))), "")
            if not wrong:
                return parts if field.many else text
            self._say(f"  {wrong}")

    def _attachments(self) -> tuple[Attachment, ...]:
        """Ask for files, until each can be attached."""
        while True:
            text = _prompted("Pièces jointes (PNG, JPEG ou PDF ; chemins séparés par ;)")
            try:
                paths = [Path(part.strip()) for part in text.split(";") if part.strip()]
                return tuple(attachment(path.name, path.read_bytes()) for path in paths)
            except UnfitError as error:
                self._say(f"  {error}")
            except OSError as error:
                self._say(f"  {error.filename}: {error.strerror}")


def _prompted(text: str, suffix: str = ": ") -> str:
    """What is typed; Ctrl-C and the end of the input mean that the operator leaves."""
    try:
        return str(click.prompt(clean(text), default="", show_default=False, prompt_suffix=suffix, err=True)).strip()
    except click.Abort:
        raise LeftError from None


def problem(field: ActionField, text: str) -> str:
    """Why a text is not what a field takes, empty when it is."""
    try:
        text.encode()
    except UnicodeEncodeError:
        return "un caractère ne peut pas être lu : tapez le texte en UTF-8"
    try:
        typed.parse(field.type, text)
    except UnreadableError:
        return _KINDS.get(field.type, f"{text} n'est pas de type {field.type}")
    if field.values and text not in field.values:
        return f"mots possibles : {', '.join(field.values)}"
    return ""


_KINDS = {
    "money": "un montant s'écrit 6.92", "integer": "un nombre entier est attendu", "date": "une date s'écrit AAAA-MM-JJ",
    "instant": "un moment s'écrit AAAA-MM-JJTHH:MM:SSZ", "boolean": "true ou false",
}  # fmt: skip
