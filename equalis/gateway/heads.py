"""One request head, held against RFC 9110 and RFC 9112: what is wrong with it, or how long its body is.

The reasons quote nothing of a request but the names of its framing fields: what is malformed may be a piece of a body.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from http import HTTPStatus

MAX_BODY = 64 << 20
"""A body that is longer is answered 413."""
METHODS = frozenset(
    b"ACL BIND CHECKOUT COPY DELETE GET HEAD LINK LOCK MERGE MKACTIVITY MKCALENDAR MKCOL MOVE OPTIONS PATCH POST PROPFIND"
    b" PROPPATCH PUT QUERY REBIND REPORT SEARCH TRACE UNBIND UNLINK UNLOCK".split()
)
"""Registered methods that the parser behind knows too; another one is answered 501 (RFC 9110 §9.1)."""

TOKEN = rb"[!#$%&'*+\-.^_`|~0-9A-Za-z]"
_TOKEN = re.compile(TOKEN + rb"+")
_VERSION = re.compile(rb"HTTP/[0-9]\.[0-9]")
_TARGET = re.compile(rb"[\x21\x22\x24-\x7e]+")
_ABSOLUTE = re.compile(rb"[A-Za-z][A-Za-z0-9+.-]*://[^/?]+")
_CONTROL = re.compile(rb"[\x00-\x08\x0a-\x1f\x7f]")
_HOST = re.compile(rb"[\x21\x23-\x3b\x3d\x40-\x5b\x5d_a-z~]+")
"""What can be read as a host at all; one that is none of ours, whatever stands in it, is a stranger's and recorded as such."""
_NUMBER = re.compile(rb"[0-9]+")
_LONGEST = 18
"""Digits of a number that is surely not too large to be read."""

Field = tuple[bytes, bytes]


class MalformedError(Exception):
    """A request that is no well-formed HTTP, or more than is taken: the status that answers it, and why."""

    def __init__(self, reason: str, status: HTTPStatus = HTTPStatus.BAD_REQUEST) -> None:
        """``reason`` says what is wrong, and quotes nothing."""
        super().__init__(reason)
        self.reason, self.status = reason, status


@dataclass(frozen=True, slots=True)
class Start:
    """A request line that is in order."""

    method: bytes
    minor: int


@dataclass(frozen=True, slots=True)
class Head:
    """A head that is in order. ``length`` is that of the body in bytes, None when it comes in chunks."""

    start: Start
    length: int | None
    closes: bool
    continues: bool

    @property
    def plain(self) -> bytes:
        """The same request with nothing left but its framing, for the parser behind: no two readers may take it differently."""
        lines = [b"%b / HTTP/1.%d" % (self.start.method, self.start.minor)]
        lines += [b"Connection: close"] if self.closes else []
        lines += [b"Expect: 100-continue"] if self.continues else []
        lines += [b"Transfer-Encoding: chunked" if self.length is None else b"Content-Length: %d" % self.length]
        return b"\r\n".join([*lines, b"", b""])


def start(line: bytes) -> Start:
    """The request line; raises MalformedError (RFC 9112 §3)."""
    parts = line.split(b" ")
    if len(parts) != 3:  # noqa: PLR2004 - method, target, version
        what = "names no HTTP version" if len(parts) == 2 else "is not `method target version`, one space apart"  # noqa: PLR2004 - HTTP/0.9
        message = f"the request line {what}"
        raise MalformedError(message)
    method, target, version = parts
    if not _VERSION.fullmatch(version):
        message = "the request line ends with no HTTP version"
        raise MalformedError(message)
    if version not in {b"HTTP/1.0", b"HTTP/1.1"}:
        message = "the request names an HTTP version other than 1.0 and 1.1"
        raise MalformedError(message, HTTPStatus.HTTP_VERSION_NOT_SUPPORTED)
    if not _TOKEN.fullmatch(method):
        message = "the method is no token"
        raise MalformedError(message)
    if method not in METHODS:
        message = "the method is none that is implemented"
        raise MalformedError(message, HTTPStatus.NOT_IMPLEMENTED)
    _target(method, target)
    return Start(method, int(version[-1:]))


def _target(method: bytes, target: bytes) -> None:
    """Origin form, absolute form, or `*` for OPTIONS (RFC 9112 §3.2)."""
    if not _TARGET.fullmatch(target):
        message = "the request target holds bytes that no URI has"
        raise MalformedError(message)
    if target == b"*" and method == b"OPTIONS":
        return
    if not (target.startswith(b"/") or _ABSOLUTE.match(target)):
        message = "the request target is neither a path nor an absolute URI"
        raise MalformedError(message)


