"""The driver `operator`: a person at the terminal acts on the product and types what it shows."""

from __future__ import annotations

from typing import Any, Protocol

from equalis.model.case import Action, ActionField, Step
from equalis.model.values import Record, as_text
from equalis.solution.port import Reset, Seen


class Conversation(Protocol):
    """The terminal, as the operator driver needs it."""

    def say(self, text: str) -> None:
        """Show a text."""

    def ask(self, field: ActionField) -> Any:
        """Ask for a value until it has the field's type; None when there is nothing to see."""

    def confirm(self, text: str) -> None:
        """Wait until the operator says that it is done."""


class OperatorDriver:
    """Asks a person; every observation is attested, typed and never a mere yes or no."""

    patience: float | None = None

    def __init__(self, conversation: Conversation) -> None:
        """Keep the terminal."""
        self._conversation = conversation

    def reset(self, reset: Reset) -> None:
        """Tell the operator what the case needs."""
        self._conversation.say(f"Cas {reset.case}")
        for name, address in reset.services.items():
            self._conversation.say(f"  {name}: {address}")
        for role, person in reset.persons.items():
            self._conversation.say(f"  {role}: {as_text(person)}")
        if reset.world:
            self._conversation.say(f"  état de départ: {', '.join(reset.world)}")
        self._conversation.confirm("Le produit est-il prêt ?")

    def act(self, action: Action, step: Step, inputs: Record) -> Seen:
        """Ask for the action, then for everything that the user sees."""
        self._conversation.say(step.sentence)
        for name, value in inputs.items():
            self._conversation.say(f"  {name}: {as_text(value)}")
        self._conversation.confirm("Est-ce fait ?")
        typed = {field.name: self._conversation.ask(field) for field in action.observations}
        return Seen({name: value for name, value in typed.items() if value is not None}, attested=True)

    def clock(self, offset: float) -> None:
        """Ask the operator to move the product's clock."""
        self._conversation.confirm(f"Avancez l'horloge du produit de {offset:g} secondes.")

    def idle(self) -> bool | None:
        """A person cannot tell."""
        return None

    def close(self) -> None:
        """Nothing to let go."""
