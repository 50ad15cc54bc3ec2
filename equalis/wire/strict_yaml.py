"""Strict YAML 1.2 core: no aliases, no duplicate keys, no tags, and every value knows its line.

``read`` collects every mistake of a file before it gives up; only a syntax error ends it early.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TypeAlias

import yaml

from equalis.model.source import Mistake, MistakesError, Source
from equalis.model.values import Value
from equalis.wire import numerals

MAX_BYTES = 1 << 20
MAX_DEPTH = 24
MAX_NODES = 20_000
_TOO_MUCH, _SPLIT = f"more than {MAX_DEPTH} levels or {MAX_NODES} values", "split the file by meaning"

Path: TypeAlias = tuple[str | int, ...]

_INTEGER = re.compile(r"[-+]?[0-9]+\Z")
_DECIMAL = re.compile(r"[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?\Z")
_WORDS: dict[str, bool | None] = {
    "": None, "~": None, "null": None, "Null": None, "NULL": None,
    "true": True, "True": True, "TRUE": True, "false": False, "False": False, "FALSE": False,
}  # fmt: skip


class _Loader(yaml.CSafeLoader):
    """The C parser with no implicit typing: the core schema is applied below."""

    yaml_implicit_resolvers: dict[str, list[tuple[str, re.Pattern[str]]]] = {}  # noqa: RUF012 - PyYAML reads a class attribute


@dataclass(frozen=True, slots=True)
class Document:
    """A YAML file as plain values, with the place of every value and of every key."""

    path: str
    value: Value
    places: dict[Path, Source]
    keys: dict[Path, Source]
    lines: tuple[str, ...]

    def source(self, path: Path) -> Source:
        """Where the value at ``path`` stands, or its nearest parent."""
        while path not in self.places and path:
            path = path[:-1]
        return self.places.get(path, Source(self.path))

    def key_source(self, path: Path) -> Source:
        """Where the key of ``path`` stands."""
        return self.keys.get(path) or self.source(path)

    def mistake(self, source: Source, what: str, mend: str = "") -> Mistake:
        """Describe a mistake at a place of this file, with the text of its line."""
        return Mistake(source, what, mend, excerpt(self.lines, source.line))


def excerpt(lines: tuple[str, ...], line: int) -> str:
    """The text of a line counted from 1, empty when there is no such line."""
    return lines[line - 1] if 0 < line <= len(lines) else ""


def read(content: bytes, path: str) -> Document:
    """Read a YAML file; raises MistakesError with everything that is wrong in it."""
    text = _decode(content, path)
    lines = tuple(text.splitlines())
    try:
        _hold_depth(text, path, lines)
        node = yaml.compose(text, Loader=_Loader)
    except yaml.MarkedYAMLError as error:
        raise MistakesError((_syntax(error, path, lines),)) from error
    except (yaml.YAMLError, RecursionError) as error:
        what = f"this is not YAML: {error}"
        raise MistakesError((Mistake(Source(path), what, "mend the syntax"),)) from error
    reader = _Reader(path, lines)
    value = None if node is None else reader.value(node, (), 1)
    if reader.mistakes:
        raise MistakesError(tuple(reader.mistakes))
    return Document(path, value, reader.places, reader.keys, lines)


def _hold_depth(text: str, path: str, lines: tuple[str, ...]) -> None:
    """Refuse what nests too deeply by its events: the composer of libyaml's binding recurses without bound, and crashes."""
    depth = 0
    for event in yaml.parse(text, Loader=_Loader):
        depth += isinstance(event, yaml.CollectionStartEvent) - isinstance(event, yaml.CollectionEndEvent)
        if depth > MAX_DEPTH:
            mark = event.start_mark
            source = Source(path, mark.line + 1, mark.column + 1) if mark else Source(path)
            raise MistakesError((Mistake(source, _TOO_MUCH, _SPLIT, excerpt(lines, source.line)),))


