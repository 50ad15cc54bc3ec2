"""`docs/verify.sh` refuses whatever `equalis verify` refuses: each forged bundle is given to both."""

from __future__ import annotations

import os
import struct
import subprocess
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from equalis.archive import bundle, container
from equalis.archive.bundle import NotAuthenticError
from equalis.archive.container import MANIFEST, SIGNATURE
from tests.archive import false_seals, forging
from tests.archive.forging import Entries
from tests.conftest import REPOSITORY

SCRIPT = REPOSITORY / "docs" / "verify.sh"
MENDS = pytest.mark.mends("3")
FILES = {"evidence/log.jsonl": b"{}\n", "junit.xml": b"<testsuites/>\n", "report.json": b"{}\n"}


@pytest.fixture
def folder(tmp_path: Path) -> Iterator[Path]:
    """A folder for one bundle; whatever the script does, it leaves nothing beside it."""
    (tmp_path / "temporary").mkdir()
    (tmp_path / "here").mkdir()
    yield tmp_path / "here"
    assert not list((tmp_path / "temporary").iterdir()), "the script leaves files behind"
    assert {path.name for path in tmp_path.iterdir()} == {"temporary", "here"}, "the script writes outside of its folder"


def script(path: Path | str, *pin: str, cwd: Path) -> subprocess.CompletedProcess[bytes]:
    """The script as a relying party runs it."""
    environment = {**os.environ, "TMPDIR": str(cwd.parent / "temporary")}
    done = subprocess.run(["sh", str(SCRIPT), str(path), *pin], cwd=cwd, env=environment, capture_output=True, check=False, stdin=subprocess.DEVNULL)
    assert all(byte == 0x0A or 0x20 <= byte < 0x7F for byte in done.stdout + done.stderr), "bytes of a bundle reach the terminal"
    return done


def both_refuse(path: Path, *pin: str) -> None:
    """Neither takes it for authentic; the script says so in one line."""
    with pytest.raises(NotAuthenticError):
        bundle.open_bundle(path)
    done = script(path, *pin, cwd=path.parent)
    assert done.returncode == 4, done.stdout + done.stderr
    assert done.stderr.startswith(b"NOT AUTHENTIC: ")
    assert done.stderr.count(b"\n") == 1
    assert not done.stdout


def both_accept(path: Path, *pin: str) -> None:
    """Both take it for authentic; the script says what it does not look at."""
    assert bundle.open_bundle(path)
    done = script(path, *pin, cwd=path.parent)
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith(b"authentic: ")
    assert done.stdout.splitlines()[-1].startswith(b"not looked at: ")


@MENDS
def test_what_the_forger_builds_is_accepted_as_long_as_nothing_is_wrong(folder: Path) -> None:
    """The control of every attack below."""
    signer = forging.signer()
    path = forging.written(folder / "x.asice", FILES, lambda listing: forging.seal(listing, signer))
    both_accept(path)
    both_accept(path, signer.fingerprint)


@pytest.mark.parametrize("name", [pytest.param(name, marks=() if name in false_seals.ALREADY_REFUSED else MENDS) for name in false_seals.SEALS])
def test_a_seal_that_equalis_refuses_is_refused_by_the_script(name: str, folder: Path) -> None:
    """Also when the certificate that the attacker carries is the one that is pinned."""
    pinned = forging.signer()
    path = forging.written(folder / "x.asice", FILES, lambda listing: false_seals.SEALS[name](listing, pinned))
    both_refuse(path)
    both_refuse(path, pinned.fingerprint)


@MENDS
def test_a_pinned_certificate_that_is_carried_and_did_not_sign_is_never_printed_as_the_signer(folder: Path) -> None:
    """It stands first; another key signed."""
    pinned, other = forging.signer(), forging.signer(name=forging.OTHER)
    path = forging.written(folder / "x.asice", FILES, lambda listing: false_seals.carrying(listing, other, pinned))
    done = script(path, pinned.fingerprint, cwd=folder)
    assert done.returncode == 4
    assert pinned.fingerprint.encode() not in done.stdout


