"""A body without its secrets: taken apart as its media type says and as it shows itself, each piece looked into."""

from __future__ import annotations

from equalis.wire.secrecy import packed, pairs, parts, shapes
from equalis.wire.secrecy.named import Named
from equalis.wire.secrecy.spans import Cover, covered

MAX_DEPTH = 4
"""So often something is opened in something that was opened."""
_LOOKED = 4096


def concealed(content: bytes, media: str, cover: Cover, depth: int = 0) -> bytes:
    """The content without secrets; without any, the same bytes."""
    if not content:
        return content
    if depth > MAX_DEPTH:
        return plainly(content, cover)

    def inside(piece: bytes, kind: str = "") -> bytes:
        return concealed(piece, kind, cover, depth + 1)

    try:
        return packed.opened(content, inside)
    except packed.ClosedError:
        pass
    encoding, begins = packed.alphabet(content)
    if encoding:
        return packed.rewritten(content, encoding, begins, lambda plain: concealed(plain, media, cover, depth + 1))
    if between := parts.boundary(content, media):
        return parts.concealed(content, between, cover, inside)
    if "x-www-form-urlencoded" in media.lower() or pairs.FORM.match(content):
        content = pairs.concealed(content, cover, inside)
    content = plainly(content, cover)
    return packed.base64_inside(content, inside)


def plainly(content: bytes, cover: Cover) -> bytes:
    """The content without the secrets that stand in it openly, whatever it is."""
    text = b"\0" not in content[:_LOOKED]
    found = [*Named(content, text=text).secrets(), *shapes.secrets(content)]
    return covered(content, found, cover)
