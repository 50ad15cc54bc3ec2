"""What a bundle says and nobody can recompute is not believed; names, events and packs are held against what they must be."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
import xml.etree.ElementTree as ET
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest

from equalis import __version__, packs
from equalis.archive import bundle, container, keys, release, seal
from equalis.archive.bundle import NotAuthenticError
from equalis.archive.evidence import EvidenceError, Reader, header
from equalis.archive.rundir import Folder, Recorded
from equalis.verifier import reread, verify
from tests import hostile
from tests.conftest import REPOSITORY, Equalis
from tests.hostile import Event

OLD = "0.0.9"


@pytest.fixture(scope="module")
def ko_folder(home: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The files of a run in which something is KO."""
    folder = tmp_path_factory.mktemp("ko")
    subprocess.run([sys.executable, "-m", "equalis", "run", "--defect", "shows-own-share", "ra-pid/pid-consultation-adulte", "--out", str(folder)], cwd=folder,
                   env={**os.environ, "EQUALIS_HOME": str(home), "EQUALIS_DEMO_PATIENCE": "20"}, check=False, capture_output=True, stdin=subprocess.DEVNULL)  # fmt: skip
    return hostile.unpacked(next(folder.glob("*.asice")), folder / "unpacked")


def junit(change: Callable[[ET.Element], None]) -> Callable[[Path], None]:
    def apply(folder: Path) -> None:
        root = ET.fromstring((folder / "junit.xml").read_bytes())
        change(root)
        (folder / "junit.xml").write_bytes(ET.tostring(root))

    return apply


