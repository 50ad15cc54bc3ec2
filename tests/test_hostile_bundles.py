"""A bundle is data: no verb executes, fetches or opens what a bundle or a run directory brings (trust.md)."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests import hostile
from tests.conftest import REPOSITORY, Equalis

CODE = "{{ cycler.__init__.__globals__.os.popen('touch executed').read() }}"
SANDBOX_TRICKS = (
    CODE,
    "{{ ''.__class__.__mro__[1].__subclasses__() }}{{ cycler.__init__.__globals__.os.popen('touch executed').read() }}",
    "{% for c in [].__class__.__base__.__subclasses__() %}{% endfor %}{{ lipsum.__globals__['os'].popen('touch executed').read() }}",
    "{{ (joiner|attr('__init__')|attr('__globals__'))['os'].popen('touch executed').read() }}",
)
READING = ("verify", "report", "evidence", "gate", "diff", "coverage", "drift", "failed-from")
"""The verbs that are given a bundle; `resume` is given a run directory."""

WATCHED = """
import os, sys
allowed = [os.path.realpath(path) for path in os.environ["ALLOWED"].split(os.pathsep)]
def hook(event, arguments):
    if event in {"socket.connect", "socket.getaddrinfo", "socket.bind", "subprocess.Popen", "os.system", "os.exec", "os.posix_spawn", "os.fork"}:
        raise SystemExit(f"FORBIDDEN {event} {arguments}")
    if event == "open" and isinstance(arguments[0], str):
        path = os.path.realpath(arguments[0])
        if not any(path == root or path.startswith(root + os.sep) for root in allowed):
            raise SystemExit(f"FORBIDDEN open {path}")
