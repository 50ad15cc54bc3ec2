"""docs/vendor.md, walked: a stranger with a product that speaks HTTP comes to a first judged case by that page only."""

from __future__ import annotations

import json
import os
import re
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from equalis.wire.matricule import problem
from tests.conftest import REPOSITORY

PAGE = (REPOSITORY / "docs" / "vendor.md").read_text(encoding="utf-8")


class Product(ThreadingHTTPServer):
    """A product with an API of its own: it makes patient files, and learns to look at check digits."""

    careful = False


class Requests(BaseHTTPRequestHandler):
    server: Product

    def do_POST(self) -> None:
        traits = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        wrong = problem(traits.get("matricule", "")) if self.server.careful else ""
        content = json.dumps({"accepted": not wrong, "number": "D1", "message": wrong}).encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, *_: object) -> None:
        """Say nothing."""


@pytest.fixture
def product() -> Iterator[Product]:
    served = Product(("127.0.0.1", 0), Requests)
    threading.Thread(target=served.serve_forever, daemon=True).start()
    yield served
    served.shutdown()
    served.server_close()


def free_port() -> int:
    with socket.socket() as plain:
        plain.bind(("127.0.0.1", 0))
        return int(plain.getsockname()[1])


def blocks() -> Iterator[tuple[str, str]]:
    """Each block of the page: its language and its text, in order."""
    for found in re.finditer(r"```(\w+)\n(.*?)```", PAGE, re.DOTALL):
        yield found[1], found[2]


def test_a_stranger_comes_to_a_judged_case_by_the_page_alone(home: Path, tmp_path: Path, product: Product) -> None:
    """Every command of the page, in its order, with the exit code that it promises."""
    ports = {"8090": str(free_port()), "8070": str(product.server_address[1])}
    environment = {**os.environ, "EQUALIS_HOME": str(home), "NO_COLOR": "1", "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}"}
    hooks: list[subprocess.Popen[bytes]] = []
    walked = 0
    try:
        for language, text in blocks():
            if language == "python":
                fill_in(tmp_path / "equalis_hook.py", text, ports)
                continue
            for line in text.splitlines():
                command, _, note = line.partition("    # exit ")
                if command.startswith("pip "):
                    continue  # what the page installs is what these tests run
                if command.endswith(" &"):
                    hooks.append(subprocess.Popen([sys.executable, *command.removesuffix(" &").split()[1:]], cwd=tmp_path, stdout=subprocess.PIPE))
                    assert b"listens" in (hooks[-1].stdout.readline() if hooks[-1].stdout else b"")
                    continue
                if "--failed-from" in command:
                    product.careful = True
                    newest = max((tmp_path / "reports").glob("*.asice"), key=lambda path: path.stat().st_mtime_ns)
                    command = command.replace("reports/*.asice", str(newest))
                done = subprocess.run(["bash", "-c", command], cwd=tmp_path, env=environment, capture_output=True, text=True, check=False, stdin=subprocess.DEVNULL)
                assert done.returncode == int(note or 0), f"{command}\n{done.stdout}{done.stderr}"
                walked += 1
                if command.startswith("equalis init"):
                    rewrite(tmp_path, ports)
        assert walked >= 6
    finally:
        for hook in hooks:
            hook.kill()
            hook.wait()


def rewrite(folder: Path, ports: dict[str, str]) -> None:
    """The page's ports as those that are free here, and the pace of a test."""
    for name in ("equalis.toml", "equalis_hook.py"):
        path = folder / name
        text = path.read_text(encoding="utf-8").replace("8090", ports["8090"]).replace("settle = 3 ", "settle = 0.2 ")
        path.write_text(text, encoding="utf-8")


def fill_in(stub: Path, function: str, ports: dict[str, str]) -> None:
    """Put the page's function where the stub has one that nobody wrote yet."""
    text = stub.read_text(encoding="utf-8")
    begins = text.index('@action("idv.create")')
    ends = text.index("raise NotImplementedError", begins) + len("raise NotImplementedError")
    stub.write_text(text[:begins] + function.replace("8070", ports["8070"]).rstrip() + text[ends:], encoding="utf-8")


