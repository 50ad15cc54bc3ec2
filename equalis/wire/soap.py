"""SOAP 1.1 envelopes (W3C note of 8 May 2000): the header, the body, and faults."""

from __future__ import annotations

from typing import Final

from lxml import etree

from equalis.wire.strict_xml import children, parse, qualified
from equalis.wire.unreadable import UnreadableError

ENVELOPE: Final = "http://schemas.xmlsoap.org/soap/envelope/"


def envelope(content: bytes) -> etree._Element:
    """Parse a SOAP 1.1 message; raises UnreadableError for anything else."""
    root = parse(content)
    if qualified(root) != (ENVELOPE, "Envelope"):
        message = f"the root is {root.tag}, not a SOAP 1.1 Envelope"
        raise UnreadableError(message)
    return root


def body(root: etree._Element) -> etree._Element:
    """The Body, which must be a child of the Envelope (never one found deeper)."""
    found = root.findall(f"{{{ENVELOPE}}}Body")
    if len(found) != 1:
        message = f"{len(found)} Body elements in the Envelope"
        raise UnreadableError(message)
    return found[0]


def content(root: etree._Element) -> etree._Element:
    """The only element in the Body."""
    found = children(body(root))
    if len(found) != 1:
        message = f"{len(found)} elements in the Body where one is due"
        raise UnreadableError(message)
    return found[0]


def header(root: etree._Element) -> etree._Element | None:
    """The Header, None when there is none."""
    return root.find(f"{{{ENVELOPE}}}Header")
