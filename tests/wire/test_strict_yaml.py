"""The strict YAML reader."""

from __future__ import annotations

import contextlib
import subprocess
import sys
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


@pytest.mark.parametrize("text", [*(pytest.param(text, marks=pytest.mark.mends("9")) for text in ("[", "{", "- ", "? ", "[{", "a: [", "!x [")), "&a ["])
def test_endless_nesting_is_a_mistake_and_never_a_crash(text: str) -> None:
    """Hundreds of thousands of levels, in a process of its own: the composer of the C library recurses without bound."""
    code = f"from equalis.wire import strict_yaml\ntry:\n    strict_yaml.read({text!r}.encode() * 200_000, 'x')\nexcept strict_yaml.MistakesError as error:\n    print(error)"
    found = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert found.returncode == 0, found.stderr[-300:]
    assert found.stdout.startswith("x:1:")


@pytest.mark.mends("9")
@pytest.mark.parametrize("number", ["9" * 5000, "1e99999999999999999999", "1e400", "9" * 400, "-1e-99999999999999999999", "." + "1" * 2000])
def test_a_number_without_bound_is_a_mistake_of_its_line(number: str) -> None:
    """What no double holds; in quotes it is a text."""
    with pytest.raises(MistakesError) as caught:
        strict_yaml.read(f"a: 1\nb: {number}\n".encode(), "x.yaml")
    assert caught.value.mistakes[0].source.line == 2
    assert strict_yaml.read(f"b: '{number}'".encode(), "x.yaml").value == {"b": number}
