"""equalis.toml: read strictly, its mistakes reported like those of a case."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal

from equalis.cases import shapes
from equalis.cases.environments import disagreements, environments
from equalis.cases.plain import record, texts
from equalis.model.config import Config, Solution
from equalis.model.source import Mistake, MistakesError, Source
from equalis.model.values import Value, as_text
from equalis.wire import numerals
from equalis.wire.strict_yaml import excerpt

Path = tuple[str | int, ...]
_TABLE = re.compile(r"\s*\[+\s*([\w.-]+)\s*\]+")
_KEY = re.compile(r"\s*(\"?)([\w-]+)\1\s*=\s*")
_AT = re.compile(r"\(at line (\d+), column (\d+)\)")


@dataclass(frozen=True, slots=True)
class TomlDocument:
    """A TOML file with the line of each key (tomllib keeps none)."""

    path: str
    value: Value
    places: Mapping[Path, Source]
    lines: tuple[str, ...]

    def source(self, path: Path) -> Source:
        """Where a value stands, or its nearest parent."""
        while path and path not in self.places:
            path = path[:-1]
        return self.places.get(path, Source(self.path))

    def key_source(self, path: Path) -> Source:
        """Where a key stands."""
        return self.source(path)

    def mistake(self, source: Source, what: str, mend: str = "") -> Mistake:
        """A mistake with the text of its line."""
        return Mistake(source, what, mend, excerpt(self.lines, source.line))


def read(content: bytes, path: str) -> Config:
    """Read equalis.toml; raises MistakesError with everything that is wrong in it."""
    document = _document(content, path)
    wrong = shapes.mistakes(document, "schemas/configuration.json") + _agreement(document) + list(disagreements(document))
    if wrong:
        raise MistakesError(tuple(wrong))
    top = record(document.value)
    solution, environment, run = (record(top.get(key)) for key in ("solution", "environment", "run"))
    return Config(
        solution=Solution(
            name=as_text(solution["name"]), driver=as_text(solution["driver"]),
            version=as_text(solution.get("version")), vendor=as_text(solution.get("vendor")),
            url=as_text(solution.get("url")), command=texts(solution.get("command")), module=as_text(solution.get("module")),
            page=as_text(solution.get("page")),
            timeout=float(as_text(solution.get("timeout", 10))),
            settle=float(as_text(solution.get("settle", 3))),
            capabilities=texts(solution.get("capabilities")), digest=as_text(solution.get("digest")),
        ),
        port=int(as_text(environment.get("port", 0))),
        bindings=texts(environment.get("bindings")),
        people=as_text(environment.get("people")),
        out=as_text(run.get("out")) or "reports",
        scenarios=texts(run.get("scenarios")), environments=environments(top.get("environments")),
    )  # fmt: skip


def _document(content: bytes, path: str) -> TomlDocument:
    try:
        text = content.decode("utf-8-sig")  # Windows editors write a byte-order mark; TOML 1.1 lets it be ignored
        frozen = _frozen(tomllib.loads(text, parse_float=numerals.decimal))
    except UnicodeDecodeError as error:
        what = f"byte {error.start} is not UTF-8"
        raise MistakesError((Mistake(Source(path), what, "save the file as UTF-8"),)) from None
    except tomllib.TOMLDecodeError as error:
        found = _AT.search(str(error))
        source = Source(path, int(found[1]), int(found[2])) if found else Source(path)
        lines = tuple(text.splitlines())
        what = f"this is not TOML: {_AT.sub('', str(error)).strip()}"
        raise MistakesError((Mistake(source, what, "mend the syntax", excerpt(lines, source.line)),)) from None
    except (ValueError, RecursionError) as error:  # numbers and nesting beyond what TOML promises
        what = f"this is not TOML that can be read: {str(error)[:120]}"
        raise MistakesError((Mistake(Source(path), what, "write shorter numbers, and fewer levels"),)) from None
    lines = tuple(text.splitlines())
    return TomlDocument(path, frozen, _places(path, lines), lines)


_INTEGERS = range(-(2**63), 2**63)
"""The integers of TOML (1.0.0, "Integer")."""
_LEVELS = 16
"""More than any table of this file has."""


def _frozen(value: object, depth: int = 0) -> Value:
    """A value of tomllib as ours; raises ValueError for one out of bounds."""
    if depth > _LEVELS:
        message = f"more than {_LEVELS} levels"
        raise ValueError(message)
    if isinstance(value, dict):
        return {key: _frozen(item, depth + 1) for key, item in value.items()}
    if isinstance(value, list):
        return tuple(_frozen(item, depth + 1) for item in value)
    if isinstance(value, int) and value not in _INTEGERS:
        message = "an integer has at most 64 bits"
        raise ValueError(message)
    return value if isinstance(value, str | bool | int | Decimal) else str(value)


def _places(path: str, lines: tuple[str, ...]) -> dict[Path, Source]:
    """The place of each table and of each key, read line by line."""
    places: dict[Path, Source] = {}
    table: Path = ()
    for number, line in enumerate(lines, start=1):
        if found := _TABLE.match(line):
            table = tuple(found[1].split("."))
            here = Source(path, number, len(line) - len(line.lstrip()) + 1)
            places[table] = here
            for length in range(1, len(table)):  # a table above it that has no line of its own
                places.setdefault(table[:length], here)
        elif found := _KEY.match(line):
            places[(*table, found[2])] = Source(path, number, found.start(2) + 1)
    return places


_NEEDED = {"http": "url", "command": "command", "python": "module"}


def _agreement(document: TomlDocument) -> list[Mistake]:
    """What a driver needs and the file does not say, and the other way about."""
    solution = record(record(document.value).get("solution"))
    if "page" in solution and solution.get("driver") != "operator":
        return [document.mistake(document.source(("solution", "page")), "only an operator has a page", 'take `page` away, or write `driver = "operator"`')]
    needed = _NEEDED.get(as_text(solution.get("driver")))
    if needed and needed not in solution:
        source = document.source(("solution", "driver"))
        what = f"the driver `{as_text(solution['driver'])}` needs `{needed}`"
        return [document.mistake(source, what, f"add `{needed} = …` under [solution]")]
    return []
