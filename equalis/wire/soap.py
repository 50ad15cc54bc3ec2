"""SOAP 1.1 envelopes (W3C note of 8 May 2000): the header, the body, and faults."""

from __future__ import annotations

from typing import Final

from lxml import etree

from equalis.wire.strict_xml import children, parse, qualified, text
from equalis.wire.unreadable import UnreadableError

ENVELOPE: Final = "http://schemas.xmlsoap.org/soap/envelope/"
ENVELOPE_12: Final = "http://www.w3.org/2003/05/soap-envelope"
SECURITY: Final = "http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss-wssecurity-secext-1.0.xsd"
TRUST: Final = "http://docs.oasis-open.org/ws-sx/ws-trust/"
CALLERS_FAULTS: Final = frozenset({"Client", "Sender", "VersionMismatch", "MustUnderstand"})


def envelope(content: bytes) -> etree._Element:
    """Parse a SOAP 1.1 message; raises UnreadableError for anything else."""
    return enveloped(parse(content))


def enveloped(root: etree._Element) -> etree._Element:
    """The root of a document, which must be a SOAP 1.1 Envelope; raises UnreadableError."""
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
    """The Header, None when there is none; raises UnreadableError when there are several."""
    found = root.findall(f"{{{ENVELOPE}}}Header")
    if len(found) > 1:
        message = f"{len(found)} Header elements in the Envelope"
        raise UnreadableError(message)
    return found[0] if found else None


def blames_the_caller(content: bytes) -> bool:
    """Whether an answer is a SOAP fault that refuses the message itself, by the namespace of its code.

    SOAP 1.1 §4.4.1 (Client, MustUnderstand, VersionMismatch), SOAP 1.2 part 1 §5.4.6 (Sender), and every code
    of WS-Security and WS-Trust; prefixes are free.
    """
    try:
        root = parse(content)
    except UnreadableError:
        return False
    codes = [*root.iter("faultcode"), *root.iter(f"{{{ENVELOPE_12}}}Value")]
    for node in codes[:1]:
        prefix, _, local = text(node).strip().rpartition(":")
        namespace = node.nsmap.get(prefix or None, "") or ""
        if namespace in {ENVELOPE, ENVELOPE_12} or not prefix:
            return local.split(".")[0] in CALLERS_FAULTS
        return namespace == SECURITY or namespace.startswith(TRUST)
    return False
