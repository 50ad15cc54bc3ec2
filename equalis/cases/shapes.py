"""Documents held against a JSON Schema, each mistake with its line and the valid words."""

from __future__ import annotations

import difflib
import json
from collections.abc import Iterable, Iterator, Mapping
from functools import lru_cache
from importlib import resources
from typing import Any, Protocol, cast

import jsonschema
from jsonschema import validators

from equalis.model.source import Mistake, Source
from equalis.model.values import Value

Path = tuple[str | int, ...]


class Placed(Protocol):
    """A document that knows where each of its values and keys stands."""

    @property
    def value(self) -> Value:
        """The whole document."""

    def source(self, path: Path) -> Source:
        """Where a value stands."""

    def key_source(self, path: Path) -> Source:
        """Where a key stands."""

    def mistake(self, source: Source, what: str, mend: str = "") -> Mistake:
        """A mistake with the text of its line."""


_FILES = ("grammar.json", *(f"schemas/{name}.json" for name in ("register", "contract", "causes", "binding", "configuration", "baseline")))
_SCHEMAS = {name: json.loads(resources.files("equalis.cases").joinpath(name).read_bytes()) for name in _FILES}
"""Read with the code, as part of it, so that nothing is read from a disk afterwards."""


@lru_cache(maxsize=16)
def _validator(name: str) -> Any:
    return compiled(_SCHEMAS[name])


def compiled(schema: Mapping[str, Any]) -> Any:
    """A validator that takes our tuples for arrays."""
    base = jsonschema.Draft202012Validator
    checker = base.TYPE_CHECKER.redefine("array", lambda _, value: isinstance(value, list | tuple))
    made = validators.extend(base, type_checker=checker)  # type: ignore[no-untyped-call]
    return made(schema)


def mistakes(document: Placed, schema_name: str) -> list[Mistake]:
    """Everything in a document that its schema (a file of this room) forbids."""
    return list(held(document, document.value, (), _validator(schema_name)))


def held(document: Placed, value: Value, at: Path, validator: Any) -> Iterator[Mistake]:
    """Hold a part of a document against a validator."""
    for error in validator.iter_errors(value):
        yield from _described(document, error, (*at, *error.absolute_path))


def _described(document: Placed, error: jsonschema.ValidationError, at: Path) -> Iterator[Mistake]:
    """One error of jsonschema as mistakes of the file: what, where, the valid words."""
    keyword, value, instance = error.validator, cast("Any", error.validator_value), error.instance
    schema = cast("Mapping[str, Any]", error.schema)
    description = schema.get("description", "")
    source = document.source(at)
    if keyword == "additionalProperties" and isinstance(instance, Mapping):
        valid = sorted(schema.get("properties", {}))
        for key in sorted(set(instance) - set(valid)):
            mend = choice(key, valid, "keys")
            yield document.mistake(document.key_source((*at, key)), f"unknown key `{key}`", mend)
    elif keyword == "required":
        missing = next(key for key in value if key not in cast("Mapping[str, Any]", instance))
        mend = schema.get("properties", {}).get(missing, {}).get("description", "") or f"add `{missing}:`"
        yield document.mistake(document.key_source(at), f"the key `{missing}` is missing", mend)
    elif keyword == "enum":
        mend = choice(str(instance), map(str, value), "words")
        yield document.mistake(source, f"`{instance}` is not a valid word", mend)
    elif keyword == "type":
        wanted = " or ".join(KINDS[word] for word in ([value] if isinstance(value, str) else value))
        yield document.mistake(source, f"{wanted} is expected here, not {kind_of(instance)}", description)
    elif keyword == "minItems":
        yield document.mistake(source, f"at least {value} is needed here", description or "write one, or take the key away")
    else:
        mend = description or f"it must satisfy {keyword}: {value}"
        yield document.mistake(source, f"{str(instance)[:60]!r} is not valid here", mend)


KINDS = {
    "array": "a list", "object": "a mapping", "string": "a text", "integer": "an integer",
    "number": "a number", "boolean": "true or false", "null": "nothing",
}  # fmt: skip
"""The kinds of JSON Schema in words, with their articles."""


def kind_of(value: object) -> str:
    """The kind of a value in words."""
    if value is None:
        return KINDS["null"]
    if isinstance(value, bool):
        return KINDS["boolean"]
    if isinstance(value, Mapping):
        return KINDS["object"]
    if isinstance(value, tuple | list):
        return KINDS["array"]
    return KINDS["string"] if isinstance(value, str) else KINDS["number"]


LISTED, NEAREST = 40, 12
"""The valid words that are listed in full, and how many of more are: those most like the wrong one."""
LONGEST = 80
"""Characters of a word that are compared: no valid one is longer, and a foreign one may be without end."""


def choice(word: str, valid: Iterable[str], what: str = "words") -> str:
    """How to mend a wrong word: the nearest valid one, and all of them."""
    known = sorted(set(valid))
    alike = {plainly(name): name for name in reversed(known)}
    near = difflib.get_close_matches(word[:LONGEST], known, n=1) or [alike[found] for found in difflib.get_close_matches(plainly(word[:LONGEST]), alike, n=1)]
    hint = f"did you mean `{near[0]}`? " if near else ""
    if len(known) <= LISTED:
        return f"{hint}valid {what}: {', '.join(known) or '(none)'}"
    shown = sorted(sorted(known, key=lambda name: -difflib.SequenceMatcher(None, word[:LONGEST], name[:LONGEST]).ratio())[:NEAREST])
    return f"{hint}valid {what}: {', '.join(shown)} and {len(known) - len(shown)} more"


def plainly(word: str) -> str:
    """A word without what people write in different ways: capitals, points, hyphens, blanks."""
    return "".join(character for character in word.casefold() if character.isalnum())
