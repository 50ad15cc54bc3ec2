"""What `equalis init` writes: the first files of a vendor, made of their answers; a function from answers to texts."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from importlib import resources
from string import Template

from equalis.model.case import Family
from equalis.starting.stubs import LANGUAGES, functions, python

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
    language: str = "python"


def written(answers: Answers, families: Iterable[Family], grammar: bytes) -> dict[str, str]:
    """The files by their path: configuration, stub, editor setting, pipelines."""
    actions = [action for family in families if _wanted(family, answers.capabilities) for action in family.actions.values()]
    files = {"equalis.toml": _filled("equalis.toml", {
        "name": json.dumps(answers.name, ensure_ascii=False), "version": json.dumps(answers.version, ensure_ascii=False),
        "vendor": json.dumps(answers.vendor, ensure_ascii=False), "driver": answers.style, "reach": _reach(answers),
        "capabilities": json.dumps(list(answers.capabilities)),
    })}  # fmt: skip
    if answers.style == "http":
        language, port = LANGUAGES[answers.language], answers.url.rpartition(":")[2].strip("/")
        files[language.file] = _filled(language.template, {"port": port if port.isdecimal() else "8090", "functions": functions(actions, language.function)})
    if answers.style in {"command", "python"}:
        name, template = (HOOK, "hook-command.py") if answers.style == "command" else (ACTIONS, "actions.py")
        files[name] = _filled(template, {"functions": functions(actions, python)})
    files[SCHEMA] = grammar.decode()
    files[".vscode/settings.json"] = json.dumps({"yaml.schemas": {f"./{SCHEMA}": "cases/*/*.yaml"}}, indent=2) + "\n"
    files |= {PIPELINES[name]: _filled(f"{name}.yml" if name != "jenkins" else "Jenkinsfile", {}) for name in answers.pipelines}
    return files


def _wanted(family: Family, capabilities: Iterable[str]) -> bool:
    """Whether a family's own cases need one of these capabilities."""
    needed = {need for case in family.cases for need in case.needs}
    return not needed.isdisjoint(capabilities)


def _reach(answers: Answers) -> str:
    host = LANGUAGES[answers.language].host
    return {"http": f'url = "{answers.url.replace("127.0.0.1", host)}"', "command": f'command = ["python3", "{HOOK}"]', "python": f'module = "{ACTIONS}"', "operator": ""}[answers.style]


@cache
def _template(name: str) -> Template:
    return Template(resources.files(__name__).joinpath("templates", f"{name}.txt").read_text(encoding="utf-8"))


def _filled(name: str, words: Mapping[str, str]) -> str:
    return _template(name).substitute(words)
