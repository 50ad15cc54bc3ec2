"""Forms and queries: pairs of names and values, each percent-encoded."""

from __future__ import annotations

import re
from collections.abc import Callable
from urllib.parse import quote_from_bytes, quote_plus, unquote_to_bytes

from equalis.wire.secrecy.names import Kind, kind, secret_from, spelled
from equalis.wire.secrecy.spans import Cover

FORM = re.compile(rb"[\w.\-\[\]%+$]{1,128}=[^\s<>{}\"']*\Z")
"""What is a form, whatever its media type says."""
_ENDS = {True: re.compile(rb"(;)"), False: re.compile(rb"(&)")}
"""What stands between two pairs: a semicolon where there is no ampersand (HTML 4.01, appendix B.2.2)."""
_ESCAPED = re.compile(rb"%[0-9a-fA-F]{2}|\+")


def concealed(content: bytes, cover: Cover, inside: Callable[[bytes], bytes]) -> bytes:
    """The pairs without secrets; ``inside`` looks into a value that is none by its name. What holds none stays to the byte."""
    pieces = _ENDS[b";" in content and b"&" not in content].split(content)
    code = any(_plain(piece.partition(b"=")[0]) == b"grant_type" and piece.endswith(b"authorization_code") for piece in pieces)
    return b"".join(_pair(piece, cover, inside, code=code) for piece in pieces)


def _pair(piece: bytes, cover: Cover, inside: Callable[[bytes], bytes], *, code: bool) -> bytes:
    name, equals, value = piece.partition(b"=")
    if not equals:
        return piece
    plain, decoded = _plain(name), _plain(value)
    what = Kind.SECRET if code and plain == b"code" else kind(plain)
    begins = secret_from(what, decoded)
    if begins >= 0:
        where = f"form {spelled(plain)}"
        return name + equals + quote_plus(decoded[:begins]).encode() + cover(decoded[begins:], where)
    changed = inside(decoded)
    if changed == decoded:
        return piece
    return name + equals + (quote_from_bytes(changed).encode() if _ESCAPED.search(value) else changed)


def _plain(text: bytes) -> bytes:
    return unquote_to_bytes(text.replace(b"+", b" "))