def _decode(content: bytes, path: str) -> str:
    """Bytes to text; raises MistakesError for too many bytes or another encoding than UTF-8."""
    if len(content) > MAX_BYTES:
        what = f"the file has {len(content)} bytes; at most {MAX_BYTES} are read"
        raise MistakesError((Mistake(Source(path), what, _SPLIT),))
    try:
        return content.decode("utf-8")
    except UnicodeDecodeError as error:
        line = content[: error.start].count(b"\n") + 1
        what = f"byte {error.start} is not UTF-8"
        raise MistakesError((Mistake(Source(path, line), what, "save the file as UTF-8"),)) from None


def _syntax(error: yaml.MarkedYAMLError, path: str, lines: tuple[str, ...]) -> Mistake:
    mark = error.problem_mark or error.context_mark
    source = Source(path, mark.line + 1, mark.column + 1) if mark else Source(path)
    what = f"this is not YAML: {error.problem or error.context}"
    return Mistake(source, what, "mend the syntax of this line", excerpt(lines, source.line))


class _Reader:
    """Turns the parser's nodes into values, and notes every mistake on the way."""

    def __init__(self, path: str, lines: tuple[str, ...]) -> None:
        self.path, self.lines = path, lines
        self.places: dict[Path, Source] = {}
        self.keys: dict[Path, Source] = {}
        self.mistakes: list[Mistake] = []
        self._seen: set[int] = set()

    def _source(self, node: yaml.Node) -> Source:
        return Source(self.path, node.start_mark.line + 1, node.start_mark.column + 1)

    def _mistake(self, source: Source, what: str, mend: str) -> None:
        self.mistakes.append(Mistake(source, what, mend, excerpt(self.lines, source.line)))

    def value(self, node: yaml.Node, at: Path, depth: int) -> Value:
        source = self.places[at] = self._source(node)
        if id(node) in self._seen:
            self._mistake(source, "an alias (*name) is not allowed", "write the value out")
            return None
        self._seen.add(id(node))
        if depth > MAX_DEPTH or len(self._seen) > MAX_NODES:
            if not self.mistakes:
                self._mistake(source, _TOO_MUCH, _SPLIT)
            return None
        if not node.tag.startswith("tag:yaml.org,2002:") or node.tag[18:] not in {"str", "map", "seq"}:
            self._mistake(source, f"the tag {node.tag} is not allowed", "take the tag away")
        if isinstance(node, yaml.MappingNode):
            return dict(self._pairs(node, at, depth))
        if isinstance(node, yaml.SequenceNode):
            return tuple(
                self.value(item, (*at, index), depth + 1) for index, item in enumerate(node.value)
            )
        quoted = isinstance(node, yaml.ScalarNode) and node.style in {"'", '"', "|", ">"}
        try:
            return str(node.value) if quoted else scalar(node.value)
        except ValueError as error:
            self._mistake(source, str(error), "write a shorter number, or put it in quotes")
            return None

    def _pairs(self, node: yaml.MappingNode, at: Path, depth: int) -> Iterator[tuple[str, Value]]:
        known: set[str] = set()
        for key_node, value_node in node.value:
            source = self._source(key_node)
            if not isinstance(key_node, yaml.ScalarNode):
                self._mistake(source, "a key must be a word", "write a plain key")
                continue
            key = str(key_node.value)
            if key in known:
                self._mistake(source, f"the key `{key}` stands twice", "keep one of them")
                continue
            known.add(key)
            self.keys[(*at, key)] = source
            yield key, self.value(value_node, (*at, key), depth + 1)


def scalar(text: str) -> Value:
    """A plain scalar by the YAML 1.2 core schema; a number with a point is a Decimal. Raises ValueError for one out of bounds."""
    if text in _WORDS:
        return _WORDS[text]
    if _INTEGER.match(text):
        # a matricule or a phone number that starts with 0 would lose digits as a number
        digits = text.lstrip("+-")
        return text if len(digits) > 1 and digits.startswith("0") else numerals.integer(text)
    return numerals.decimal(text) if _DECIMAL.match(text) else text