@pytest.fixture(scope="module")
def old_folder(ko_folder: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The same, made by another version."""
    folder = Path(shutil.copytree(ko_folder, tmp_path_factory.mktemp("old") / "run"))
    hostile.header(folder, tool=OLD)
    hostile.recomputed(folder)
    return folder


def _cut(root: ET.Element) -> None:
    for case in root.iter("testcase"):
        for each in list(case):
            case.remove(each)


def _skipped(root: ET.Element) -> None:
    for each in list(root.iter("failure")):
        each.tag = "skipped"


JUNIT_LIES: dict[str, Callable[[ET.Element], None]] = {
    "failures cut out": _cut,
    "counts changed": lambda root: next(root.iter("testsuite")).set("failures", "0"),
    "a suite left out": lambda root: root.remove(next(root.iter("testsuite"))),
    "a failure called a skip": _skipped,
    "a test case renamed": lambda root: next(root.iter("testcase")).set("name", "fine"),
    "a test case added": lambda root: next(root.iter("testsuite")).append(ET.Element("testcase", name="more", classname="x")),
}  # fmt: skip


@pytest.mark.mends("4")
@pytest.mark.parametrize("name", JUNIT_LIES)
def test_a_junit_file_of_another_version_says_what_the_evidence_says(name: str, old_folder: Path, home: Path, tmp_path: Path) -> None:
    """Its words may be others; its facts may not."""
    folder = Path(shutil.copytree(old_folder, tmp_path / "run"))
    junit(JUNIT_LIES[name])(folder)
    with pytest.raises(NotAuthenticError, match=r"junit\.xml"):
        verify(hostile.sealed(folder, home))


@pytest.mark.mends("4")
def test_words_that_cannot_be_compared_are_not_believed(ko_folder: Path, home: Path, tmp_path: Path, equalis: Equalis) -> None:
    """Verify says so, and every form of the report is written anew."""
    folder = Path(shutil.copytree(ko_folder, tmp_path / "run"))
    hostile.header(folder, tool=OLD)
    hostile.recomputed(folder)
    for path in (folder / "report.json", folder / "junit.xml"):
        path.write_text(path.read_text().replace("7.00", "6.92"))
    sealed = str(hostile.sealed(folder, home))
    done = equalis("verify", sealed)
    assert done.returncode == 1, done.stderr
    assert "were not compared: read what `equalis report` makes of it, not them" in done.stdout
    assert "7.00" in equalis("report", sealed, "--as", "junit").stdout


@pytest.mark.mends("4")
@pytest.mark.parametrize("name", ["report.pdf", "report.html", "evidence/more.txt", "scenarios/ra-pid/README.md", "evidence/bodies/x"])
def test_a_sealed_file_that_no_run_writes_is_refused(name: str, ko_folder: Path, home: Path, tmp_path: Path) -> None:
    """A page that says OK beside evidence that says KO; what lies about in a run's folder is never sealed."""
    folder = Path(shutil.copytree(ko_folder, tmp_path / "run"))
    (folder / name).write_bytes(b"conformity OK")
    sealed = hostile.sealed(folder, home)
    assert name not in bundle.open_bundle(sealed).files
    files = {each: (folder / each).read_bytes() for each in [*dict(bundle.open_bundle(sealed).files), name] if not each.startswith("META-INF/")}
    listing = container.manifest(files)
    container.write(sealed, {**files, container.MANIFEST: listing, container.SIGNATURE: seal.sign(listing, keys.load(home / "keys"), datetime.now(UTC))})
    with pytest.raises(NotAuthenticError, match="no run writes"):
        verify(sealed)


def of(kind: str, **fields: object) -> Callable[[list[Event]], list[Event]]:
    """The first event of a kind with other fields; None takes a field out."""

    def change(found: list[Event]) -> list[Event]:
        first = next(index for index, event in enumerate(found) if event["event"] == kind)
        event = {key: value for key, value in {**found[first], **fields}.items() if value is not None}
        return [*found[:first], event, *found[first + 1 :]]

    return change


def renamed(name: str) -> Callable[[list[Event]], list[Event]]:
    return lambda found: [{**event, "case": name} if "case" in event else event for event in found]


MALFORMED: dict[str, Callable[[list[Event]], list[Event]]] = {
    "a case without a case": of("case", case=None), "an end without a moment": of("end", at=None), "a moment that is none": of("request", at="yesterday"),
    "a moment without offset": of("request", at="2026-01-01T00:00:00"), "a number that is a text": of("request", n="1"), "a number below 1": of("request", n=0),
    "a flag as a number": of("request", n=True), "headers that are no pairs": of("request", message={"line": "GET / HTTP/1.1", "headers": [["a"]], "body": ""}),
    "a line with a line's end": of("request", message={"line": "GET / HTTP/1.1\r\nX: y", "headers": [], "body": ""}),
    "a header that is no byte": of("request", message={"line": "GET / HTTP/1.1", "headers": [["a", "\u20ac"]], "body": ""}),
    "a body that is a path": of("request", message={"line": "GET / HTTP/1.1", "headers": [], "body": "../../junit.xml"}), "a fault of nobody": of("observation", event="fault", blame="nobody"),
    "fields that are no record": of("observation", fields=[]), "an event that nobody knows": of("step", event="verdict"),
    "an answer with a negative time": of("answer", elapsed=-1), "an attachment without a name": of("step", event="attachment"), "a peer without a number": of("step", event="peer"),
    "an exchange twice": lambda found: [each for event in found for each in ((event, event) if event["event"] == "request" else (event,))],
    "a case that was not planned": renamed("ra-pid/jeton"), "a case that is a path": renamed("../../x"),
}  # fmt: skip


def reads(folder: Path) -> None:
    """Read everything that a log says, as every verb does before it judges."""
    recorded = Recorded(Folder(folder))
    events = recorded.events()
    reader = Reader(header(next(events)), recorded.body)
    for event in events:
        reader.feed(event)


@pytest.mark.parametrize("name", MALFORMED)
def test_an_event_is_of_its_shape_or_is_not_read(name: str, ko_folder: Path, tmp_path: Path) -> None:
    """One error that names the line or the case, whoever reads."""
    folder = Path(shutil.copytree(ko_folder, tmp_path / "run"))
    reads(folder)
    hostile.events(folder, MALFORMED[name])
    if name == "a case that was not planned":
        with pytest.raises(EvidenceError, match="did not plan"):
            reread(Recorded(Folder(folder)))
    else:
        with pytest.raises(EvidenceError, match=r"evidence/log\.jsonl:\d+: |two events"):
            reads(folder)


def test_a_run_that_planned_nothing_is_not_ok_and_no_defect_of_ours(ko_folder: Path, tmp_path: Path, equalis: Equalis) -> None:
    """Its last event names no case, and there is none to compare it with."""
    folder = Path(shutil.copytree(ko_folder, tmp_path / "run"))
    for name in ("report.json", "junit.xml"):
        (folder / name).unlink()
    hostile.events(folder, lambda found: [{**found[0], "plan": []}, found[-1]])
    done = equalis("verify", str(folder))
    assert done.returncode == 3, done.stderr
    assert "conformity INCONCLUSIVE" in done.stdout


@pytest.mark.mends("5")
@pytest.mark.parametrize("words", [("verify",), ("evidence", "--to", "deep/out")], ids=lambda words: words[0])
@pytest.mark.parametrize("change", ["no case", ".."])
def test_a_log_of_another_shape_is_not_authentic_and_nothing_is_written(words: tuple[str, ...], change: str, ko_folder: Path, home: Path, tmp_path: Path, equalis: Equalis) -> None:
    """Exit 4 with one message: no defect of equalis, no file beside the folder that was named."""
    folder = Path(shutil.copytree(ko_folder, tmp_path / "run"))
    hostile.events(folder, of("case", case=None) if change == "no case" else renamed(change))
    if change != "no case":
        hostile.header(folder, plan=[change])
    done = equalis(*words, str(hostile.sealed(folder, home)))
    assert done.returncode == 4, done.stderr
    assert not (tmp_path / "deep").exists()


@pytest.mark.mends("5")
@pytest.mark.parametrize("name", ["..", "../..", "/etc/x", "ra-pid/..", ".", "", "a/b/../../..", "ra-pid\\..\\x", "ra-pid/a\nb", "RA-PID/X", "ra-pid/\u202e", "con/x:y"])
def test_a_case_s_name_is_a_name(name: str, ko_folder: Path, tmp_path: Path) -> None:
    """A plan of other things is refused before anything of it is used."""
    folder = Path(shutil.copytree(ko_folder, tmp_path / "run"))
    hostile.header(folder, plan=[name])
    with pytest.raises(EvidenceError, match="plan"):
        reads(folder)


@pytest.mark.parametrize("changes", [
    *(pytest.param(each, marks=pytest.mark.mends("5")) for each in ({"started": "now"}, {"challenge": "zz"}, {"started": "2026-01-01"}, {"editions": [["a"]]})),
    {"holds": 3}, {"services": "x"}, {"people": "yes"},
], ids=str)  # fmt: skip
def test_a_header_is_of_its_shape(changes: dict[str, object], ko_folder: Path, tmp_path: Path) -> None:
    """One error that names the field."""
    folder = Path(shutil.copytree(ko_folder, tmp_path / "run"))
    hostile.header(folder, **changes)
    with pytest.raises(EvidenceError, match=f"the header's {next(iter(changes))} is"):
        reads(folder)


@pytest.mark.mends("6")
def test_verify_says_what_a_pass_does_not_mean(demo_bundle: Path, equalis: Equalis) -> None:
    """In plain words, beside what it means."""
    text = re.sub(r"\s+", " ", equalis("verify", str(demo_bundle)).stdout)
    assert "not shown that the product did all this: at level S whoever holds the key can write its answers" in text
    assert "when it did: no time-stamp stands beside the claimed time" in text
    assert f"every case, binding, schema, requirement and person is that of equalis {__version__}" in text


PACK = {
    "case": "scenarios/ra-pid/jeton.yaml", "requirements": "scenarios/ra-pid/requirements.yaml", "persons": "scenarios/ra-pid/people.yaml", "binding": "bindings/sts/binding.yaml",
    "schema": "bindings/mysecu/schemas/memoire.xsd", "template": "bindings/sts/answers/", "world": "bindings/mysecu/world.yaml", "causes": "scenarios/ra-pid/causes.yaml",
}  # fmt: skip


@pytest.mark.mends("6")
@pytest.mark.parametrize("kind", PACK)
def test_verify_names_each_file_that_differs_from_the_release(kind: str, ko_folder: Path, home: Path, tmp_path: Path) -> None:
    """Changed by one comment; the verdict stays, and the reader is told."""
    folder = Path(shutil.copytree(ko_folder, tmp_path / "run"))
    path = folder / PACK[kind]
    path = next(path.iterdir()) if path.is_dir() else path
    path.write_text(path.read_text() + ("<!-- -->" if path.suffix == ".xsd" else "\n# \n"))
    (found,) = verify(hostile.sealed(folder, home)).differences or ()
    assert (found.kind, found.name, found.how) == (kind, str(path.relative_to(folder)), "changed")


@pytest.mark.mends("6")
def test_verify_names_what_was_added_or_taken_out_and_says_which_release_it_does_not_know(ko_folder: Path, home: Path, tmp_path: Path, equalis: Equalis) -> None:
    """A case of one's own, a case that is gone, another version."""
    folder = Path(shutil.copytree(ko_folder, tmp_path / "run"))
    (folder / "bindings/idp/world").mkdir()
    (folder / "bindings/idp/world/more.json").write_text("[]")
    (folder / "scenarios/idv/servid-muet.yaml").unlink()
    hostile.recomputed(folder)
    done = equalis("verify", str(hostile.sealed(folder, home)))
    assert "added: bindings/idp/world/more.json (world)" in done.stdout, done.stderr
    assert "taken out: scenarios/idv/servid-muet.yaml (case)" in done.stdout
    hostile.header(folder, tool=OLD)
    hostile.recomputed(folder)
    assert f"equalis {OLD} is not known here" in equalis("verify", str(hostile.sealed(folder, home))).stdout


def test_the_digests_of_this_version_are_those_of_its_pack() -> None:
    """`make digests` writes them anew."""
    known = json.loads((REPOSITORY / "equalis/archive/releases" / f"{__version__}.json").read_text())
    assert known == release.digests({**packs.scenarios().content, **packs.bindings().content})


def test_a_version_that_is_a_path_is_no_release() -> None:
    """What a header says becomes a file's name only when it is a version."""
    assert release.released("../../../etc/passwd") is None
    assert release.released("") is None
