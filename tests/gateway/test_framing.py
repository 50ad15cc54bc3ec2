"""The reader of requests' framing: the same in whatever pieces the bytes come, and no other error than its own."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from equalis.gateway.framing import Framing
from equalis.gateway.heads import MalformedError
from equalis.gateway.outlines import KEPT, outline
from equalis.gateway.redaction import Redactor
from tests.gateway.test_malformed import GOOD, MALFORMED, UNUSUAL

WHOLE = [content for content, _ in (*MALFORMED.values(), *UNUSUAL.values()) if len(content) < 3000]
PIECES = [b"\r\n", b"\n", b"\r", b" ", b"\t", b":", b";", b",", b"\x00", b"%", b"?", b"=", b"[", b"://", b"0", b"5", b"ff", b"\x80", b"chunked", b"HTTP/1.1"]


@st.composite
def streams(draw: st.DrawFn) -> bytes:
    """Requests, good and bad, one after the other, with something put into them or cut out."""
    content = b"".join(draw(st.lists(st.sampled_from([*WHOLE, GOOD]), min_size=1, max_size=3)))
    for _ in range(draw(st.integers(0, 3))):
        place = draw(st.integers(0, len(content)))
        content = content[:place] + draw(st.sampled_from(PIECES)) + content[place + draw(st.integers(0, 2)) :]
    return content


def read(*pieces: bytes) -> tuple[list[bytes], int]:
    """The heads of the requests that go on, and the status of what was wrong, 0 when nothing was."""
    framing, heads = Framing(), []
    try:
        for piece in pieces:
            heads += [part for part in framing.feed(piece) if b" / HTTP/1." in part]
    except MalformedError as error:
        return heads, error.status
    return heads, 0


@settings(max_examples=300)
@given(streams(), st.lists(st.integers(1, 40), min_size=1, max_size=8))
def test_borders_between_pieces_mean_nothing(stream: bytes, sizes: list[int]) -> None:
    """In one piece, in pieces of any size, byte by byte: the same requests, or the same fault with the same status."""
    pieces, place, turn = [], 0, 0
    while place < len(stream):
        pieces.append(stream[place : place + sizes[turn % len(sizes)]])
        place, turn = place + sizes[turn % len(sizes)], turn + 1
    found = read(stream)[1]
    assert read(*pieces)[1] == found
    heads, status = read(*(stream[at : at + 1] for at in range(len(stream))))
    assert status == found
    assert len(heads) <= stream.count(b"\r\n\r\n")


@settings(max_examples=500)
@given(st.one_of(streams(), st.binary(max_size=300)))
def test_any_bytes_are_read_or_refused_and_outlined(stream: bytes) -> None:
    """Nothing but MalformedError comes out of the reader; what is kept is short, whatever was sent."""
    read(stream)
    assert len(outline(stream, Redactor(b"s" * 32))) < 20 * KEPT
