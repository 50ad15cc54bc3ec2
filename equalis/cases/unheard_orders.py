"""Orders of a script that no service hears: a case that gives one tests nothing, whatever it says.

They are mistakes where cases are written and played; what was sealed with one is judged as it was played.
"""

from __future__ import annotations

from collections.abc import Iterator

from equalis.cases.loading import Loaded
from equalis.cases.orders import unknown, valid
from equalis.model.source import Mistake


def unheard(loaded: Loaded) -> tuple[Mistake, ...]:
    """Every order that no service hears, each with the step that gives it."""
    return tuple(dict.fromkeys(_unheard(loaded)))


def _unheard(loaded: Loaded) -> Iterator[Mistake]:
    for case in loaded.pack.cases:
        for step in case.steps:
            for name, given in step.script.items():
                words = valid(name, loaded.bindings)
                for order in given:
                    if name in loaded.bindings.operations and order not in words:
                        yield Mistake(step.source, *unknown(name, order, loaded.bindings))