def test_a_pin_is_the_certificate_that_signed(folder: Path) -> None:
    """The right one passes, another one is refused and the signer's is told."""
    signer = forging.signer()
    path = forging.written(folder / "x.asice", FILES, lambda listing: forging.seal(listing, signer))
    done = script(path, forging.signer().fingerprint, cwd=folder)
    assert done.returncode == 4
    assert signer.fingerprint.encode() in done.stderr


@MENDS
def test_a_pin_may_be_written_with_capitals_and_colons(folder: Path) -> None:
    """As openssl prints it."""
    signer = forging.signer()
    path = forging.written(folder / "x.asice", FILES, lambda listing: forging.seal(listing, signer))
    pairs = [signer.fingerprint[at : at + 2].upper() for at in range(0, 64, 2)]
    assert script(path, ":".join(pairs), cwd=folder).returncode == 0


@MENDS
@pytest.mark.parametrize("pin", ["", "abc", "g" * 64])
def test_a_pin_that_is_none_is_asked_wrongly(pin: str, folder: Path) -> None:
    """An empty one is a variable that was never set: it does not mean that anybody may have signed."""
    path = forging.written(folder / "x.asice", FILES, lambda listing: forging.seal(listing, forging.signer()))
    assert script(path, pin, cwd=folder).returncode == 2


def _entries(change: Callable[[Entries], object]) -> Callable[[Path], Path]:
    """Entries changed before the manifest is made and sealed: only the container is wrong."""

    def build(path: Path) -> Path:
        listing = container.manifest(FILES)
        entries: Entries = [("mimetype", container.MIMETYPE.encode())]
        found = {**FILES, MANIFEST: listing, SIGNATURE: forging.seal(listing, forging.signer())}
        entries += [(name, found[name]) for name in sorted(found)]
        change(entries)
        return forging.zipped(path, entries)

    return build


def _bytes(change: Callable[[bytes], bytes]) -> Callable[[Path], Path]:
    """The bytes of a good bundle changed."""

    def build(path: Path) -> Path:
        _entries(lambda _entries: None)(path)
        path.write_bytes(change(path.read_bytes()))
        return path

    return build


def _listed(name: str) -> Callable[[Path], Path]:
    """A bundle with one more file, which its manifest lists and its seal holds: only the name is wrong."""
    return lambda path: forging.written(path, {**FILES, name: b"x"}, lambda listing: forging.seal(listing, forging.signer()))


def _infos(change: Callable[[zipfile.ZipInfo], None]) -> Callable[[Path], Path]:
    """The zip's own words about `report.json` changed."""
    return lambda path: forging.zipped(_entries(lambda _entries: None)(path), forging.entries(path), lambda info: change(info) if info.filename == "report.json" else None)


def _manifest(change: Callable[[bytes], bytes]) -> Callable[[Path], Path]:
    """A manifest changed before it is sealed."""
    return lambda path: forging.written(path, FILES, lambda listing: forging.seal(listing, forging.signer()), change)


def _set(name: str, value: object) -> Callable[[zipfile.ZipInfo], None]:
    return lambda info: setattr(info, name, value)


