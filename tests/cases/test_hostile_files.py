"""equalis.toml, the vendor's observations and a case file: each mistake is told as one, never as an exception of a library."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import pytest

from equalis import packs
from equalis.cases import configuration
from equalis.cases.contract import MistypedError, observed
from equalis.cases.loading import load_all
from equalis.model.case import Action, ActionField
from equalis.model.config import Config
from equalis.model.source import MistakesError, Source
from tests.mutations import mutations

M9 = pytest.mark.mends("9")
HEAD = b'[solution]\nname = "P"\ndriver = "demo"\n'
SITE = b"[environments.t]\nservices = {mysecu = %s}\n"


def read(content: bytes) -> Config:
    return configuration.read(content, "equalis.toml")


def test_a_byte_order_mark_is_not_a_mistake() -> None:
    """Editors on Windows write one."""
    assert read(b"\xef\xbb\xbf" + HEAD).solution.name == "P"


@pytest.mark.parametrize(
    "line",
    [
        *(pytest.param(line, marks=M9) for line in (
            b"timeout = inf", b"timeout = nan", b"settle = nan", b"timeout = " + b"9" * 5000, b"timeout = 1e400", b"timeout = " + b"9" * 400, b"timeout = 1e300", b"port = " + b"9" * 5000,
            b"timeout = " + b"[" * 9000, b"a" + b".a" * 2000 + b" = 1",
        )),
        b"timeout = 1979-05-27", b"timeout = -1", b"timeout = true", b"timeout = {}", b"timeout", b"\x00", b"\xff", b"timeout = 0x", b"name = 5", b"capabilities = 5",
    ],
)  # fmt: skip
def test_a_value_out_of_bounds_is_a_mistake(line: bytes) -> None:
    """Infinity, not a number, thousands of digits or levels."""
    with pytest.raises(MistakesError):
        read(HEAD + line + b"\n")


@pytest.mark.parametrize(
    "address",
    [
        pytest.param(b'{connect = "127.0.0.1:443"}', marks=M9), pytest.param(b'"https://a.example:' + b"9" * 5000 + b'"', marks=M9), b'"https://a.example:99999"', b'"https://a.example:0"', b"5", b"[]", b"{}", b'""',
        pytest.param(b'{url = "https://a.example", connect = "127.0.0.1:' + b"9" * 5000 + b'"}', marks=M9), b'{url = "https://a.example", connect = "127.0.0.1:65536"}',
    ],
)  # fmt: skip
def test_an_address_that_is_none_is_a_mistake(address: bytes) -> None:
    """Without its name, with a port of thousands of digits, of another type."""
    with pytest.raises(MistakesError):
        read(HEAD + SITE % address)


def test_the_control_is_read() -> None:
    """Numbers that anybody writes."""
    found = read(HEAD + b"timeout = 1_0.50\nsettle = 0\n" + SITE % b'{url = "https://a.example:0443", connect = "127.0.0.1:9443"}' + b"rate = 2.5\n")
    assert (found.solution.timeout, found.solution.settle, found.environments["t"].rate) == (10.5, 0.0, 2.5)


FIELDS = {kind: Action("a", "", (), (ActionField("x", kind, ""),), Source("")) for kind in ("text", "integer", "money", "date", "instant", "boolean")}


ODD: Mapping[str, object] = {
    "infinity": float("inf"), "nan": float("nan"), "long": 10**400, "longer": 10**5000, "list": [[]], "record": {"a": 1}, "surrogate": "\ud800", "bytes": b"x", "type": object,
}  # fmt: skip
MENDED = {*(("longer", kind) for kind in FIELDS), ("long", "integer"), ("long", "text"), ("surrogate", "text"), ("infinity", "text"), ("nan", "text")}


@pytest.mark.parametrize(("kind", "value"), [pytest.param(kind, value, id=f"{word}-{kind}", marks=M9 if (word, kind) in MENDED else ()) for word, value in ODD.items() for kind in FIELDS])
def test_an_observation_of_any_value_is_mistyped(kind: str, value: object) -> None:
    """What a hook brings back and no field of the contract is."""
    with pytest.raises(MistypedError):
        observed(FIELDS[kind], {"x": value})


@M9
def test_a_list_without_end_is_mistyped() -> None:
    """Thousands of levels."""
    value: list[object] = []
    for _ in range(5000):
        value = [value]
    with pytest.raises(MistypedError):
        observed(FIELDS["text"], {"x": value})


@M9
@pytest.mark.parametrize("duration", ["1.2.3s", "..m", "9" * 60 + "h", "99999999999999999999"])
def test_a_duration_that_is_none_is_a_mistake_of_its_line(duration: str) -> None:
    """What the grammar lets through; a bundle's case file is read by `verify` too."""
    files = {**packs.scenarios().content, **packs.bindings().content}
    name = next(key for key in files if key.endswith("ra-pid/ra-depot.yaml"))
    text = files[name].decode()
    spoilt = text.replace("within: 60s}", f"within: {duration}}}", 1)
    assert spoilt != text
    with pytest.raises(MistakesError) as caught:
        load_all({**files, name: spoilt.encode()})
    assert any("duration" in item.what for item in caught.value.mistakes)


def test_a_spoilt_case_file_is_a_mistake_or_a_case() -> None:
    """A family of one case, its files changed in many ways."""
    shipped: Mapping[str, bytes] = {**packs.scenarios().content, **packs.bindings().content}
    kept = ("requirements.yaml", "actions.yaml", "people.yaml", "causes.yaml")
    files: Mapping[str, bytes] = {
        name: content for name, content in shipped.items()
        if not name.startswith("scenarios/") or ("idv/" in name and (Path(name).name in kept or name.endswith("/par-matricule.yaml")))
    }  # fmt: skip
    name = next(key for key in files if key.endswith("par-matricule.yaml"))
    for content in mutations([files[name]], 30):
        try:
            load_all({**files, name: content})
        except MistakesError:
            continue
