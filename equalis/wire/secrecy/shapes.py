"""Secrets by their form, whatever their name: private keys, credentials, user information of URLs, keys of well-known makers."""

from __future__ import annotations

import base64
import binascii
import re

from equalis.wire.secrecy.names import latin, signed
from equalis.wire.secrecy.spans import Secret

_B, _FOUR = r"[A-Za-z0-9+/_\-]", "[AEIMQUYcgkosw048]"
_SHAPES = {
    "pem": r"-{2,5} ?BEGIN(?:[ +_]|%20)(?:[A-Z0-9]+(?:[ +_]|%20)){0,4}PRIVATE(?:[ +_]|%20)KEY",
    # PKCS#8 (RFC 5958), PKCS#1 (RFC 8017), SEC 1 (RFC 5915) and PKCS#12 (RFC 7292): SEQUENCE, its length in one, two or three bytes, and a
    # version; then PKCS#8 that is encrypted: SEQUENCE, SEQUENCE, and an identifier of PKCS#5 in each of its three alignments
    "der": rf"M[A-P]{_FOUR}CAQ(?:A[wC]|E[wE])|MI[E-H]{_B}AgE(?:AM[A-P]{_FOUR}G|AA|BB|BM|DM)|MI[I-L]{_B}{_B}[AQgw]IBA(?:D[A-D]|A[JK][BC]|zC)"
    rf"|M{_B}{{3,12}}(?:BgkqhkiG9w0BBQ|YJKoZIhvcNAQU|GCSqGSIb3DQEF)",
    "raw": r"0\x82..\x02\x01\x00(?:0(?:[\x01-\x7f]|\x82..)\x06|\x02[\x41\x81\x82])"
    r"|0\x81.\x02\x01(?:\x00(?:0[\x01-\x7f]\x06|\x02)|\x01\x04[\x20-\x7f])|0[\x20-\x7f]\x02\x01(?:\x000[\x01-\x7f]\x06|\x01\x04[\x10-\x7f])"
    r"|0\x82..\x02\x01\x030\x82..\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x07|0\x82..0[\x01-\x7f]\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x05",
    "basic": r"\b(?i:basic)(?:[ \t]{1,4}|%20|\+)[A-Za-z0-9+/_\-]{4,512}={0,2}",
    "bearer": r"\b(?i:bearer)(?:[ \t]{1,4}|%20|\+)[A-Za-z0-9._~+/\-]{16,}=*",
    "userinfo": r"[A-Za-z0-9]://[^\s/:@\"'<>?#\\]*:[^\s/\"'<>?#]+@",
    "maker": r"\b(?:(?:AKIA|ASIA)[0-9A-Z]{16}|gh[pousr]_[A-Za-z0-9]{30,}|github_pat_[A-Za-z0-9_]{22,}|glpat-[A-Za-z0-9_\-]{20,}"
    r"|xox[abeprs]-[A-Za-z0-9\-]{10,}|[srp]k_(?:live|test)_[A-Za-z0-9]{16,}|AIza[A-Za-z0-9_\-]{35}|ya29\.[A-Za-z0-9_\-]{20,}"
    r"|npm_[A-Za-z0-9]{36}|hv[sb]\.[A-Za-z0-9_\-]{20,}|AGE-SECRET-KEY-1[A-Z0-9]{50,})\b",
}
_ALL = latin("|".join(f"({pattern})" for pattern in _SHAPES.values()))
_PEM_STOP = re.compile(rb"[\"'<>{}`]|-----BEGIN")
_PEM_END = re.compile(rb"-{2,5} ?END[^\-\"'<>{}]{0,64}-{2,5}")
_PIECE = re.compile(rb"[A-Za-z0-9+/=_\-]++")
_GAP = re.compile(rb"(?:\s|\\++[nr]|&#(?:x0*[aAdD]|0*1[03]);|%0[aAdD])++")
_LONG, _SHORT_FORM = 0x80, 0x7F


def secrets(content: bytes) -> list[Secret]:
    """Every secret that shows itself by its form."""
    found: list[Secret] = []
    at = 0
    while (match := _ALL.search(content, at)) is not None:
        name = list(_SHAPES)[next(index for index, text in enumerate(match.groups()) if text is not None)]
        start, end = _FINDERS[name](content, match.start(), match.end())
        if end > start:
            found.append(Secret(start, end, _TITLES[name]))
        at = match.start() + len("basic") if name == "basic" and end == start else max(end, match.end())
    return found


_TITLES = {
    "pem": "private key", "der": "private key", "raw": "private key", "basic": "basic credentials", "bearer": "bearer token",
    "userinfo": "user information", "maker": "access key",
}  # fmt: skip


def _pem(content: bytes, start: int, end: int) -> tuple[int, int]:
    """Up to the line that ends the key; without one, up to what cannot be of a key."""
    stop = _PEM_STOP.search(content, end)
    limit = stop.start() if stop else len(content)
    last = _PEM_END.search(content, end, limit)
    return start, last.end() if last else limit


def _der(content: bytes, start: int, end: int) -> tuple[int, int]:
    """As many characters as the structure says that it is long, over line ends of every kind."""
    head = base64.b64decode(content[start : start + 8].replace(b"-", b"+").replace(b"_", b"/"))
    left = -(-_length(head) // 3) * 4
    at = start
    while left > 0 and (piece := _PIECE.match(content, at)):
        end = at = min(piece.end(), at + left)
        left -= end - piece.start()
        if left > 0 and (gap := _GAP.match(content, at)):
            at = gap.end()
    return start, end


def _raw(content: bytes, start: int, _end: int) -> tuple[int, int]:
    return start, min(len(content), start + _length(content[start : start + 6]))


def _length(head: bytes) -> int:
    """How long a DER structure is, its head with it (X.690 §8.1.3)."""
    if head[1] < _LONG:
        return 2 + head[1]
    size = head[1] & _SHORT_FORM
    return 2 + size + int.from_bytes(head[2 : 2 + size], "big")


def _basic(content: bytes, start: int, end: int) -> tuple[int, int]:
    """Only what is a user and a password when it is decoded: "basic research" is no credentials."""
    found = re.match(rb"\w+(?:\s+|%20|\+)", content[start:end])
    begins = start + (found.end() if found else 0)
    text = content[begins:end].rstrip(b"=").translate(bytes.maketrans(b"-_", b"+/"))
    try:
        plain = base64.b64decode(text + b"=" * (-len(text) % 4)).decode("utf-8")
    except (binascii.Error, UnicodeDecodeError):
        return start, start
    return (begins, end) if ":" in plain and plain.isprintable() else (start, start)


def _bearer(content: bytes, start: int, end: int) -> tuple[int, int]:
    found = re.match(rb"\w+(?:\s+|%20|\+)", content[start:end])
    begins = start + (found.end() if found else 0)
    value = content[begins:end]
    return (start, start) if signed(value) or not re.search(rb"\d", value) else (begins, end)


def _userinfo(content: bytes, start: int, end: int) -> tuple[int, int]:
    """The password, not the user's name (RFC 3986 §3.2.1)."""
    return content.index(b":", start + 4) + 1, end - 1


def _maker(_content: bytes, start: int, end: int) -> tuple[int, int]:
    return start, end


_FINDERS = {"pem": _pem, "der": _der, "raw": _raw, "basic": _basic, "bearer": _bearer, "userinfo": _userinfo, "maker": _maker}