LINE = b"<asic:DataObjectReference"
CONTAINERS: dict[str, Callable[[Path], Path]] = {
    "empty file": _bytes(lambda _content: b""),
    "no zip": _bytes(lambda _content: b"PK\x03\x04" * 99),
    "bytes before the zip": _bytes(lambda content: b"#!/bin/sh\n" + content),
    "bytes behind the zip": _bytes(lambda content: content + b"\n"),
    "another zip behind it": _bytes(lambda content: content + content),
    "a comment of the zip": _bytes(lambda content: content[:-2] + b"\x01\x00x"),
    "a longer directory": _bytes(lambda content: content[:-22] + b"x" + content[-22:-10] + struct.pack("<I", struct.unpack("<I", content[-10:-6])[0] + 1) + content[-6:]),
    "fewer entries counted": _bytes(lambda content: content[:-14] + b"\x05\x00\x05\x00" + content[-10:]),
    "a local name that differs": _bytes(lambda content: forging.renamed(content, "report.json", b"report.jsom", b"report.json")),
    "a listed name that differs": _bytes(lambda content: forging.renamed(content, "report.json", b"report.json", b"report.jsom")),
    "a byte of a file": _bytes(lambda content: content.replace(b"<testsuites/>", b"<testsuiteS/>")),
    "twin entries": _entries(lambda entries: entries.insert(5, entries[4])),
    "twin mimetype": _entries(lambda entries: entries.append(entries[0])),
    "mimetype not first": _entries(lambda entries: entries.append(entries.pop(0))),
    "no mimetype": _entries(lambda entries: entries.pop(0)),
    "another mimetype": _entries(lambda entries: entries.__setitem__(0, ("mimetype", b"application/zip"))),
    "mimetype with a line end": _entries(lambda entries: entries.__setitem__(0, ("mimetype", container.MIMETYPE.encode() + b"\n"))),
    "mimetype with a NUL": _entries(lambda entries: entries.__setitem__(0, ("mimetype", container.MIMETYPE.encode() + b"\0"))),
    "another order": _entries(lambda entries: entries.append(entries.pop(3))),
    "no manifest": _entries(lambda entries: entries.pop(1)),
    "no signature": _entries(lambda entries: entries.pop(2)),
    "an entry that is not listed": _entries(lambda entries: entries.append(("z", b"x"))),
    "a folder that is not listed": _entries(lambda entries: entries.append(("z/", b""))),
    "a listed file that is missing": _entries(lambda entries: entries.pop(3)),
    "a file swapped for another": _entries(lambda entries: entries.__setitem__(3, (entries[3][0], b"[]\n"))),
    "an absolute name": _listed("/etc/x"),
    "a name that climbs": _listed("evidence/../../x"),
    "a name of two points": _listed(".."),
    "a name with a backslash": _listed("a\\b"),
    "a name of a drive": _listed("c:x"),
    "a name with an escape sequence": _listed("a\x1b[2Jb"),
    "a name with a bell": _listed("a\x07b"),
    "names that differ in case only": lambda path: forging.written(path, {**FILES, "Junit.xml": b"x"}, lambda listing: forging.seal(listing, forging.signer())),
    "a compressed entry": _infos(_set("compress_type", zipfile.ZIP_DEFLATED)),
    "a symbolic link": _infos(_set("external_attr", 0o120777 << 16)),
    "an executable": _infos(_set("external_attr", 0o755 << 16)),
    "a date": _infos(_set("date_time", (2026, 11, 24, 10, 0, 0))),
    "an extra field": _infos(_set("extra", b"\xfe\xca\x00\x00")),
    "a comment of an entry": _infos(_set("comment", b"x")),
    "another system": _infos(_set("create_system", 0)),
    "an internal attribute": _infos(_set("internal_attr", 1)),
    "an encrypted entry": _bytes(lambda content: forging.flagged(content, "report.json", 1)),
    "a data descriptor": _bytes(lambda content: forging.flagged(content, "report.json", 8)),
    "a name said to be UTF-8": _bytes(lambda content: forging.flagged(content, "report.json", 0x800)),
    "a checksum that is wrong": _bytes(lambda content: forging.checksum(content, "report.json")),
    "a name that is no UTF-8": lambda path: _named(path, "caf\u00e9", b"caf\xe9\xe9"),
    "a name in another encoding": lambda path: _named(path, "cafes", b"caf\x82s"),
    "a name with a NUL": lambda path: _named(path, "evidence-x", b"evidence\0x"),
    "a manifest that lists twice": _manifest(lambda listing: listing.replace(LINE, listing[listing.index(LINE) : listing.index(b"\n", listing.index(LINE)) + 1] + LINE, 1)),
    "a manifest with a DTD": _manifest(lambda listing: listing.replace(b"?>\n", b"?>\n<!DOCTYPE x [<!ENTITY y 'z'>]>\n", 1)),
    "a manifest that is no XML": _manifest(lambda listing: listing + b"<"),
    "a manifest with another method": _manifest(lambda listing: listing.replace(b"xmlenc#sha256", b"xmlenc#sha512", 1)),
    "a digest that is no base64": _manifest(lambda listing: listing.replace(b"=</ds", b"!</ds", 1)),
    "a digest without its padding": _manifest(lambda listing: listing.replace(b"=</ds", b"</ds", 1)),
    "a line of the manifest taken out": _manifest(lambda listing: b"\n".join(line for line in listing.split(b"\n") if b"junit" not in line)),
    "a line of the manifest in a comment": _manifest(lambda listing: listing.replace(LINE, b"<!--" + LINE, 1).replace(b"Reference>\n", b"Reference>-->\n", 1)),
    "another name in the manifest": _manifest(lambda listing: listing.replace(b"junit.xml", b"junit.xmk", 1)),
}  # fmt: skip
HELD = {
    "another mimetype", "no manifest", "no signature", "an entry that is not listed", "a listed file that is missing",
    "a file swapped for another", "a name that climbs", "a name of two points", "a symbolic link",
    "a name in another encoding", "a manifest that lists twice", "a digest that is no base64",
    "a digest without its padding", "a line of the manifest taken out", "another name in the manifest",
}  # fmt: skip
"""What the script refused from the beginning."""


