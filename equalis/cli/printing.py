"""What a verb prints plainly: one row at a time, or one JSON document; foreign text in either stays what it is, text."""

from __future__ import annotations

import json

import click

from equalis.reporting.text import clean
from equalis.wire import strict_json


def row(text: str = "", *, err: bool = False) -> None:
    """One row on standard output, or on standard error."""
    click.echo(clean(text), err=err)


def document(value: object) -> None:
    """A value as JSON on standard output."""
    click.echo(strict_json.shown(json.dumps(value, ensure_ascii=False, indent=2)))