def fields(lines: Iterable[bytes], of: str = "header") -> list[Field]:
    """The fields of a header or trailer section, names in small letters; raises MalformedError (RFC 9112 §5)."""
    found = []
    for number, line in enumerate(lines, start=1):
        name, colon, value = line.partition(b":")
        wrong = ""
        if line[:1] in {b" ", b"\t"}:
            wrong = "begins with a blank (obs-fold)"
        elif not colon:
            wrong = "has no colon"
        elif name.endswith((b" ", b"\t")):
            wrong = "has a blank before its colon"
        elif not _TOKEN.fullmatch(name):
            wrong = "has a name that is no token"
        elif _CONTROL.search(value):
            wrong = "holds NUL or another control character"
        if wrong:
            message = f"line {number} of the {of} section {wrong}"
            raise MalformedError(message)
        found.append((name.lower(), value.strip(b" \t")))
    return found


def head(raw: bytes) -> Head:
    """Everything before the body, its empty line included; raises MalformedError."""
    line, *others = raw.split(b"\r\n")[:-2]
    begun = start(line)
    known = fields(others)
    _host(begun, _values(known, b"host"))
    length = _length(_values(known, b"content-length"))
    chunked = _chunked(begun, _values(known, b"transfer-encoding"))
    if chunked and length is not None:
        message = "both Content-Length and Transfer-Encoding are there"
        raise MalformedError(message)
    if length is not None and length > MAX_BODY:
        raise too_large()
    closes = b"close" in _members(_values(known, b"connection"))
    continues = begun.minor > 0 and b"100-continue" in _members(_values(known, b"expect"))
    return Head(begun, None if chunked else length or 0, closes, continues)


def too_large() -> MalformedError:
    """A body that is longer than what is taken."""
    return MalformedError(f"the body is longer than {MAX_BODY >> 20} MiB", HTTPStatus.REQUEST_ENTITY_TOO_LARGE)


def _values(known: Iterable[Field], wanted: bytes) -> list[bytes]:
    """The values of the fields of a name, in order."""
    return [value for name, value in known if name == wanted]


def _members(values: Iterable[bytes]) -> list[bytes]:
    """The members of a list field, empty ones left out (RFC 9110 §5.6.1)."""
    members = [item.strip(b" \t").lower() for value in values for item in value.split(b",")]
    return [item for item in members if item]


def _host(begun: Start, hosts: list[bytes]) -> None:
    """One Host where HTTP/1.1 is spoken (RFC 9112 §3.2)."""
    if not hosts and begun.minor == 0:
        return
    wrong = "the field Host is missing" if not hosts else "the field Host stands more than once" if len(hosts) > 1 else ""
    if not wrong and not _HOST.fullmatch(hosts[0]):
        wrong = "the field Host names no host"
    if wrong:
        raise MalformedError(wrong)


def _length(lengths: list[bytes]) -> int | None:
    """The Content-Length, None when there is none (RFC 9110 §8.6, RFC 9112 §6.3)."""
    if not lengths:
        return None
    wrong = "" if all(map(_NUMBER.fullmatch, lengths)) else "Content-Length is no number of digits alone"
    if not wrong and len(lengths) > 1:
        wrong = "Content-Length stands more than once" + (", with different values" if len(set(lengths)) > 1 else "")
    if wrong:
        raise MalformedError(wrong)
    digits = lengths[0].lstrip(b"0")
    return int(digits or b"0") if len(digits) <= _LONGEST else 10**_LONGEST


def _chunked(begun: Start, values: list[bytes]) -> bool:
    """Whether the body comes in chunks (RFC 9112 §6.1 and §6.3)."""
    if not values:
        return False
    codings = _members(values)
    if begun.minor == 0:
        message = "Transfer-Encoding is there in HTTP/1.0"
        raise MalformedError(message)
    if codings[-1:] != [b"chunked"] or codings.count(b"chunked") > 1:
        message = "Transfer-Encoding does not end with chunked, once"
        raise MalformedError(message)
    if len(codings) > 1:
        message = "Transfer-Encoding names a coding other than chunked"
        raise MalformedError(message, HTTPStatus.NOT_IMPLEMENTED)
    return True
