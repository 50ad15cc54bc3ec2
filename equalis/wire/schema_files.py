"""The schemas of a pack, and what they refer to: files of the pack by their relative names, and nothing else.

A schema travels in a bundle, and a bundle is data (trust.md): nothing is fetched, and no path of this machine is read.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from functools import lru_cache
from typing import Final

from lxml import etree

from equalis.model.binding import Binding
from equalis.model.values import Value
from equalis.wire import strict_json, strict_xml
from equalis.wire.unreadable import UnknownFieldError, UnreadableError

Files = tuple[tuple[str, bytes], ...]
"""A schema and every one that it refers to: `service/name` and bytes, the schema itself first."""

XS: Final = "http://www.w3.org/2001/XMLSchema"
BASE: Final = "{http://www.w3.org/XML/1998/namespace}base"
FOLDER = "schemas"
DRAFT: Final = "https://json-schema.org/draft/2020-12/schema"
REFERRING: Final = tuple(f"{{{XS}}}{name}" for name in ("include", "import", "redefine", "override"))
_REFERENCES = ("$ref", "$dynamicRef")


def files(binding: Binding, name: str) -> Files:
    """A schema of a binding with all that it refers to; raises UnknownFieldError, or ValueError for a reference that leads out."""
    first = name if "/" in name else f"{binding.service}/{name}"
    if first not in binding.schemas:
        message = f"the binding of {binding.service} has no schema {name!r}"
        raise UnknownFieldError(message)
    return gathered(first, binding.schemas)


def gathered(first: str, known: Mapping[str, bytes]) -> Files:
    """A schema with all that it refers to; raises ValueError for a reference that leads out of the pack."""
    found: dict[str, bytes] = {}
    waiting = [first]
    while waiting:
        here = waiting.pop()
        if here not in found:
            found[here] = known[here]
            waiting += [inside(here, location, known) for location in references(here, known[here])]
    return tuple(found.items())


@lru_cache(maxsize=256)
def references(name: str, content: bytes) -> tuple[str, ...]:
    """The locations that a schema refers to, as written; raises ValueError for bytes that are no schema."""
    read: Callable[[bytes], Iterator[str]] = _of_json if name.endswith(".json") else _of_xml
    try:
        return tuple(dict.fromkeys(read(content)))
    except (UnreadableError, RecursionError) as error:
        message = f"not a schema: {error}"
        raise ValueError(message) from None


def _of_xml(content: bytes) -> Iterator[str]:
    root = strict_xml.parse(content)
    if any(BASE in node.attrib for node in root.iter(etree.Element)):
        message = "xml:base is not allowed in a schema of a pack"
        raise ValueError(message)
    for node in root.iter(*REFERRING):
        location = node.get("schemaLocation")
        if location is not None:
            yield location


def _of_json(content: bytes) -> Iterator[str]:
    waiting: list[Value] = [strict_json.read(content)]
    while waiting:
        value = waiting.pop()
        waiting += value.values() if isinstance(value, Mapping) else value if isinstance(value, tuple) else ()
        if not isinstance(value, Mapping):
            continue
        for word in ("$id", "$schema", *_REFERENCES):
            if isinstance(told := value.get(word), str):
                yield from _told(word, told)


def _told(word: str, told: str) -> Iterator[str]:
    """The file that a keyword of JSON Schema names; raises ValueError for one that would move what is relative."""
    if word == "$id" or (word == "$schema" and told.rstrip("#") != DRAFT):
        message = f"{word}: {told[:80]} is not allowed in a schema of a pack (JSON Schema 2020-12, named by its file)"
        raise ValueError(message)
    location = told.partition("#")[0]
    if word in _REFERENCES and location:
        yield location


def inside(base: str, location: str, known: Mapping[str, bytes]) -> str:
    """The name in the pack of what a schema refers to; raises ValueError for anything else."""
    parts = [*base.split("/")[:-1], FOLDER]
    for part in location.split("/"):
        if part == ".." and parts:
            parts.pop()
        elif part != ".":
            parts.append(part)
    name = f"{parts[0]}/{parts[2]}" if len(parts) == 3 and parts[1] == FOLDER else ""  # noqa: PLR2004 - service/schemas/name
    if any(character in location for character in ":%\\?") or location.startswith("/") or name not in known:
        message = f"the reference {location[:80]!r} leads to no schema of the pack; refer to one by its relative name"
        raise ValueError(message)
    return name
