"""Secrets by their name: every place where a name of a secret stands, and the value that belongs to it there."""

from __future__ import annotations

import re
from dataclasses import dataclass

from equalis.wire.secrecy import quoted
from equalis.wire.secrecy.markup import OPENING, Markup
from equalis.wire.secrecy.names import CANDIDATES, MAX_NAME, Kind, kind, latin, secret_from, spelled
from equalis.wire.secrecy.spans import Landmarks, Secret

_NAME = b"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-.$@%" + bytes(range(0x80, 0x100))
_OTHER_QUOTE = re.compile(rb"(&(?:amp;)*(?:quot|apos|#0*3[49]|#x0*2[27]);|\\++u002[27]|%(?:25)*2[27])([^\"'<>&;,{}\r\n=%\\]*)\Z")
_NO_KEY = re.compile(rb"[<>&;,{}\r\n=]")
_KEY_ENDS = re.compile(rb"(?:[\w .\-\[\]()/\x80-\xff]|\\++u(?!002[27])[0-9a-fA-F]{4}|%(?!2[27]|25)[0-9a-fA-F]{2}){0,96}+")
_COLON = re.compile(rb"(?:\s|\\++[nrt]){0,64}(?::|=>|%3[aA]|=)")
_TEXT_BEGINS = re.compile(rb">\s*[\w .:/#\-]{0,64}\Z")
_TEXT_ENDS = re.compile(rb"[\w .\-]{0,64}+</[\w.:\-]{1,96}>")
_SAYS = re.compile(rb"[\])]{0,2}(?:[ \t]|\\++u00[aA]0|\\++u202[fF]){0,8}(?::=|=>|->|={1,2}|:{1,2}(?!//)|%(?:25)*3[aAdD]|\\++u003[dD])(?:[ \t]|%20){0,8}(?:[|>][+\-]?[ \t]{0,8}\r?\n[ \t]{1,16})?")
_SPACE = re.compile(rb"[ \t]{1,8}(?=[^\s\-])")
_IS = re.compile(rb"[ \t]{1,4}(?:(?:is|was|est|vaut)[ \t]{1,4})?(?:\xc2\xab|\\u00ab)?(?:[ \t]|\xc2\xa0|\\u00a0){0,2}(?=[^\s\d<>\"'&;,\\]{0,64}\d[^\s<>\"']{3})")
"""A sentence: "the PIN is 7421"; what follows has a digit."""
_COMMA = re.compile(rb"\s{0,16},\s{0,16}(?=\\*+[\"'])")
_PLAIN = re.compile(rb"(?:[^\s<>\"'`&,;\\%\x00-\x20]|[,;](?!\s|\Z|[\w.\-]{1,64}[=:])|\\(?![nrt\"'u\\])|%(?!(?:25)*2[267]|20|0[aAdD]))++")
_LINE = re.compile(rb"(?:[^\r\n\"<>\\]|\\(?![nrt\"'u\\]))++")
_AFTER = b",;.)]}"
_ATTRIBUTE = re.compile(rb"([\w\-]{1,64})\s{0,8}=\s{0,8}\Z")
_NAMING = frozenset(b"name key field param parameter property attribute variable var option setting label code url uri".split())
_VALUE_KEY = re.compile(rb"(\\*+[\"'])(?:[\w\-]{0,32}[vV]alue[\w\-]{0,32})(\\*+[\"'])\s{0,16}:")
_VALUE_WORD = b"alue"
_WINDOW = 1024
_JWK = latin(r"(?:\\*[\"'])(?:d|p|q|dp|dq|qi|k|r|t)(\\*[\"'])\s*:\s*")
_RSA = latin(r"<(?:[A-Za-z0-9_.\-]+:)?(?:D|P|Q|DP|DQ|InverseQ)\s*>")


