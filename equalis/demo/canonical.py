"""XML read by byte offsets, and its parts in exclusive canonical form (standard library only)."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from xml.etree.ElementTree import canonicalize
from xml.parsers import expat
from xml.sax.saxutils import quoteattr

WSU = "http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss-wssecurity-utility-1.0.xsd"


class XmlError(Exception):
    """Bytes that are no acceptable XML."""


@dataclass
class Node:
    """An element: its expanded name, its attributes, its text, and where its bytes stand."""

    tag: str
    attributes: dict[str, str]
    scope: dict[str, str]
    own_prefixes: set[str]
    start: int
    end: int = 0
    text: str = ""
    parent: Node | None = None
    children: list[Node] = field(default_factory=list)

    def find(self, *path: str) -> Node | None:
        """The first element at a path of expanded names."""
        node: Node | None = self
        for tag in path:
            node = next((child for child in node.children if child.tag == tag), None) if node else None
        return node

    def all(self, tag: str) -> list[Node]:
        """Every descendant of a name, in document order."""
        found = [self] if self.tag == tag else []
        return found + [item for child in self.children for item in child.all(tag)]

    def value(self, *path: str) -> str:
        """The text at a path, empty when there is none."""
        found = self.find(*path)
        return found.text.strip() if found else ""


class _Builder:
    def __init__(self, content: bytes) -> None:
        self.content, self.root, self.open = content, None, []  # type: tuple[bytes, Node | None, list[Node]]
        self.parser = expat.ParserCreate()
        self.parser.StartElementHandler = self._start
        self.parser.EndElementHandler = self._end
        self.parser.CharacterDataHandler = self._characters
        self.parser.StartDoctypeDeclHandler = self._doctype

    def _doctype(self, *_: object) -> None:
        message = "a DTD is not accepted"
        raise XmlError(message)

    def _start(self, name: str, attributes: dict[str, str]) -> None:
        parent = self.open[-1] if self.open else None
        scope = dict(parent.scope) if parent else {}
        own = {}
        for key, value in attributes.items():
            if key == "xmlns" or key.startswith("xmlns:"):
                own[key[6:]] = value
        scope.update(own)
        plain = {_expanded(key, scope, attribute=True): value for key, value in attributes.items()
                 if key != "xmlns" and not key.startswith("xmlns:")}  # fmt: skip
        node = Node(_expanded(name, scope), plain, scope, set(own), self.parser.CurrentByteIndex, parent=parent)
        if parent:
            parent.children.append(node)
        else:
            self.root = node
        self.open.append(node)

    def _end(self, _name: str) -> None:
        node = self.open.pop()
        first = _after_tag(self.content, node.start)
        empty = self.content[first - 2 : first - 1] == b"/"
        node.end = first if empty else _after_tag(self.content, self.parser.CurrentByteIndex)

    def _characters(self, text: str) -> None:
        if self.open:
            self.open[-1].text += text


def _expanded(name: str, scope: dict[str, str], *, attribute: bool = False) -> str:
    prefix, _, local = name.rpartition(":")
    if not prefix and attribute:
        return local
    uri = "http://www.w3.org/XML/1998/namespace" if prefix == "xml" else scope.get(prefix, "")
    return f"{{{uri}}}{local}" if uri else local


def _after_tag(content: bytes, start: int) -> int:
    """The offset just after the tag that begins at an offset, quoted values respected."""
    quote = 0
    for index in range(start, len(content)):
        byte = content[index]
        if quote:
            quote = 0 if byte == quote else quote
        elif byte in b"\"'":
            quote = byte
        elif byte == ord(">"):
            return index + 1
    return len(content)


def parse(content: bytes) -> Node:
    """Parse a document; raises XmlError."""
    builder = _Builder(content)
    try:
        builder.parser.Parse(content, True)  # noqa: FBT003 - expat's own signature
    except expat.ExpatError as error:
        raise XmlError(str(error)) from None
    if builder.root is None:
        message = "no element"
        raise XmlError(message)
    return builder.root


MARK = "equalis-demo-mark"


def canonical(content: bytes, node: Node, without: Node | None = None, prefixes: Iterable[str] = ()) -> bytes:
    """The exclusive canonical form of an element (a child may be left out: enveloped signatures).

    ``prefixes`` is an InclusiveNamespaces list: those in scope are declared on the element whether it
    uses them or not. A marked attribute makes each one used; the marks are taken out afterwards.
    """
    piece = content[node.start : node.end]
    if without is not None and node.start < without.start < node.end:
        piece = content[node.start : without.start] + content[without.end : node.end]
    declared = "".join(
        f" xmlns{':' if prefix else ''}{prefix}={quoteattr(uri)}"
        for prefix, uri in node.scope.items() if prefix not in node.own_prefixes
    )  # fmt: skip
    name_end = 1
    while piece[name_end : name_end + 1] not in {b" ", b">", b"/", b"\n", b"\t", b"\r"}:
        name_end += 1
    marks = [f' {prefix}:{MARK}=""' for prefix in prefixes if prefix in node.scope]
    whole = piece[:name_end] + declared.encode() + "".join(marks).encode() + piece[name_end:]
    made = canonicalize(whole.decode())
    for mark in marks:
        made = made.replace(mark, "", 1)
    return made.encode()


def by_id(root: Node, name: str) -> Node:
    """The only element with an id; raises XmlError when there is none or more than one."""
    found = [
        node for node in _everything(root)
        if name in {node.attributes.get(f"{{{WSU}}}Id"), node.attributes.get("Id"), node.attributes.get("ID")}
    ]  # fmt: skip
    if len(found) != 1:
        message = f"{len(found)} elements have the id {name}"
        raise XmlError(message)
    return found[0]


def _everything(node: Node) -> list[Node]:
    return [node, *(item for child in node.children for item in _everything(child))]
