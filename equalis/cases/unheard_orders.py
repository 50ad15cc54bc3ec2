"""Orders of a script that no service hears: a case that gives one tests nothing, whatever it says.

They are mistakes where cases are written and played; what was sealed with one is judged as it was played.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from equalis.cases.orders import unknown, valid
from equalis.model.case import Case
from equalis.model.source import Mistake, Source
from equalis.wire.bindings import Bindings


def unheard(cases: tuple[Case, ...], bindings: Bindings, files: Mapping[str, bytes]) -> tuple[Mistake, ...]:
    """Every order that no service hears, each with the line of the step that gives it."""
    return tuple(dict.fromkeys(_unheard(cases, bindings, files)))


def _unheard(cases: tuple[Case, ...], bindings: Bindings, files: Mapping[str, bytes]) -> Iterator[Mistake]:
    for case in cases:
        for step in case.steps:
            for name, given in step.script.items():
                words = valid(name, bindings)
                for order in given:
                    if name in bindings.operations and order not in words:
                        yield Mistake(step.source, *unknown(name, order, bindings), _line(step.source, files))


def _line(source: Source, files: Mapping[str, bytes]) -> str:
    return files[source.path].decode().splitlines()[source.line - 1]
