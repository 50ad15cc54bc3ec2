"""Strict XML: no DTD, no entities of its own, no network, bounded; and text without comments.

Comments and processing instructions stay in the tree: a signature is over them too.
"""

from __future__ import annotations

from functools import lru_cache
from typing import cast

from lxml import etree

from equalis.wire.unreadable import UnreadableError

MAX_BYTES = 32 << 20
_TEXT = etree.XPath("string(.)", smart_strings=False)


def parse(content: bytes) -> etree._Element:
    """Parse an XML document; raises UnreadableError for a DTD, bad syntax, or too many bytes."""
    if len(content) > MAX_BYTES:
        message = f"an XML document of {len(content)} bytes; at most {MAX_BYTES} are read"
        raise UnreadableError(message)
    parser = etree.XMLParser(resolve_entities=False, no_network=True, huge_tree=False, load_dtd=False)
    try:
        root = etree.fromstring(content, parser)
    except (etree.LxmlError, ValueError, LookupError) as error:
        message = f"not XML: {str(error)[:160]}"
        raise UnreadableError(message) from None
    if root.getroottree().docinfo.internalDTD is not None:
        message = "the document has a DTD"
        raise UnreadableError(message)
    return root


def text(node: etree._Element) -> str:
    """The text of an element as XPath sees it, comments and instructions left out; one of these gives its own text."""
    return str(_TEXT(node)) if isinstance(node.tag, str) else node.text or ""


def qualified(node: etree._Element) -> tuple[str, str]:
    """The namespace (empty when none) and the local name of an element."""
    name = etree.QName(node)
    return name.namespace or "", name.localname


def children(node: etree._Element) -> list[etree._Element]:
    """The element children, without comments and processing instructions."""
    return [child for child in node if isinstance(child.tag, str)]


@lru_cache(maxsize=512)
def xpath(expression: str, namespaces: tuple[tuple[str, str], ...]) -> etree.XPath:
    """Compile an XPath 1.0 expression once; raises ValueError when it is not one."""
    try:
        # no regular expressions of EXSLT: Python's engine would run them, and it backtracks
        return etree.XPath(expression, namespaces=dict(namespaces), smart_strings=False, regexp=False)
    except etree.XPathError as error:
        message = f"not an XPath expression: {expression!r} ({error})"
        raise ValueError(message) from error


def _found(expression: etree.XPath, root: etree._Element) -> object:
    try:
        return expression(root)
    except etree.LxmlError as error:
        message = f"the expression cannot be evaluated: {error}"
        raise UnreadableError(message) from None


def select(expression: etree.XPath, root: etree._Element) -> list[str]:
    """Every text that an expression finds; an element gives its text, a boolean none or ''."""
    found = _found(expression, root)
    if isinstance(found, bool):
        return ["true"] if found else []
    if isinstance(found, list):
        return [item if isinstance(item, str) else text(cast("etree._Element", item)) for item in found]
    return [str(found)]


def names(expression: etree.XPath, root: etree._Element) -> list[str]:
    """The local names of the elements that an expression finds."""
    return [etree.QName(item).localname for item in elements(expression, root)]


def elements(expression: etree.XPath, root: etree._Element) -> list[etree._Element]:
    """The elements that an expression finds, without comments and processing instructions."""
    found = _found(expression, root)
    return [item for item in found if isinstance(item, etree._Element) and isinstance(item.tag, str)] if isinstance(found, list) else []
