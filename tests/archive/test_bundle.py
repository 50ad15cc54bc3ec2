"""The bundle: no byte of it can change unnoticed."""

from __future__ import annotations

import io
import shutil
import subprocess
import zipfile
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest

from equalis.archive import bundle, container, keys, seal
from equalis.archive.bundle import NotAuthenticError
from equalis.archive.keys import KeyFileError
from equalis.archive.seal import SealError
from equalis.model.outcome import Outcome
from equalis.verifier import verify
from tests.conftest import REPOSITORY

NOW = datetime.now(UTC).replace(microsecond=0)
SPECIMEN = sorted((REPOSITORY / "reports" / "specimen").glob("*.asice"))


@pytest.fixture(scope="session")
def small(tmp_path_factory: pytest.TempPathFactory, home: Path) -> Path:
    """A sealed bundle of three files."""
    folder = tmp_path_factory.mktemp("small") / "run"
    (folder / "evidence").mkdir(parents=True)
    for name in ("report.json", "junit.xml", "evidence/log.jsonl"):
        (folder / name).write_bytes(f"content of {name}\n".encode() * 3)
    path = folder.with_suffix(".asice")
    bundle.make(folder, path, keys.load(home / "keys"), NOW)
    return path


def refused(path: Path) -> str:
    with pytest.raises(NotAuthenticError) as caught:
        bundle.open_bundle(path)
    return str(caught.value)


def test_every_single_byte_of_a_bundle_is_protected(small: Path, tmp_path: Path) -> None:
    """Each byte of the file flipped in turn: entries, headers, directory, padding, all are refused."""
    content = small.read_bytes()
    path = tmp_path / "x.asice"
    for index in range(len(content)):
        path.write_bytes(content[:index] + bytes([content[index] ^ 0x01]) + content[index + 1 :])
        assert refused(path)


