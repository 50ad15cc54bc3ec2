"""The strict YAML reader."""

from __future__ import annotations

import contextlib
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from equalis.model.source import MistakesError
from equalis.wire import strict_yaml


def mistakes(text: str) -> list[str]:
    with pytest.raises(MistakesError) as caught:
        strict_yaml.read(text.encode(), "a.yaml")
    return [f"{item.source.line}: {item.what}" for item in caught.value.mistakes]


def test_scalars_follow_the_core_schema_of_yaml_1_2() -> None:
    """`on` is a word, money is a Decimal, a number with leading zeros keeps its digits."""
    document = strict_yaml.read(b"a: on\nb: 6.90\nc: 12\nd: yes\ne: true\nf: ~\ng: '1'\nh: 0123\ni: |\n  1\n", "a.yaml")
    assert document.value == {
        "a": "on", "b": Decimal("6.90"), "c": 12, "d": "yes", "e": True, "f": None, "g": "1", "h": "0123", "i": "1\n",
    }  # fmt: skip
    assert str(document.value["b"]) == "6.90"  # type: ignore[index, call-overload]


def test_every_value_and_key_knows_its_line() -> None:
    """Places are those of the file, counted from 1."""
    document = strict_yaml.read(b"a:\n  - b: 1\n    c: 2\n", "a.yaml")
    assert str(document.source(("a", 0, "c"))) == "a.yaml:3:8"
    assert str(document.key_source(("a", 0, "c"))) == "a.yaml:3:5"


def test_everything_forbidden_is_reported_at_once() -> None:
    """A duplicate key, an alias and a tag of one file are three mistakes, not one."""
    found = mistakes("a: &x 1\na: 2\nb: *x\nc: !!python/name:os.system x\n")
    assert any("`a` stands twice" in item for item in found)
    assert any("alias" in item for item in found)
    assert any("tag" in item for item in found)


@pytest.mark.parametrize("text", ["a: [1,", "\x00", "a: b: c", "? [a]\n: b", "- " * 30 + "x"])
def test_what_is_no_good_yaml_is_a_mistake_with_a_line(text: str) -> None:
    """Bad syntax ends in a mistake, never in another error."""
    assert mistakes(text)


@given(st.binary(max_size=400))
def test_no_bytes_make_the_reader_fail_otherwise(content: bytes) -> None:
    """Any bytes are a document or MistakesError."""
    with contextlib.suppress(MistakesError):
        strict_yaml.read(content, "a.yaml")
