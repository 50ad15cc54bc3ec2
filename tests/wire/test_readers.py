"""JSON, XML, zip and typed values: strict, total, reversible."""

from __future__ import annotations

import io
import zipfile
from datetime import UTC, date, datetime
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from equalis.model.values import Value
from equalis.wire import archives, http_message, strict_json, strict_xml, typed
from equalis.wire.unreadable import UnreadableError


@pytest.mark.parametrize("text", ['{"a":1,"a":2}', "NaN", "[" * 9999, '"\\ud800"', "{", b"\xff".decode("latin-1")])
def test_json_that_is_ambiguous_is_unreadable(text: str) -> None:
    """Twice the same key, NaN, endless nesting and lone surrogates are refused."""
    with pytest.raises(UnreadableError):
        strict_json.read(text.encode("latin-1"))


@pytest.mark.parametrize(
    "text",
    [
        '<!DOCTYPE a [<!ENTITY x "y">]><a>&x;</a>',
        '<!DOCTYPE a SYSTEM "file:///etc/passwd"><a/>',
        "<a><b></a>",
        "",
    ],
)
def test_xml_with_a_dtd_or_bad_syntax_is_unreadable(text: str) -> None:
    """No DTD, hence no entities and no files."""
    with pytest.raises(UnreadableError):
        strict_xml.parse(text.encode())


def test_the_text_of_an_element_leaves_comments_out() -> None:
    """A comment in the middle of a value cannot cut it."""
    assert strict_xml.text(strict_xml.parse(b"<a>12<!-- x -->34</a>")) == "1234"


@given(st.binary(max_size=300))
def test_no_bytes_make_a_reader_fail_otherwise(content: bytes) -> None:
    """Any bytes are a value or UnreadableError."""
    for read in (strict_json.read, strict_xml.parse, archives.read):
        try:
            read(content)
        except UnreadableError:
            continue


def test_a_zip_bomb_is_refused() -> None:
    """A zip that would unpack to more than 16 MiB is not unpacked."""
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("a.xml", b"0" * (17 << 20))
    with pytest.raises(UnreadableError, match="too much"):
        archives.read(stream.getvalue())


VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text() | st.dates() | st.binary()
    | st.decimals(-(10**13), 10**13, allow_nan=False, allow_infinity=False, places=2)
    | st.datetimes(timezones=st.just(UTC)),
    lambda inner: st.lists(inner, max_size=3).map(tuple) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=8,
)  # fmt: skip


@given(VALUES)
def test_values_come_back_from_evidence_as_they_were(value: Value) -> None:
    """Writing a value to a line of evidence and reading it back gives the same value and type."""
    line = strict_json.read(strict_json.write_line({"v": typed.to_json(value)}))
    assert isinstance(line, dict)
    back = typed.from_json(line["v"])
    assert back == value
    assert type(back) is type(value)


@pytest.mark.parametrize(
    ("kind", "text", "value"),
    [
        ("money", " 6.92 ", Decimal("6.92")),
        ("date", "2026-11-22", date(2026, 11, 22)),
        ("instant", "2026-11-22T10:00:00Z", datetime(2026, 11, 22, 10, tzinfo=UTC)),
        ("boolean", "1", True),
        ("integer", "7", 7),
    ],
)
def test_a_field_is_read_as_its_type(kind: str, text: str, value: object) -> None:
    """Each type has its lexical form."""
    assert typed.parse(kind, text) == value


@pytest.mark.parametrize(("kind", "text"), [("money", "6,92"), ("money", "NaN"), ("date", "hier"), ("boolean", "oui")])
def test_a_text_of_another_type_is_unreadable(kind: str, text: str) -> None:
    """The message names the text and the type."""
    with pytest.raises(UnreadableError, match=kind):
        typed.parse(kind, text)


def test_path_templates_match_whole_paths_only() -> None:
    """A template's part takes one segment, decoded."""
    assert http_message.match_path("/p/{a}/d", "/p/1%2F2/d") == {"a": "1/2"}
    assert http_message.match_path("/p/{a}/d", "/p/1/2/d") is None
