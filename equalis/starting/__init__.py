"""What `equalis init` writes: the first files of a vendor, made of their answers; a function from answers to texts."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from importlib import resources
from string import Template

from equalis.model.case import Action, ActionField, Family

STYLES = ("http", "python", "command", "operator")
"""How the product is made to act; for each but the last a stub is written."""
PIPELINES = {"github": ".github/workflows/equalis.yml", "gitlab": ".gitlab-ci.equalis.yml", "jenkins": "Jenkinsfile.equalis"}
"""The pipelines for which a file can be written, and where it goes."""
HOOK, ACTIONS, SCHEMA = "equalis_hook.py", "equalis_actions.py", "equalis-case.schema.json"


@dataclass(frozen=True, slots=True)
class Answers:
    """What a vendor said of the product."""

    name: str
    version: str
    vendor: str
    style: str
    url: str
    capabilities: tuple[str, ...]
    pipelines: tuple[str, ...]


def written(answers: Answers, families: Iterable[Family], grammar: bytes) -> dict[str, str]:
    """The files by their path: configuration, stub, editor setting, pipelines."""
    actions = [action for family in families if _wanted(family, answers.capabilities) for action in family.actions.values()]
    files = {"equalis.toml": _filled("equalis.toml", {
        "name": json.dumps(answers.name, ensure_ascii=False), "version": json.dumps(answers.version, ensure_ascii=False),
        "vendor": json.dumps(answers.vendor, ensure_ascii=False), "driver": answers.style, "reach": _reach(answers),
        "capabilities": json.dumps(list(answers.capabilities)),
    })}  # fmt: skip
    if answers.style in {"http", "command"}:
        port = answers.url.rpartition(":")[2].strip("/")
        files[HOOK] = _filled(f"hook-{answers.style}.py", {"port": port if port.isdecimal() else "8090", "functions": _functions(actions, indent="")})
    if answers.style == "python":
        files[ACTIONS] = _filled("actions.py", {"functions": _functions(actions, indent="")})
    files[SCHEMA] = grammar.decode()
    files[".vscode/settings.json"] = json.dumps({"yaml.schemas": {f"./{SCHEMA}": "cases/*/*.yaml"}}, indent=2) + "\n"
    files |= {PIPELINES[name]: _filled(f"{name}.yml" if name != "jenkins" else "Jenkinsfile", {}) for name in answers.pipelines}
    return files


def _wanted(family: Family, capabilities: Iterable[str]) -> bool:
    """Whether a family's own cases need one of these capabilities."""
    needed = {need for case in family.cases for need in case.needs}
    return not needed.isdisjoint(capabilities)


def _reach(answers: Answers) -> str:
    return {"http": f'url = "{answers.url}"', "command": f'command = ["python3", "{HOOK}"]', "python": f'module = "{ACTIONS}"', "operator": ""}[answers.style]


def _functions(actions: Iterable[Action], indent: str) -> str:
    """A function for each action: what it gets, what it may return, and that nobody wrote it yet."""
    parts = []
    for action in actions:
        lines = [
            f'@action("{action.name}")', f"def {action.name.replace('.', '_')}(inputs):",
            f'    """{action.title}."""', *(f"    # gets     {_described(field)}" for field in action.inputs),
            *(f"    # returns  {_described(field)}" for field in action.observations), "    raise NotImplementedError",
        ]  # fmt: skip
        parts.append("\n".join(f"{indent}{line}" for line in lines))
    return "\n\n\n".join(parts)


def _described(field: ActionField) -> str:
    kind = f"list of {field.type}" if field.many else field.type
    words = f" ({' | '.join(field.values)})" if field.values else ""
    return f"{field.name}: {kind}{words}, {field.label}"


@cache
def _template(name: str) -> Template:
    return Template(resources.files(__name__).joinpath("templates", f"{name}.txt").read_text(encoding="utf-8"))


def _filled(name: str, words: Mapping[str, str]) -> str:
    return _template(name).substitute(words)
