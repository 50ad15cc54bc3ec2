"""Values in elements and attributes: XML, HTML, and XML that stands as text in something else."""

from __future__ import annotations

import bisect
import re

from equalis.wire.secrecy import quoted
from equalis.wire.secrecy.names import Kind, secret_from
from equalis.wire.secrecy.spans import Landmarks, Secret

OPENING = re.compile(rb"(<|&(?:amp;)*lt;|\\++u003[cC]|%(?:25)*3[cC])(/?)(?:[\w.\-]{1,64}:)?\Z")
"""What stands before the local name of an element."""
_TAG = re.compile(rb"(?:[^<>\"']|\"[^\"]*+\"|'[^']*+')*+>")
_MARK = re.compile(rb"<(?:!--|!\[CDATA\[|\?|(/?)([\w.:\-\x80-\xff]++))")
_CLOSE = re.compile(rb"</([\w.:\-\x80-\xff]++)")
_WINDOW = 4096
_VALUE_ATTRIBUTE = re.compile(rb"\s(?:value|content|val|text|default)\s*=\s*(?=[\"'])", re.IGNORECASE)
_VALUE_ELEMENT = re.compile(rb"\s*<(?:[\w.\-]{1,64}:)?(?:[\w\-]{0,32}value[\w\-]{0,32}|string|data|text|content)(?=[\s/>])", re.IGNORECASE)
_CHILD = re.compile(rb"\s*<(?=[^/!?<>\s])")
_ENDS = {b"!--": b"-->", b"![CDATA[": b"]]>", b"?": b"?>"}
_FEW = 8
"""So many marks are looked at before the index of closing tags is made."""


class Markup:
    """A content in which elements are looked up; everything that is remembered keeps the whole linear."""

    def __init__(self, content: bytes, marks: Landmarks) -> None:
        """Nothing is read yet."""
        self._content, self._marks = content, marks
        self._closings: dict[bytes, list[int]] | None = None

    def element(self, begins: int, opening: bytes, end: int, naming: tuple[Kind, str]) -> tuple[list[Secret], int]:
        """The content of the element whose name ends at ``end``, and where to go on; ``begins`` is where its tag does."""
        if opening != b"<":
            return self._escaped(opening, end, naming)
        inside = self.tag_end(end)
        own = self._attributes(end, inside, naming) if self._content[inside - 1 : inside] == b">" else []
        if inside == len(self._content) or self._content[inside - 2 : inside - 1] == b"/":
            return own, end
        closes = self._close(self._content[begins + 1 : end], inside)
        if self._content.startswith(b"<![CDATA[", inside) and self._marks.next(b"]]>", inside) + 3 == closes:
            content = self._kept(inside + 9, closes - 3, naming)
        else:
            content = self._kept(inside, closes, naming)
        return own + content, closes if content else inside

    def tag_end(self, at: int) -> int:
        """Where the tag in which ``at`` stands is over, the end of the content when it never is."""
        if found := _TAG.match(self._content[at : at + _WINDOW]):
            return at + found.end()
        return min(len(self._content), self._marks.next(b">", at) + 1)

    def named(self, begins: int, at: int, naming: tuple[Kind, str]) -> list[Secret]:
        """The value that belongs to an attribute which names a secret: ``<param name="password" value="…"/>`` and its kin."""
        end = self.tag_end(at)
        found = self._attributes(begins, end, naming)
        if found or end == len(self._content):
            return found
        if self._content[end - 2 : end - 1] == b"/":
            return self.following(end, naming)
        return self._leaf(end, naming)

    def following(self, at: int, naming: tuple[Kind, str]) -> list[Secret]:
        """The value in the element that comes next, if its name says that it is one."""
        window = self._content[at : at + _WINDOW]
        found = _VALUE_ELEMENT.match(window)
        if found is None:
            return []
        begins = at + found.end()
        end = self.tag_end(begins)
        return self._attributes(begins, end, naming) or ([] if self._content[end - 2 : end - 1] == b"/" else self._leaf(end, naming))

    def _attributes(self, begins: int, end: int, naming: tuple[Kind, str]) -> list[Secret]:
        found: list[Secret] = []
        for match in _VALUE_ATTRIBUTE.finditer(self._content[begins : min(end, begins + _WINDOW)]):
            at = begins + match.end()
            found += quoted.string(self._content, at, self._content[at : at + 1], self._marks, naming)[0]
        return found

    def _leaf(self, at: int, naming: tuple[Kind, str]) -> list[Secret]:
        """The text of an element, or of its first child."""
        for _ in range(2):
            if self._content.startswith(b"<![CDATA[", at):
                end = self._marks.next(b"]]>", at)
                return self._kept(at + 9, end, naming)
            end = self._marks.next(b"<", at)
            if self._content[at:end].strip():
                return self._kept(at, end, naming)
            child = _CHILD.match(self._content, at)
            if child is None:
                break
            at = self.tag_end(child.end())
        return []

    def _kept(self, start: int, end: int, naming: tuple[Kind, str]) -> list[Secret]:
        begins = secret_from(naming[0], self._content[start:end])
        return [Secret(start + begins, end, naming[1])] if begins >= 0 else []

    def _escaped(self, opening: bytes, end: int, naming: tuple[Kind, str]) -> tuple[list[Secret], int]:
        """An element of XML that is text in XML, in JSON or in a URL: up to the next tag."""
        table = {b"lt;": b"gt;", b"03c": b"03e", b"03C": b"03E", b"%3c": b"%3e", b"%3C": b"%3E", b"53c": b"53e", b"53C": b"53E"}
        start = self._marks.next(opening[:-3] + table[opening[-3:]], end) + len(opening)
        if start >= len(self._content):
            return [], end
        stop = self._marks.next(opening, start)
        return self._kept(start, stop, naming), stop

    def _close(self, name: bytes, at: int) -> int:
        """Where an element's content ends: at its own closing tag; without one, at the last of its name, or at the next tag."""
        content, depth, last, looked, begun = self._content, 1, -1, 0, at
        while (found := _MARK.search(content, at)) is not None:
            at, looked = found.end(), looked + 1
            if found[2] is None:
                end = _ENDS[found[0][1:]]
                at = min(len(content), self._marks.next(end, at) + len(end))
            elif found[2] == name:
                if found[1]:
                    depth, last = depth - 1, found.start()
                    if depth == 0:
                        return last
                else:
                    at = self.tag_end(at)
                    depth += content[at - 2 : at - 1] != b"/"
            if looked > _FEW and not self._closes_later(name, at):
                break
        return last if last >= 0 else self._marks.next(b"<", begun)

    def _closes_later(self, name: bytes, at: int) -> bool:
        if self._closings is None:
            self._closings = {}
            for found in _CLOSE.finditer(self._content):
                self._closings.setdefault(found[1], []).append(found.start())
        places = self._closings.get(name, [])
        return bisect.bisect_left(places, at) < len(places)