@pytest.mark.parametrize("style", ["http", "command", "python", "operator"])
def test_init_writes_files_that_load_and_touches_nothing_that_is_there(home: Path, tmp_path: Path, style: str) -> None:
    """Each style: the configuration is read, the stub is Python with a function for each action, a second time is refused."""
    environment = {**os.environ, "EQUALIS_HOME": str(home)}

    def equalis(*words: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run([sys.executable, "-m", "equalis", *words], cwd=tmp_path, env=environment, capture_output=True, text=True,
                              check=False, stdin=subprocess.DEVNULL)  # fmt: skip

    words = ("init", "--name", 'Le "Cabinet" d\'Ä', "--driver", style, "--capability", "eprescription", "--ci", "github", "--ci", "gitlab", "--ci", "jenkins")
    first = equalis(*words)
    assert first.returncode == 0, first.stderr
    for path in tmp_path.glob("*.py"):
        compile(path.read_text(encoding="utf-8"), path.name, "exec")
        assert path.read_text(encoding="utf-8").count('@action("rx.') == 7
    asked = equalis("run", "eprescription/nothing")
    assert "no case `eprescription/nothing`" in asked.stderr
    before = {path: path.read_bytes() for path in tmp_path.rglob("*") if path.is_file()}
    again = equalis(*words)
    assert again.returncode == 2
    assert "there already" in again.stderr
    assert before == {path: path.read_bytes() for path in tmp_path.rglob("*") if path.is_file()}


def test_init_without_a_terminal_needs_a_name_and_knows_its_words(home: Path, tmp_path: Path) -> None:
    """No question is asked of a pipeline; a capability that nobody knows is told with the valid ones."""
    environment = {**os.environ, "EQUALIS_HOME": str(home)}
    for words, text in ((("init",), "give --name"), (("init", "--name", "X", "--capability", "idvv"), "did you mean `idv`?")):
        done = subprocess.run([sys.executable, "-m", "equalis", *words], cwd=tmp_path, env=environment, capture_output=True, text=True,
                              check=False, stdin=subprocess.DEVNULL)  # fmt: skip
        assert done.returncode == 2
        assert text in done.stderr
    assert not list(tmp_path.iterdir())


def test_init_writes_a_hook_in_the_language_that_is_asked_for(home: Path, tmp_path: Path) -> None:
    """Only the HTTP hook has another language than Python."""
    environment = {**os.environ, "EQUALIS_HOME": str(home)}
    for words, code, text in ((("--driver", "python", "--language", "csharp"), 2, "take --driver http"), (("--language", "csharp"), 0, "wrote equalis_hook.cs")):
        done = subprocess.run([sys.executable, "-m", "equalis", "init", "--name", "X", *words], cwd=tmp_path, env=environment, capture_output=True, text=True,
                              check=False, stdin=subprocess.DEVNULL)  # fmt: skip
        assert done.returncode == code, done.stderr
        assert text in done.stdout + done.stderr
    assert 'url = "http://localhost:8090"' in (tmp_path / "equalis.toml").read_text(encoding="utf-8")  # http.sys lets anybody listen there


@pytest.mark.skipif(sys.platform == "win32", reason="a pseudo-terminal is POSIX")
def test_init_asks_at_a_terminal(home: Path, tmp_path: Path) -> None:
    """Product, version, vendor, driver, capabilities: five questions, and the files are there."""
    import pty  # noqa: PLC0415 - POSIX only

    ours, theirs = pty.openpty()
    process = subprocess.Popen([sys.executable, "-m", "equalis", "init"], cwd=tmp_path, env={**os.environ, "EQUALIS_HOME": str(home)}, stdin=theirs,
                               stdout=subprocess.PIPE, stderr=subprocess.STDOUT)  # fmt: skip
    os.write(ours, b"Cabinet Plus\n4.2\nExemple SARL\npython\npid ra\n")
    shown, _ = process.communicate()
    os.close(ours)
    os.close(theirs)
    assert process.returncode == 0, shown.decode()
    text = (tmp_path / "equalis.toml").read_text(encoding="utf-8")
    assert 'name = "Cabinet Plus"' in text
    assert 'module = "equalis_actions.py"' in text
    assert 'capabilities = ["pid", "ra"]' in text
    assert '@action("pid.bill")' in (tmp_path / "equalis_actions.py").read_text(encoding="utf-8")
