"""Functions that nobody wrote yet, one for each action, in the language of a stub."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from equalis.model.case import Action, ActionField


@dataclass(frozen=True, slots=True)
class Language:
    """A language of the HTTP hook: the stub's file, its template, and a function in it."""

    file: str
    template: str
    host: str
    function: Callable[[Action], str]


def functions(actions: Iterable[Action], one: Callable[[Action], str]) -> str:
    """Each action's function."""
    return "\n\n\n".join(one(action) for action in actions)


def python(action: Action) -> str:
    """What it gets, what it may return, and that nobody wrote it yet."""
    lines = [f'@action("{action.name}")', f"def {action.name.replace('.', '_').replace('-', '_')}(inputs):", f'    """{action.title}."""',
             *(f"    # {line}" for line in _described(action)), "    raise NotImplementedError"]  # fmt: skip
    return "\n".join(lines)


def typescript(action: Action) -> str:
    """The same, as an asynchronous function."""
    lines = [f"// {action.title}", *(f"//   {line}" for line in _described(action)), f'action("{action.name}", async (inputs) => {{', "  throw NOT_WRITTEN;", "});"]
    return "\n".join(lines)


def csharp(action: Action) -> str:
    """The same, as a lambda."""
    lines = [f"// {action.title}", *(f"//   {line}" for line in _described(action)), f'Functions["{action.name}"] = inputs =>', "{", "    throw new NotWritten();", "};"]
    return "\n".join(f"        {line}" for line in lines)


def _described(action: Action) -> list[str]:
    return [f"gets     {_field(field)}" for field in action.inputs] + [f"returns  {_field(field)}" for field in action.observations]


def _field(field: ActionField) -> str:
    kind = f"list of {field.type}" if field.many else field.type
    words = f" ({' | '.join(field.values)})" if field.values else ""
    return f"{field.name}: {kind}{words}, {field.label}"


LANGUAGES = {
    "python": Language("equalis_hook.py", "hook-http.py", "127.0.0.1", python),
    "typescript": Language("equalis_hook.ts", "hook-http.ts", "127.0.0.1", typescript),
    "csharp": Language("equalis_hook.cs", "hook-http.cs", "localhost", csharp),  # http.sys lets anybody listen on localhost only
}
"""The languages in which `equalis init` writes an HTTP hook."""
