"""The operator's conversation at the terminal."""

from __future__ import annotations

from typing import Any

import click

from equalis.model.case import ActionField
from equalis.reporting.text import clean
from equalis.wire import typed
from equalis.wire.unreadable import UnreadableError


class Terminal:
    """Asks on standard input until an answer has the type that the contract wants."""

    def say(self, text: str) -> None:
        """Show a text."""
        click.echo(clean(text))

    def confirm(self, text: str) -> None:
        """Wait until the operator says that it is done."""
        click.prompt(f"{text} [entrée]", default="", show_default=False, prompt_suffix=" ")

    def ask(self, field: ActionField) -> Any:
        """Ask for a value; an empty answer means that there is nothing to see."""
        hint = f" ({' | '.join(field.values)})" if field.values else ""
        while True:
            text = click.prompt(f"{field.label}{hint}", default="", show_default=False).strip()
            if not text:
                return None
            parts = [part.strip() for part in text.split(";")] if field.many else [text]
            wrong = next((problem for part in parts if (problem := _problem(field, part))), "")
            if not wrong:
                return parts if field.many else text
            click.echo(f"  {wrong}")


def _problem(field: ActionField, text: str) -> str:
    try:
        typed.parse(field.type, text)
    except UnreadableError as error:
        return str(error)
    if field.values and text not in field.values:
        return f"valid words: {', '.join(field.values)}"
    return ""
