"""JSON, XML, zip and typed values: strict, total, reversible."""

from __future__ import annotations

import io
import zipfile
from datetime import UTC, date, datetime
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from equalis.cases.loading import Loaded
from equalis.model.transcript import Message
from equalis.model.values import Value
from equalis.wire import archives, http_message, names, strict_json, strict_xml, typed
from equalis.wire.bindings import read_field
from equalis.wire.opened import Opened
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


M9 = pytest.mark.mends("9")


@pytest.mark.parametrize(
    ("text", "value"),
    [
        pytest.param("9999-12-31T23:59:59.9999999Z", datetime(9999, 12, 31, 23, 59, 59, 999999, UTC), marks=M9), ("2026-11-22T10:00:00.123456789+01:00", datetime(2026, 11, 22, 9, 0, 0, 123456, UTC)),
        pytest.param("2026-11-22T24:00:00Z", datetime(2026, 11, 23, tzinfo=UTC), marks=M9), pytest.param("9999-12-31T24:00:00Z", datetime.max.replace(tzinfo=UTC), marks=M9),
        pytest.param("2016-12-31T23:59:60Z", datetime(2017, 1, 1, tzinfo=UTC), marks=M9), pytest.param("2017-01-01T00:59:60.5+01:00", datetime(2017, 1, 1, tzinfo=UTC), marks=M9),
        pytest.param("12026-01-01T00:00:00Z", datetime.max.replace(tzinfo=UTC), marks=M9), pytest.param("-0044-03-15T12:00:00Z", datetime.min.replace(tzinfo=UTC), marks=M9),
        pytest.param("2026-11-22t10:00:00z", datetime(2026, 11, 22, 10, tzinfo=UTC), marks=M9), ("2026-11-22T10:00:00-14:00", datetime(2026, 11, 23, tzinfo=UTC)), ("2026-11-22", datetime(2026, 11, 22, tzinfo=UTC)),
    ],
)  # fmt: skip
def test_every_legal_instant_is_read(text: str, value: datetime) -> None:
    """XML Schema part 2 §3.2.7, RFC 3339 §5.6; beyond the years that can be computed with stands the end of time."""
    assert typed.parse("instant", text) == value
    assert typed.luxembourg_day(value)


@pytest.mark.parametrize("text", ["0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-14:00", "0001-01-01T00:00:00Z", "9999-12-31T23:59:59Z"])
@M9
def test_an_instant_at_the_ends_of_time_has_a_day_in_luxembourg(text: str) -> None:
    """It is compared, and its day told, without an overflow."""
    value = typed.parse("instant", text)
    assert isinstance(value, datetime)
    assert typed.luxembourg_day(value).year in {1, 9999}
    assert typed.luxembourg(value)
    assert typed.luxembourg(datetime.max.replace(tzinfo=UTC))


@pytest.mark.parametrize(
    "text",
    [
        "2026-02-30T00:00:00Z", "2026-11-22T25:00:00Z", "2026-11-22T24:00:01Z", "2016-12-31T12:30:60Z", "2026-11-22T10:00:61Z", "2026-11-22T10:00:00+25:00",
        "12025-02-29T00:00:00Z", "", "hier", *(pytest.param(text, marks=M9) for text in ("2026-11-22T10:00:00+01:99", "2026-11-22T10:00:00.Z", "20261122T100000Z", "2026-W47-1", "2026-11-22x10:00:00Z")),
    ],
)  # fmt: skip
def test_what_is_no_instant_is_unreadable(text: str) -> None:
    """A day that no calendar has, a leap second in the middle of a day, the forms of ISO 8601 that nobody may send."""
    with pytest.raises(UnreadableError):
        typed.parse("instant", text)


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("2026-11-22Z", date(2026, 11, 22)), ("2026-11-22+14:00", date(2026, 11, 22)), ("2026-11-22T23:30:00Z", date(2026, 11, 22)), pytest.param("10000-01-01", date.max, marks=M9),
        *(pytest.param(text, None, marks=M9) for text in ("2026-11-22garbage", "2026-11-2299", "2026-11-22T99:00", "2026-11-22+14:99")),
    ],
)  # fmt: skip
def test_a_day_is_read_with_its_offset_and_nothing_else_behind_it(text: str, value: date | None) -> None:
    """XML Schema part 2 §3.2.9."""
    if value is None:
        with pytest.raises(UnreadableError):
            typed.parse("date", text)
    else:
        assert typed.parse("date", text) == value


