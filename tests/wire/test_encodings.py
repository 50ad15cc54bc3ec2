"""Content codings: read in every place where a body is, kept as they were on the wire."""

from __future__ import annotations

import gzip
import zlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from equalis.model.transcript import Message
from equalis.wire import encodings
from equalis.wire.opened import Opened
from equalis.wire.unreadable import UnreadableError


def message(body: bytes, *codings: str) -> Message:
    return Message("HTTP/1.1 200 OK", tuple(("Content-Encoding", coding) for coding in codings), body)


@given(st.binary(max_size=5000))
def test_what_was_encoded_is_read_as_it_was(body: bytes) -> None:
    """gzip, deflate, both in their order, identity, none."""
    assert encodings.content(message(body)) == body
    assert encodings.content(message(gzip.compress(body), "gzip")) == body
    assert encodings.content(message(zlib.compress(body), "Deflate")) == body
    assert encodings.content(message(zlib.compress(gzip.compress(body)), "gzip, deflate")) == body
    assert encodings.content(message(gzip.compress(body), "identity", "x-gzip")) == body


@given(st.lists(st.binary(max_size=300), min_size=1, max_size=4))
def test_a_gzip_body_of_several_members_is_read_whole(parts: list[bytes]) -> None:
    """As RFC 1952 allows; and deflate without the frame of zlib, as many servers send it."""
    assert encodings.content(message(b"".join(map(gzip.compress, parts)), "gzip")) == b"".join(parts)
    raw = zlib.compressobj(wbits=-zlib.MAX_WBITS)
    assert encodings.content(message(raw.compress(b"".join(parts)) + raw.flush(), "deflate")) == b"".join(parts)


def test_a_json_answer_is_opened_through_its_coding() -> None:
    """Whoever reads a field needs not know."""
    opened = Opened(message(gzip.compress(b'{"a": 1}'), "gzip"))
    assert opened.json == {"a": 1}
    assert opened.message.body.startswith(b"\x1f\x8b")


@pytest.mark.parametrize(
    ("body", "coding", "word"),
    [
        (b"x", "br", "encoded as br"), (b"no gzip", "gzip", "not gzip"), (gzip.compress(b"x" * 999)[:-9], "gzip", "cut short"),
        (gzip.compress(bytes(encodings.MAX_BYTES + 1), 9), "gzip", "too much"),
    ],
    ids=["unknown", "spoilt", "short", "bomb"],
)  # fmt: skip
def test_what_cannot_be_decoded_says_why(body: bytes, coding: str, word: str) -> None:
    """Another coding, spoilt bytes, half of them, a bomb."""
    with pytest.raises(UnreadableError, match=word):
        encodings.content(message(body, coding))


@pytest.mark.mends("9")
def test_a_body_of_endless_members_or_codings_is_refused() -> None:
    """Each coding may blow up once more; each member is looked at once."""
    with pytest.raises(UnreadableError, match="members"):
        encodings.content(message(gzip.compress(b"") * 50_000, "gzip"))
    with pytest.raises(UnreadableError, match="encoded 99 times"):
        encodings.content(message(b"x", ", ".join(["gzip"] * 99)))