from equalis.cli import main
import equalis.verifier, equalis.session, equalis.proof.drift  # everything of ours that is loaded late
sys.addaudithook(hook)
main()
"""


def words(verb: str, bundle: Path, good: Path) -> tuple[str, ...]:
    """How a verb is given a bundle."""
    return {
        "verify": ("verify", str(bundle)), "report": ("report", str(bundle), "--as", "json"),
        "evidence": ("evidence", str(bundle), "--to", "out", "--har"), "gate": ("gate", str(bundle)),
        "diff": ("diff", str(good), str(bundle)), "coverage": ("list", "requirements", "--coverage", str(bundle)),
        "drift": ("drift", str(bundle)), "failed-from": ("run", "--demo", "--failed-from", str(bundle)),
    }[verb]  # fmt: skip


@pytest.fixture(scope="module")
def run_folder(demo_bundle: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return hostile.unpacked(demo_bundle, tmp_path_factory.mktemp("hostile") / "run")


def templates_that_run_code(folder: Path, code: str = CODE) -> None:
    for path in [*folder.glob("bindings/*/answers/*"), *folder.glob("bindings/*/requests/*")]:
        path.write_text(f"{code}{path.read_text()}")


@pytest.mark.parametrize("verb", [pytest.param(verb, marks=pytest.mark.mends("1") if verb == "drift" else ()) for verb in READING])
def test_a_template_of_a_bundle_is_never_rendered(verb: str, run_folder: Path, demo_bundle: Path, home: Path, equalis: Equalis, tmp_path: Path) -> None:
    """The code that stands in every template of a bundle leaves no trace, whatever verb reads it."""
    folder = Path(shutil.copytree(run_folder, tmp_path / "run"))
    templates_that_run_code(folder)
    hostile.as_live(folder)
    hostile.recomputed(folder)
    done = equalis(*words(verb, hostile.sealed(folder, home), demo_bundle))
    assert done.returncode in {0, 1, 2, 3}, done.stderr
    assert not (tmp_path / "executed").exists()
    if verb == "drift":
        assert "answers compared" in done.stdout
        assert "note: the recording was made with other bindings than these" in done.stderr


@pytest.mark.mends("1")
def test_a_run_is_not_resumed_with_bindings_that_its_folder_brings(run_folder: Path, equalis: Equalis, tmp_path: Path) -> None:
    """Exit 2, with each file that differs; nothing is played and nothing runs."""
    folder = Path(shutil.copytree(run_folder, tmp_path / "run"))
    (folder / "report.json").unlink()
    hostile.events(folder, lambda found: found[:2])
    templates_that_run_code(folder)
    before = (folder / "evidence" / "log.jsonl").read_bytes()
    done = equalis("run", "--resume", str(folder))
    assert done.returncode == 2, done.stderr
    assert "was begun with other bindings than these: bindings/" in done.stderr
    assert (folder / "evidence" / "log.jsonl").read_bytes() == before
    assert not (tmp_path / "executed").exists()


def test_a_run_is_resumed_with_the_bindings_that_the_command_line_names(run_folder: Path, equalis: Equalis, tmp_path: Path) -> None:
    """The overlay with which it was begun is named again, and then its bytes are the same."""
    folder = Path(shutil.copytree(run_folder, tmp_path / "run"))
    (folder / "report.json").unlink()
    hostile.events(folder, lambda found: [{**found[0], "plan": ["ra-pid/pid-consultation-enfant"]}])
    overlay = tmp_path / "overlay" / "mysecu"
    overlay.mkdir(parents=True)
    (overlay / "world.yaml").write_bytes((folder / "bindings/mysecu/world.yaml").read_bytes() + b"\n")
    (folder / "bindings/mysecu/world.yaml").write_bytes((overlay / "world.yaml").read_bytes())
    assert equalis("run", "--resume", str(folder)).returncode == 2
    done = equalis("run", "--resume", str(folder), "--bindings", str(overlay.parent))
    assert done.returncode == 0, done.stderr


@pytest.mark.mends("1")
@pytest.mark.parametrize("code", SANDBOX_TRICKS)
def test_an_overlay_s_template_sees_its_fields_and_nothing_of_python(code: str, equalis: Equalis, tmp_path: Path) -> None:
    """A template that somebody sent us is a defect of the overlay, not a program."""
    target = tmp_path / "overlay" / "sts" / "answers"
    shutil.copytree(REPOSITORY / "equalis/services/sts/answers", target)
    for path in target.iterdir():
        path.write_text(code + path.read_text())
    done = equalis("run", "--demo", "--bindings", str(tmp_path / "overlay"), "ra-pid/jeton")
    assert done.returncode == 3, done.stdout
    assert not (tmp_path / "executed").exists()


@pytest.fixture
def listening() -> Iterator[tuple[int, list[str]]]:
    """A port on loopback, and who came."""
    came: list[str] = []
    with socket.create_server(("127.0.0.1", 0)) as server:
        def accept() -> None:
            while True:
                try:
                    connection, address = server.accept()
                except OSError:
                    return
                came.append(str(address))
                connection.close()

        threading.Thread(target=accept, daemon=True).start()
        yield server.getsockname()[1], came


XSD = '<xs:schema xmlns:xs="http://www.w3.org/2001/XMLSchema">{}<xs:element name="a" type="xs:int"/></xs:schema>'
OUTWARD = {
    "$ref over http": ("x.json", '{{"$ref": "http://127.0.0.1:{port}/d.json"}}'),
    "$ref of a file": ("x.json", '{{"properties": {{"a": {{"$ref": "file://{outside}"}}}}}}'),
    "$ref of an absolute path": ("x.json", '{{"$ref": "{outside}"}}'),
    "$ref that leads out": ("x.json", '{{"$ref": "../../../../../{outside}"}}'),
    "$dynamicRef": ("x.json", '{{"$dynamicRef": "http://127.0.0.1:{port}/d.json#x"}}'),
    "$id that moves what is relative": ("x.json", '{{"$id": "http://127.0.0.1:{port}/", "$ref": "d.json"}}'),
    "a meta-schema of its own": ("x.json", '{{"$schema": "http://127.0.0.1:{port}/meta.json"}}'),
    "include over http": ("x.xsd", XSD.format('<xs:include schemaLocation="http://127.0.0.1:{port}/d.xsd"/>')),
    "include of a path": ("x.xsd", XSD.format('<xs:include schemaLocation="{outside}"/>')),
    "include that leads out": ("x.xsd", XSD.format('<xs:include schemaLocation="../../../../../../../../../..{outside}"/>')),
    "import of a file": ("x.xsd", XSD.format('<xs:import namespace="urn:x" schemaLocation="file://{outside}"/>')),
    "redefine": ("x.xsd", XSD.format('<xs:redefine schemaLocation="{outside}"/>')),
    "override": ("x.xsd", XSD.format('<xs:override schemaLocation="{outside}"/>')),
    "xml:base": ("x.xsd", XSD.format('<xs:include xml:base="http://127.0.0.1:{port}/" schemaLocation="d.xsd"/>')),
    "a DTD": ("x.xsd", '<!DOCTYPE x SYSTEM "http://127.0.0.1:{port}/x.dtd">' + XSD.format("")),
    "an entity": ("x.xsd", '<!DOCTYPE x [<!ENTITY e SYSTEM "file://{outside}">]>' + XSD.format("<xs:annotation><xs:documentation>&e;</xs:documentation></xs:annotation>")),
}  # fmt: skip
HELD_BEFORE = {"a DTD", "an entity", "include over http", "xml:base", "override"}
"""What was refused even when nobody looked: the reader of schemas has no network and knows no XML Schema 1.1."""


@pytest.mark.parametrize("name", [pytest.param(name, marks=() if name in HELD_BEFORE else pytest.mark.mends("2")) for name in OUTWARD])
def test_a_schema_refers_to_files_of_the_pack_and_to_nothing_else(
    name: str, run_folder: Path, home: Path, equalis: Equalis, tmp_path: Path, listening: tuple[int, list[str]]
) -> None:
    """Verify refuses the bundle without having called anybody; lint names the file of an overlay."""
    port, came = listening
    outside = tmp_path / "outside.xsd"
    foreign = XSD.format("").replace('"a"', '"b"').replace("<xs:schema ", '<xs:schema targetNamespace="urn:x" ' if "urn:x" in OUTWARD[name][1] else "<xs:schema ")
    outside.write_text(foreign if OUTWARD[name][0].endswith("xsd") else "{}")
    file, text = OUTWARD[name]
    content = text.replace("{port}", str(port)).replace("{outside}", str(outside)).replace("{{", "{").replace("}}", "}")
    folder = Path(shutil.copytree(run_folder, tmp_path / "run"))
    (folder / "bindings/mysecu/schemas" / file).write_text(content)
    done = equalis("verify", str(hostile.sealed(folder, home)))
    assert done.returncode == 4, done.stdout + done.stderr
    assert f"bindings/mysecu/schemas/{file}" in done.stderr
    schemas = tmp_path / "overlay/mysecu/schemas"
    schemas.mkdir(parents=True)
    (schemas / file).write_text(content)
    linted = equalis("lint", "--bindings", str(tmp_path / "overlay"))
    assert linted.returncode == 2
    assert file in linted.stderr
    assert "mend: mend the schema" in linted.stderr
    assert not came


def test_schemas_of_one_pack_may_refer_to_one_another(equalis: Equalis, tmp_path: Path) -> None:
    """By their relative names, in one folder and across services."""
    for service, file, text in (
        ("idp", "a.xsd", XSD.format('<xs:include schemaLocation="b.xsd"/>').replace('name="a"', 'name="c"')),
        ("idp", "b.xsd", XSD.format('<xs:include schemaLocation="../../sts/schemas/b.xsd"/>')), ("sts", "b.xsd", XSD.format("").replace('name="a"', 'name="b"')),
        ("idp", "a.json", '{"properties": {"x": {"$ref": "../../sts/schemas/b.json#/$defs/n"}}}'), ("sts", "b.json", '{"$defs": {"n": {"type": "integer"}}}'),
    ):  # fmt: skip
        target = tmp_path / "overlay" / service / "schemas" / file
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(text)
    done = equalis("lint", "--bindings", str(tmp_path / "overlay"))
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize("verb", READING)
def test_reading_a_bundle_opens_no_socket_and_no_foreign_file(verb: str, demo_bundle: Path, home: Path, tmp_path: Path) -> None:
    """The verb runs with sockets, processes and every file but the bundle's and the program's own forbidden."""
    program = [sys.prefix, sys.base_prefix, str(REPOSITORY), *(path for path in sys.path if path)]
    system = ["/usr/lib", "/usr/share", "/etc/mime.types", "/etc/localtime", "/dev/null", "/proc/self", "/tmp" if not str(tmp_path).startswith("/tmp") else str(tmp_path)]  # noqa: S108 - what Python itself reads
    allowed = os.pathsep.join([*program, *system, str(demo_bundle), str(tmp_path), str(home)])
    folder = tmp_path / "work"
    folder.mkdir()
    environment = {**os.environ, "EQUALIS_HOME": str(home), "ALLOWED": allowed, "TMPDIR": str(tmp_path)}
    script = tmp_path / "watched.py"
    script.write_text(WATCHED)
    done = subprocess.run([sys.executable, str(script), *words(verb, demo_bundle, demo_bundle)], cwd=folder, env=environment,
                          capture_output=True, text=True, check=False, stdin=subprocess.DEVNULL)  # fmt: skip
    assert "FORBIDDEN" not in done.stdout + done.stderr, done.stderr
    assert done.returncode in {0, 1, 2, 3}, done.stderr