def test_one_byte_in_each_entry_of_a_real_run_is_noticed(demo_bundle: Path, tmp_path: Path) -> None:
    """The middle byte of every entry of a run's bundle."""
    content = bytearray(demo_bundle.read_bytes())
    with zipfile.ZipFile(demo_bundle) as archive:
        places = [(info.filename, info.header_offset + 30 + len(info.filename) + info.file_size // 2) for info in archive.infolist()]
    path = tmp_path / "x.asice"
    assert len(places) > 40
    for name, place in places:
        content[place] ^= 0x20
        path.write_bytes(content)
        assert refused(path), name
        content[place] ^= 0x20


def rebuilt(source: Path, target: Path, change: Callable[[list[tuple[str, bytes]]], None]) -> Path:
    with zipfile.ZipFile(source) as archive:
        entries = [(info.filename, archive.read(info)) for info in archive.infolist()]
    change(entries)
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w") as archive:
        for name, content in entries:
            archive.writestr(container._info(name), content)
    target.write_bytes(stream.getvalue())
    return target


@pytest.mark.filterwarnings("ignore:Duplicate name")
@pytest.mark.parametrize(
    "change",
    [
        lambda entries: entries.pop(2),
        lambda entries: entries.append(("evidence/more.txt", b"x")),
        lambda entries: entries.append(entries[2]),
        lambda entries: entries.append((entries[2][0].upper(), b"x")),
        lambda entries: entries.insert(0, ("a", b"")),
        lambda entries: entries.append(("../a", b"")),
        lambda entries: entries.append(("/a", b"")),
        lambda entries: entries.append(("a\\b", b"")),
        lambda entries: entries.__setitem__(2, (entries[2][0], b"other")),
        lambda entries: entries.remove(next(e for e in entries if e[0].endswith(".p7s"))),
        lambda entries: entries.clear(),
    ],
    ids=["drop", "add", "duplicate", "case twin", "mimetype not first", "parent", "absolute", "backslash", "alter", "unsign", "empty"],
)
def test_dropped_added_and_doubled_entries_are_refused(
    small: Path, tmp_path: Path, change: Callable[[list[tuple[str, bytes]]], None]
) -> None:
    """Exactly what is listed may be in the zip, once, in order."""
    assert refused(rebuilt(small, tmp_path / "x.asice", change))


def test_compressed_encrypted_linked_and_trailing_bytes_are_refused(small: Path, tmp_path: Path) -> None:
    """A zip has many forms; a bundle has one."""
    path = tmp_path / "x.asice"
    path.write_bytes(small.read_bytes() + b"x")
    assert refused(path)
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("mimetype", container.MIMETYPE)
    assert refused(path)
    with zipfile.ZipFile(path, "w") as archive:
        link = zipfile.ZipInfo("mimetype", (1980, 1, 1, 0, 0, 0))
        link.external_attr = 0o120777 << 16
        archive.writestr(link, "x")
    assert refused(path)
    path.write_bytes(b"PK")
    assert refused(path)


def test_a_seal_holds_only_for_its_bytes_and_in_its_only_form(home: Path) -> None:
    """Every byte of the signature file flipped with three masks, and other content, are refused."""
    made = seal.sign(b"content", keys.load(home / "keys"), NOW)
    assert seal.verify(made, b"content").claimed == NOW
    with pytest.raises(SealError):
        seal.verify(made, b"c0ntent")
    for index in range(len(made)):
        for mask in (1, 0x20, 0x80):
            with pytest.raises(SealError):
                seal.verify(made[:index] + bytes([made[index] ^ mask]) + made[index + 1 :], b"content")


def test_the_key_is_made_once_and_must_be_private(tmp_path: Path) -> None:
    """Mode 0600; a key that others may read is refused with the remedy."""
    first, second = keys.load(tmp_path / "k"), keys.load(tmp_path / "k")
    assert (first.made, second.made) == (True, False)
    assert (tmp_path / "k" / "runner.p12").stat().st_mode & 0o777 == 0o600
    (tmp_path / "k" / "runner.p12").chmod(0o644)
    with pytest.raises(KeyFileError, match="chmod 600"):
        keys.load(tmp_path / "k")


def test_the_same_files_give_the_same_container(small: Path, tmp_path: Path) -> None:
    """No date, no order, no machine shows in it."""
    files = dict(bundle.open_bundle(small).files)
    container.write(tmp_path / "a.asice", files)
    container.write(tmp_path / "b.asice", dict(reversed(files.items())))
    assert (tmp_path / "a.asice").read_bytes() == (tmp_path / "b.asice").read_bytes() == small.read_bytes()


def test_the_documented_script_checks_a_bundle_with_nothing_of_ours(demo_bundle: Path, tmp_path: Path) -> None:
    """`docs/verify.sh` needs unzip, openssl and sha256sum; it refuses what was altered."""
    script = REPOSITORY / "docs" / "verify.sh"
    done = subprocess.run(["sh", str(script), str(demo_bundle)], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "authentic" in done.stdout
    content = bytearray(demo_bundle.read_bytes())
    with zipfile.ZipFile(demo_bundle) as archive:
        info = archive.getinfo("report.json")
    content[info.header_offset + 30 + len("report.json") + 40] ^= 1
    altered = tmp_path / "x.asice"
    altered.write_bytes(content)
    done = subprocess.run(["sh", str(script), str(altered)], capture_output=True, text=True, check=False)
    assert done.returncode == 4
    shutil.copy(demo_bundle, altered)
    with zipfile.ZipFile(altered, "a") as archive:
        archive.writestr("more.txt", "x")
    done = subprocess.run(["sh", str(script), str(altered)], capture_output=True, text=True, check=False)
    assert done.returncode == 4


def test_the_specimen_is_authentic_for_ever() -> None:
    """A bundle of an earlier day verifies with the program of today, and comes to the same verdicts."""
    assert SPECIMEN
    for path in SPECIMEN:
        found = verify(path)
        assert found.seal
        assert found.report.outcome is Outcome.OK
        assert found.report.complete
