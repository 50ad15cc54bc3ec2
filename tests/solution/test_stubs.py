"""The stubs in TypeScript and C#: they compile, answer as the contract says, and what is filled in there is judged."""

from __future__ import annotations

import contextlib
import json
import os
import re
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import httpx
import pytest

from tests.pace import PATIENCE, waited
from tests.test_vendor_page import free_port

NODE_TYPES = """\
declare module "http" {
  export class IncomingMessage { url?: string; setEncoding(name: string): void; }
  export class ServerResponse { writeHead(status: number, headers: { [name: string]: string }): void; end(text: string): void; }
  export function createServer(serve: (request: IncomingMessage, response: ServerResponse) => void): { listen(port: number, host: string, then: () => void): void };
}
declare const console: { log(text: string): void };
"""
"""What the stub uses of @types/node; the real one is the vendor's."""

FILLED = {
    "typescript": """\
action("idv.create", async (inputs) => {
  const traits = inputs.traits;
  if (current.world === undefined) throw new Error("never reset");
  if (traits.last_name === "odd") { const loop: any = {}; loop.loop = loop; return loop; }
  return { state: traits.matricule === "1990010112384" ? "refused" : "created", message: "reçu: " + traits.last_name };
});""",
    "csharp": """\
        Functions["idv.create"] = inputs =>
        {
            var traits = inputs.Element("traits");
            if (current == null) throw new Exception("never reset");
            if ((string)traits.Element("last_name") == "odd") return new Dictionary<string, object> {
                { "when", new DateTime(2026, 1, 2) }, { "more", new Dictionary<string, string> { { "a", "b" } } }, { "many", new[] { 1.5m, 2m } } };
            return new Dictionary<string, object> {
                { "state", (string)traits.Element("matricule") == "1990010112384" ? "refused" : "created" },
                { "message", "reçu: " + (string)traits.Element("last_name") } };
        };""",
}
BEGINS = {"typescript": 'action("idv.create"', "csharp": '        Functions["idv.create"]'}
ENDS = {"typescript": "});", "csharp": "        };"}


def compiled(language: str, folder: Path) -> list[str]:
    """Compile the stub as its vendor would; the command that starts it."""
    if language == "typescript":
        (folder / "node.d.ts").write_text(NODE_TYPES)
        line = next(line for line in (folder / "equalis_hook.ts").read_text(encoding="utf-8").splitlines() if "npx tsc" in line)
        words = [*line.split()[2:], "--strict", "--lib", "es2018", "node.d.ts"]  # as the stub says, and no library of a browser
        assert words[0] == "tsc"
        started = ["node", "equalis_hook.js"]
    else:
        words = ["mcs", "-warnaserror:", "-r:System.Runtime.Serialization", "-r:System.Xml", "-r:System.Xml.Linq", "equalis_hook.cs"]
        started = ["mono", "equalis_hook.exe"]
    done = subprocess.run(words, cwd=folder, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return started


Start = Callable[[list[str], Path, int], None]


def listens(port: int) -> bool:
    """Whether somebody takes connections there."""
    with contextlib.suppress(OSError), socket.create_connection(("localhost", port), PATIENCE):
        return True
    return False


@pytest.fixture
def start() -> Iterator[Start]:
    """Starts a hook, and waits until it listens."""
    running: list[subprocess.Popen[bytes]] = []

    def started(words: list[str], folder: Path, port: int) -> None:
        running.append(subprocess.Popen(words, cwd=folder, stdout=subprocess.PIPE, stderr=subprocess.STDOUT))
        said = running[-1].stdout
        assert said is not None
        assert str(port).encode() in said.readline()
        assert waited(lambda: listens(port))

    yield started
    for process in running:
        process.kill()
        process.wait()


@pytest.mark.parametrize("language", ["typescript", "csharp"])
def test_a_stub_compiles_answers_the_contract_and_is_judged(language: str, home: Path, tmp_path: Path, start: Start) -> None:
    """501 for what nobody wrote, the observation of what somebody did, and a case of it judged by `equalis run`."""
    environment, port = {**os.environ, "EQUALIS_HOME": str(home), "NO_COLOR": "1"}, free_port()

    def equalis(*words: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run([sys.executable, "-m", "equalis", *words], cwd=tmp_path, env=environment, capture_output=True, text=True,
                              check=False, stdin=subprocess.DEVNULL, encoding="utf-8")  # fmt: skip

    done = equalis("init", "--name", "X", "--driver", "http", "--language", language, "--url", f"http://127.0.0.1:{port}", "--capability", "idv")
    assert done.returncode == 0, done.stderr
    (stub,) = tmp_path.glob("equalis_hook.*")
    text = stub.read_text(encoding="utf-8")
    assert not re.search(r"\$\w", text.replace("${PORT}", ""))
    begins = text.index(BEGINS[language])
    stub.write_text(text[:begins] + FILLED[language] + text[text.index(ENDS[language], begins) + len(ENDS[language]) :], encoding="utf-8")
    start(compiled(language, tmp_path), tmp_path, port)
    with httpx.Client(base_url=f"http://{'localhost' if language == 'csharp' else '127.0.0.1'}:{port}/equalis", trust_env=False, timeout=PATIENCE) as client:
        assert client.get("/idle").json() == {"idle": True}
        assert client.post("/actions/idv.create", json={"traits": {"matricule": "1", "last_name": "Muller"}}).status_code == 500  # never reset
        assert client.post("/reset", json={"world": ["a"], "persons": {"patient": {"last_name": 'Müller "x"\n'}}}).json() == {}
        created = client.post("/actions/idv.create", json={"traits": {"matricule": "1", "last_name": 'Müller "x"\n'}})
        assert (created.status_code, created.json()) == (200, {"state": "created", "message": 'reçu: Müller "x"\n'})
        assert created.headers["content-type"].startswith("application/json")
        odd = client.post("/actions/idv.create", json={"traits": {"last_name": "odd"}})
        if language == "csharp":
            assert odd.json() == {"when": "2026-01-02", "more": {"a": "b"}, "many": [1.5, 2]}
        else:
            assert odd.status_code == 500  # no JSON holds it, and the hook lives on
        assert client.post("/actions/toString", json={}).status_code == 501
        assert client.post("/actions/idv.verify", json={}).status_code == 501
        assert client.post("/actions/unknown", json={}).status_code == 501
        assert client.post("/actions/idv.create", content=b"{").status_code == 500
    configuration = tmp_path / "equalis.toml"
    configuration.write_text(configuration.read_text(encoding="utf-8").replace("settle = 3 ", "settle = 0.2 "), encoding="utf-8")
    judged = equalis("run", "idv/numero-faux", "--json")
    assert judged.returncode == 1, judged.stderr
    found = {f"{case['case']}#{item['expectation']}": item["actual"] for case in json.loads(judged.stdout)["cases"] for item in case["findings"]}
    assert found["idv/numero-faux#refuse"].startswith("asked in `verifier`")  # it refuses that one number, and has shown nothing else yet
    assert found["idv/numero-faux@luhn#refuse"] == "state = created"  # and no other
