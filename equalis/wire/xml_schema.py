"""XML Schemas of a pack, compiled once, and elements held against them."""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from typing import Any, Final

from lxml import etree

from equalis.wire import strict_xml
from equalis.wire.schema_files import REFERRING, Files, inside
from equalis.wire.unreadable import UnreadableError

PACK: Final = "pack:/"
"""How a reference that leads to a file of the pack is written while a schema is compiled."""


@lru_cache(maxsize=64)
def compiled(found: Files) -> etree.XMLSchema:
    """The first of these schemas; raises ValueError when it is none."""
    known = dict(found)
    parser = etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False)
    parser.resolvers.add(_Resolver(known))
    try:
        return etree.XMLSchema(etree.fromstring(_rooted(found[0][0], known), parser, base_url=PACK + found[0][0]))
    except (etree.XMLSchemaParseError, etree.XMLSyntaxError, UnreadableError) as error:
        message = f"not an XML Schema: {error}"
        raise ValueError(message) from error


class _Resolver(etree.Resolver):
    """Gives lxml the files of the pack, and refuses everything else."""

    def __init__(self, known: Mapping[str, bytes]) -> None:
        super().__init__()
        self._known = known

    def resolve(self, system_url: str, public_id: str, context: Any) -> Any:  # type: ignore[override]  # noqa: ARG002 - lxml's own port
        """The bytes at an address of the pack; OSError for any other."""
        name = system_url.removeprefix(PACK)
        if name == system_url or name not in self._known:
            message = f"{system_url[:80]} is no file of the pack"
            raise OSError(message)
        return self.resolve_string(_rooted(name, self._known), context, base_url=system_url)


def _rooted(name: str, known: Mapping[str, bytes]) -> bytes:
    """A schema whose references are addresses in the pack."""
    root = strict_xml.parse(known[name])
    for node in root.iter(*REFERRING):
        location = node.get("schemaLocation")
        if location is not None:
            node.set("schemaLocation", PACK + inside(name, location, known))
    return etree.tostring(root)


def violations(schema: etree.XMLSchema, node: etree._Element) -> list[str]:
    """What a schema finds wrong with an element, at most five lines of it."""
    alone = strict_xml.parse(etree.tostring(node, with_tail=False, encoding="UTF-8"))
    if schema.validate(alone):
        return []
    # lxml-stubs give the entries of the log no type
    entries = [str(entry.message) for entry in schema.error_log]  # type: ignore[attr-defined]
    return entries[:5] or ["the document does not follow its schema"]