@pytest.mark.parametrize(
    ("kind", "text", "value"),
    [
        ("integer", "+5", 5), ("integer", "05", 5), ("integer", " 5\n", 5), ("integer", "-0", 0), pytest.param("integer", "0" * 5000 + "7", 7, marks=M9), ("money", "+5", Decimal(5)), ("money", ".5", Decimal("0.5")),
        ("money", "5.", Decimal(5)), ("money", "05.10", Decimal("5.1")), ("money", "57.70000000000000284217094304040074348449707031250", Decimal("57.7000000000000028421709430404007434844970703125")),
        pytest.param("money", "0." + "0" * 40, Decimal(0), marks=M9),
        *(pytest.param(kind, text, None, marks=M9) for kind in ("integer", "money") for text in ("1_000", "٣", "\u00a05")), *(pytest.param("money", text, None, marks=M9) for text in ("1e3", "1E-2")),
        *(("money", text, None) for text in ("Infinity", "NaN", "sNaN", "1e99999999999999999999", "9" * 17, "", "+", ".")), *(("integer", text, None) for text in ("5.0", "1e3", "", "0x10")),
        pytest.param("integer", "9" * 19, None, marks=M9), ("integer", "9" * 5000, None),
    ],
)  # fmt: skip
def test_a_number_has_the_lexical_forms_of_xml_schema(kind: str, text: str, value: object) -> None:
    """And those only: ten digits, no underscore, no exponent, and not more of them than anything holds."""
    if value is None:
        with pytest.raises(UnreadableError):
            typed.parse(kind, text)
    else:
        assert typed.parse(kind, text) == value


@pytest.mark.parametrize(
    "text",
    [
        *(pytest.param(text, marks=M9) for text in ("1e99999999999999999999", "-1e-99999999999999999999", "1e400", "1e-5000", "0e99999", "9" * 400, "0." + "1" * 2000)), "9" * 5000, "NaN", "-Infinity", "1_0",
    ],
)  # fmt: skip
def test_a_json_number_without_bound_is_unreadable(text: str) -> None:
    """RFC 8259 §6: what no double holds."""
    with pytest.raises(UnreadableError):
        strict_json.read(f'{{"x": {text}}}'.encode())


@pytest.mark.parametrize(("text", "value"), [("1.7976931348623157e308", Decimal("1.7976931348623157e308")), ("5e-324", Decimal("5e-324")), ("1e3", Decimal(1000)), ("9" * 300, int("9" * 300)), ("-0.0", Decimal(0))])
def test_a_json_number_of_a_double_is_read(text: str, value: object) -> None:
    """The largest and the smallest, exponents, long integers."""
    assert strict_json.read(text.encode()) == value


def test_a_json_number_with_an_exponent_is_an_amount(loaded: Loaded) -> None:
    """XML Schema has none in a decimal; JSON has, and a field of it is read by its value."""
    binding = loaded.bindings.services["eprescription"]
    operation = next(item for item in binding.operations if item.name == "rx.dispense")
    body = b'{"quantity": {"value": 2e1}}'
    assert read_field(operation.request.fields["quantity"], operation.request, binding, operation, Opened(Message("POST / HTTP/1.1", (), body))) == (Decimal(20),)


def test_an_object_with_many_keys_and_one_twice_is_refused_in_linear_time() -> None:
    """Ten thousand keys, the last two the same: with the square of their number it would be a hundred million."""
    keys = ",".join(f'"{number}":0' for number in range(10_000))
    with pytest.raises(UnreadableError, match="stands twice"):
        strict_json.read(f'{{{keys},"twice":0,"twice":1}}'.encode())


@pytest.mark.parametrize("line", [pytest.param(f"HTTP/1.1 {'9' * 5000} OK", marks=M9), pytest.param("HTTP/1.1 ٣٣٣ OK", marks=M9), pytest.param("HTTP/1.1 99999 OK", marks=M9), "HTTP/1.1", "", "HTTP/1.1 x"])
def test_a_status_line_without_three_digits_has_no_status(line: str) -> None:
    """RFC 9112 §4; a number of thousands of digits is none."""
    assert http_message.status(Message(line, (), b"")) == 0


@pytest.mark.parametrize("times", [5000])
def test_a_name_of_thousands_of_accents_is_folded_in_linear_time(times: int) -> None:
    """Sorting them would take a time that grows with the square."""
    assert names.folded("a" + "\u0301\u0323" * times + "\u0301" * times + "\u0323" * times).startswith("A")


@M9
def test_a_zip_is_packed_by_deflate_and_its_names_may_be_nothing() -> None:
    """LZMA and bzip2 are refused; an empty name brings nothing down."""
    for method in (zipfile.ZIP_LZMA, zipfile.ZIP_BZIP2):
        stream = io.BytesIO()
        with zipfile.ZipFile(stream, "w", method) as archive:
            archive.writestr("a", b"x")
        with pytest.raises(UnreadableError, match="deflate"):
            archives.read(stream.getvalue())
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w") as archive:
        archive.writestr("Xa", b"x")
    assert archives.read(stream.getvalue().replace(b"Xa", b"\x00a"))[0] == archives.Entry("", b"x")


@M9
@pytest.mark.parametrize("text", ["nan", "NaN", "sNaN", "NaN123", "inf", "Infinity", "-Infinity", "1e400", "", ".", "x"])
def test_a_numeral_is_a_finite_number(text: str) -> None:
    """What Python would take for a decimal, and no document may mean."""
    from equalis.wire import numerals  # noqa: PLC0415 - where it is not there, the other tests of this file still run

    with pytest.raises(ValueError, match=r"number|convert"):
        numerals.decimal(text)
