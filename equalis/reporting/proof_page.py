"""The kill matrix as one HTML page: it loads nothing and runs nothing."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import lru_cache
from importlib import resources
from typing import Any

import jinja2

from equalis.reporting.text import clean


@lru_cache(maxsize=1)
def _template() -> jinja2.Template:
    text = resources.files("equalis.reporting").joinpath("proof.html.j2").read_text(encoding="utf-8")
    environment = jinja2.Environment(autoescape=True, undefined=jinja2.StrictUndefined, finalize=_shown, trim_blocks=True, lstrip_blocks=True)
    return environment.from_string(text)


def _shown(value: object) -> object:
    return clean(value) if isinstance(value, str) else value


def render(proof: Mapping[str, Any], faults: Sequence[str]) -> bytes:
    """The page of a proof's document; ``faults`` head the table of boundaries."""
    requirements: dict[str, list[str]] = {name: [] for name in proof["requirements"]}
    for item in proof["expectations"]:
        requirements[item["requirement"]].append(item["name"])
    requirements = {name: demands for name, demands in requirements.items() if demands}
    killed = {name for row in proof["defects"] for name in row["stated"]}
    return _template().render(proof=proof, faults=faults, requirements=requirements, killed=killed).encode()
