"""A message opened: its body taken apart at most once, whatever asks for it."""

from __future__ import annotations

from functools import cached_property

from lxml import etree

from equalis.model.transcript import Message
from equalis.model.values import Record, Value
from equalis.wire import archives, encodings, http_message, json_path, strict_json, strict_xml
from equalis.wire.unreadable import UnreadableError


class Opened:
    """Lazy views of one message; each raises UnreadableError when the bytes do not fit it."""

    def __init__(self, message: Message) -> None:
        """Keep the message; nothing is parsed yet."""
        self.message = message

    @cached_property
    def content(self) -> bytes:
        """The body without its content codings."""
        return encodings.content(self.message)

    @cached_property
    def xml(self) -> etree._Element:
        """The body as an XML document."""
        return strict_xml.parse(self.content)

    @cached_property
    def json(self) -> Value:
        """The body as JSON."""
        return strict_json.read(self.content)

    @cached_property
    def plain_json(self) -> object:
        """The body as JSON of lists and dicts, for RFC 9535 paths."""
        return json_path.comparable(self.json)

    @cached_property
    def entries(self) -> tuple[archives.Entry, ...]:
        """The files of a zip body."""
        return archives.read(self.content)

    @cached_property
    def zipped_xml(self) -> etree._Element:
        """The first XML document of a zip body."""
        if not self.entries:
            message = "the zip is empty"
            raise UnreadableError(message)
        return strict_xml.parse(self.entries[0].content)

    @cached_property
    def claims(self) -> Record:
        """The claims of the bearer token, none when there is no token."""
        token = http_message.bearer(self.message)
        return http_message.claims(token) if token else {}

    def document(self, body: str) -> etree._Element:
        """The XML document of a body of that form (``xml`` or ``zip-xml``)."""
        return self.zipped_xml if body == "zip-xml" else self.xml
