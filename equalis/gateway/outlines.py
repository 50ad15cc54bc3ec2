"""What is kept of a malformed request: its first bytes, without anything that may be secret or somebody's.

Where nothing can be trusted to stand in its place, only lines whose meaning is sure are kept: the request line and the
fields of the framing. Of every other line its length is kept, and each line's own end.
"""

from __future__ import annotations

import re

from equalis.gateway.redaction import Redactor
from equalis.model.transcript import Message

KEPT = 4096
_ENDS = re.compile(rb"(\r\n|\n|\r)")
_START = re.compile(rb"[A-Za-z]{1,16} +/[!-~]*|[!-~]{1,64} +[!-~]+ +HTTP/[0-9.]{1,8}")
_FIELD = re.compile(rb"([A-Za-z0-9_-]{1,64}[ \t]*:)(.*)", re.DOTALL)
_FRAMING = frozenset(
    b"accept connection content-encoding content-length content-type expect host keep-alive te trailer transfer-encoding upgrade user-agent".split()
)


def outline(head: bytes, redactor: Redactor) -> bytes:
    """The first bytes of a head, to be kept."""
    first, *others = _ENDS.split(head[:KEPT])
    kept = [_start(first, redactor)]
    for place, part in enumerate(others):
        kept.append(_line(part, redactor) if place % 2 else part)
    return b"".join(kept)


def _start(line: bytes, redactor: Redactor) -> bytes:
    if not _START.fullmatch(line):
        return _length(line)
    return redactor.message(Message(line.decode("latin-1"), (), b""))[0].line.encode("latin-1")


def _line(line: bytes, redactor: Redactor) -> bytes:
    found = _FIELD.fullmatch(line)
    if found is None:
        return _length(line)
    name = found[1].rstrip(b": \t").lower()
    if name not in _FRAMING:
        return found[1] + b" " + _length(found[2])
    message = Message("", ((name.decode(), found[2].decode("latin-1")),), b"")
    return found[1] + redactor.message(message)[0].headers[0][1].encode("latin-1")


def _length(part: bytes) -> bytes:
    return b"(%d bytes)" % len(part) if part else b""
