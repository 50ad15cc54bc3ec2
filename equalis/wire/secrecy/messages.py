"""An HTTP message without its secrets: its line, its headers, its body."""

from __future__ import annotations

from dataclasses import replace

from equalis.model.transcript import Message
from equalis.wire import encodings
from equalis.wire.secrecy import bodies, packed, pairs
from equalis.wire.secrecy.names import Kind, kind, secret_from, signed
from equalis.wire.secrecy.spans import REPLACED, Cover
from equalis.wire.unreadable import UnreadableError

CODING = "content coding"
"""Names a body that is kept without its coding."""
_HARMLESS = frozenset({"sec-websocket-key", "idempotency-key", "x-idempotency-key", "surrogate-key", "content-security-policy"})
_SAYING = ("auth", "authorization", "authorisation", "authentication", "wsse")
_HOLDING = ("key", "token")
"""What the last word of a header's name ends in when it says who calls: with a scheme, or by itself."""


def concealed(message: Message, cover: Cover) -> Message:
    """The message without secrets; what is covered in its head is called ``header …``, since the body stays as it is."""
    headers = tuple((name, header(name, value, cover)) for name, value in message.headers)
    found = replace(message, line=_line(message.line, cover), headers=headers)
    media = next(iter(message.header("content-type")), "")
    if not message.body:
        return found
    if not message.header("content-encoding"):
        return replace(found, body=bodies.concealed(message.body, media, cover))
    return _decoded(found, media, cover)


def _decoded(message: Message, media: str, cover: Cover) -> Message:
    """A coded body is looked into; one that holds a secret is kept without its coding. One that nobody can read is not kept."""
    try:
        plain = encodings.content(message)
    except UnreadableError:
        return replace(message, body=cover(message.body, f"{CODING} that cannot be read"))
    body = bodies.concealed(plain, media, cover)
    if body == plain:
        return message
    cover(b"", CODING)
    headers = (*message.without("content-encoding", "content-length"), ("Content-Length", str(len(body))))
    return replace(message, headers=headers, body=body)


def header(name: str, value: str, cover: Cover) -> str:
    """The value of a header without secrets (in Latin-1, as it is on the wire)."""
    raw, where = value.encode("latin-1", "replace"), f"header {name}"
    what = _kind(name)
    if what is Kind.AUTHORIZATION:
        return _authorization(raw, cover, where).decode("latin-1")
    if what is not Kind.NONE:
        begins = secret_from(Kind.SECRET, raw)
        return (raw[:begins] + cover(raw[begins:], where)).decode("latin-1") if begins >= 0 else value
    return _openly(raw, lambda found, _: cover(found, where)).decode("latin-1")


def _openly(raw: bytes, cover: Cover) -> bytes:
    """What stands openly in a line of a head, and in its stretches of base64."""
    return packed.base64_inside(bodies.plainly(raw, cover), lambda plain: bodies.plainly(plain, cover))


def _kind(name: str) -> Kind:
    if name.lower() in _HARMLESS:
        return Kind.NONE
    last = name.lower().replace("_", "-").rpartition("-")[2]
    if last.endswith(_SAYING):
        return Kind.AUTHORIZATION
    return Kind.SECRET if last.endswith(_HOLDING) else kind(name.encode("latin-1", "replace"))


def _authorization(raw: bytes, cover: Cover, where: str) -> bytes:
    """Credentials; of a bearer the scheme stays, and a signed token too, from which verdicts are recomputed."""
    scheme, space, token = raw.partition(b" ")
    bearer = scheme.lower() == b"bearer"
    if not raw.strip() or REPLACED.fullmatch(raw) or (bearer and (not token.strip() or signed(token) or REPLACED.fullmatch(token))):
        return raw
    return scheme + space + cover(token, where) if bearer else cover(raw, where)


def _line(line: str, cover: Cover) -> str:
    """A request line or a status line."""
    where = "header (request line)"
    target, mark, query = line.partition("?")

    def named(found: bytes, _where: str) -> bytes:
        return cover(found, where)

    if mark:
        words, space, version = query.rpartition(" ")
        words, space, version = (words, space, version) if space else (query, "", "")
        pieces = pairs.concealed(words.encode("latin-1", "replace"), named, lambda value: bodies.plainly(value, named))
        line = f"{target}?{pieces.decode('latin-1')}{space}{version}"
    return _openly(line.encode("latin-1", "replace"), named).decode("latin-1")