def _named(path: Path, name: str, raw: bytes) -> Path:
    """A good bundle in which the bytes of a name are others, in the directory and before the file."""
    _listed(name)(path)
    path.write_bytes(forging.renamed(path.read_bytes(), name, raw, raw))
    return path


@pytest.mark.filterwarnings("ignore:Duplicate name")
@pytest.mark.parametrize("name", [pytest.param(name, marks=() if name in HELD else MENDS) for name in CONTAINERS])
def test_a_container_that_equalis_refuses_is_refused_by_the_script(name: str, folder: Path) -> None:
    """Sealed by a key that the attacker made: only what the name says is wrong."""
    both_refuse(CONTAINERS[name](folder / "x.asice"))


@MENDS
@pytest.mark.parametrize("name", [
    "a b", " a", "a ", "caf\u00e9", "a&b", "a<b>", 'a"b', "a'b", "a'\"b", "a\nb", "a\tb", "a\rb", "-rf", "a*", "[a]", "$(id)", "`id`", "a\x7fb", "\u202eb", "x/",
])  # fmt: skip
def test_a_name_that_equalis_accepts_is_accepted_by_the_script(name: str, folder: Path) -> None:
    """Spaces, line ends, wildcards, markup: a name is only a name."""
    both_accept(_listed(name)(folder / "x.asice"))


@MENDS
@pytest.mark.parametrize("name", ["-x.asice", "a b.asice", "$(id).asice", "a\nb\x1b[2J.asice"])
def test_the_bundle_may_have_any_name(name: str, folder: Path) -> None:
    """Named from the folder in which it is; a name that leads nowhere is told without its control characters."""
    forging.written(folder / name, FILES, lambda listing: forging.seal(listing, forging.signer()))
    if not name.startswith("-"):
        assert script(name, cwd=folder).returncode == 0
    assert script(f"./{name}", cwd=folder).returncode == 0
    assert script(f"{name}.no", cwd=folder).returncode == 2


@MENDS
def test_every_single_byte_of_container_manifest_and_seal_counts_for_the_script(folder: Path) -> None:
    """A byte flipped in each stretch of 61 bytes, the stretches shifted so that every structure is met."""
    path = forging.written(folder / "x.asice", FILES, lambda listing: forging.seal(listing, forging.signer()))
    content = path.read_bytes()
    for index in range(0, len(content), 61):
        path.write_bytes(content[:index] + bytes([content[index] ^ 0x01]) + content[index + 1 :])
        assert script(path, cwd=folder).returncode == 4, index