@dataclass(frozen=True, slots=True)
class Place:
    """Where a name stands."""

    start: int
    end: int
    name: bytes

    def naming(self, what: Kind, where: str) -> tuple[Kind, str]:
        """The kind of the name, and how the record calls it."""
        return what, f"{where} {spelled(self.name)}"


class Named:
    """A content in which secrets are looked up by their names; a short word is no name in bytes that are no text."""

    def __init__(self, content: bytes, *, text: bool = True) -> None:
        """Nothing is read yet."""
        self._content, self._marks, self._text = content, Landmarks(content), text
        self._markup = Markup(content, self._marks)

    def secrets(self) -> list[Secret]:
        """Every secret that has a name."""
        found: list[Secret] = []
        at = 0
        while (match := CANDIDATES.search(self._content, at)) is not None:
            place = self._place(match.start(), match.end())
            inside, end = self._at(place)
            found += inside
            at = max(end, match.start() + 1, place.end - 1)
        return found + self._key_members()

    def _place(self, start: int, end: int) -> Place:
        """The whole name around what was found of it."""
        content = self._content
        while start < end and content[start] not in _NAME and content[start : start + 2] != b"\\u":
            start += 2 if content[start : start + 1] == b"\\" else 1
        while end > start and content[end - 1] not in _NAME:
            end -= 1
        before = content[max(0, start - MAX_NAME) : start]
        begins = start - (len(before) - len(before.rstrip(_NAME)))
        if begins < start and content[begins - 1 : begins] == b"\\" and content[begins] in b"nrt":
            begins += 1
        after = content[end : end + MAX_NAME]
        ends = end + len(after) - len(after.lstrip(_NAME))
        return Place(begins, ends, content[begins:ends])

    def _at(self, place: Place) -> tuple[list[Secret], int]:
        """The secret whose name stands here, and where to go on."""
        what = kind(place.name)
        content, before = self._content, self._content[max(0, place.start - 2 * MAX_NAME) : place.start]
        if opening := OPENING.search(before[-96:]):
            if what is Kind.NONE or opening[2]:
                return [], place.end
            begins = place.start - len(opening[0])
            return self._markup.element(begins, opening[1], place.end, place.naming(what, "element"))
        ends = _KEY_ENDS.match(content, place.end)
        closes = ends.end() if ends else place.end
        quote = quoted.QUOTE.match(content, closes)
        opened = _key_begins(before) if quote else None
        if opened and quote and opened[0][-1:] == quote[0][-1:]:
            return self._key(place, opened[0], opened[1] + content[place.start : closes], quote)
        if what is Kind.NONE:
            return [], place.end
        if content.startswith(b"<", closes) and _TEXT_BEGINS.search(before[-96:]) and (text := _TEXT_ENDS.match(content, place.end)):
            return self._markup.following(text.end(), place.naming(what, "named")), place.end
        return self._running(place, what, before)

    def _key(self, place: Place, opening: bytes, key: bytes, quote: re.Match[bytes]) -> tuple[list[Secret], int]:
        """A name in quotes: the key of a value, or itself the value of a ``name``."""
        content = self._content
        what = kind(key)
        if colon := _COLON.match(content, quote.end()):
            if what is Kind.NONE:
                return [], quote.start()
            return quoted.value(content, colon.end(), opening, self._marks, place.naming(what, "json"))
        what = kind(re.split(rb"[/:#]", key)[-1])
        if what is Kind.NONE:
            return [], quote.start()
        begins = quote.start() - len(key) - len(opening)
        return self._beside(place.naming(what, "named"), begins, quote.end()), quote.start()

    def _beside(self, naming: tuple[Kind, str], begins: int, ends: int) -> list[Secret]:
        """What stands beside a name that is itself a value: in the same tag, object or pair."""
        content = self._content
        before = content[max(0, begins - _WINDOW) : begins]
        tag = before.rfind(b"<")
        if tag > before.rfind(b">") and (attribute := _ATTRIBUTE.search(before[-96:])):
            if attribute[1].lower() == b"value":  # as FHIR writes its names in XML
                return self._markup.following(self._markup.tag_end(ends), naming)
            named = attribute[1].lower() in _NAMING or naming[0] is Kind.SECRET  # the Id of a token is a reference, and names nothing
            return self._markup.named(begins - len(before) + tag + 1, ends, naming) if named else []
        pair = before.rstrip()[-1:] in {b"[", b"("} or content.startswith(b"-", begins + 1)
        if pair and (comma := _COMMA.match(content, ends)):
            return quoted.value(content, comma.end(), b"", self._marks, naming)[0]
        after = content[ends : ends + _WINDOW].partition(b"{")[0]
        if _VALUE_WORD in after and (later := _VALUE_KEY.search(after)):
            return quoted.value(content, ends + later.end(), later[1], self._marks, naming)[0]
        inside = max(before.rfind(b"{"), before.rfind(b"}")) + 1
        if _VALUE_WORD not in before[inside:]:
            return []
        return [
            secret for earlier in _VALUE_KEY.finditer(before, inside)
            for secret in quoted.value(content, begins - len(before) + earlier.end(), earlier[1], self._marks, naming)[0]
        ]  # fmt: skip

    def _running(self, place: Place, what: Kind, before: bytes) -> tuple[list[Secret], int]:
        """A name in a form, a query, an attribute, a line of settings or a sentence."""
        content = self._content
        flag = place.name.startswith(b"-") and before[-1:] in {b"", b" ", b"\t", b"\n", b'"', b"'"}
        says = _SAYS.match(content, place.end)
        if says is None and (flag or before.endswith(b"<!ENTITY ")):
            says = _SPACE.match(content, place.end)
        if says is None and what is Kind.SECRET and self._text:
            says = _IS.match(content, place.end)
        if says is None:
            return [], place.end
        at = says.end()
        naming = place.naming(what, "value")
        if opening := quoted.QUOTE.match(content, at):
            return quoted.string(content, at, opening[0], self._marks, naming)
        if content[at : at + 1] in {b"{", b"["} and b":" in says[0]:
            return quoted.value(content, at, b"", self._marks, naming)
        value = (_LINE if what in {Kind.COOKIE, Kind.AUTHORIZATION} else _PLAIN).match(content, at)
        if value is None or (not self._text and (len(place.name) < 6 or not value[0].isascii())):  # noqa: PLR2004 - a short word is chance there
            return [], place.end
        end = at + len(value[0].rstrip(_AFTER) or value[0])
        begins = secret_from(what, content[at:end], loose=True)
        return ([Secret(at + begins, end, naming[1])] if begins >= 0 else []), end

    def _key_members(self) -> list[Secret]:
        """The private members of JSON web keys (RFC 7518 §6), and of RSA keys in XML."""
        found: list[Secret] = []
        if b"kty" in self._content:
            for match in _JWK.finditer(self._content):
                if opening := quoted.QUOTE.match(self._content, match.end()):
                    found += quoted.string(self._content, match.end(), opening[0], self._marks, (Kind.SECRET, "json private key"))[0]
        if b"RSAKeyValue" in self._content:
            for match in _RSA.finditer(self._content):
                end = self._marks.next(b"<", match.end())
                if self._content[match.end() : end].strip():
                    found.append(Secret(match.end(), end, "element private key"))
        return found


def _key_begins(before: bytes) -> tuple[bytes, bytes] | None:
    """The quote that opens a key, and what stands of the key before the name in it."""
    other = b"&" in before or b"%2" in before or b"u002" in before
    if other and (found := _OTHER_QUOTE.search(before)):
        return found[1], found[2]
    last = max(before.rfind(b'"'), before.rfind(b"'"))
    if last < 0 or _NO_KEY.search(before, last + 1):
        return None
    opened = before[:last].rstrip(b"\\")
    return before[len(opened) : last + 1], before[last + 1 :]
