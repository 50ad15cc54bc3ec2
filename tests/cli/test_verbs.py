"""The verbs as a user runs them: messages, exit codes, files."""

from __future__ import annotations

import json
import os
import resource
import shutil
import signal
import socket
import subprocess
import sys
import xml.etree.ElementTree as ET
from pathlib import Path

import pytest

from tests.conftest import Equalis
from tests.pace import PATIENCE, PRODUCT, waited

HOOK = '[solution]\nname = "X"\ndriver = "http"\nurl = "http://127.0.0.1:9"\ntimeout = 1\ncapabilities = ["pid", "ra"]\n'


def test_run_without_a_solution_and_without_demo_exits_2(equalis: Equalis) -> None:
    """A pipeline that lost its equalis.toml must not pass."""
    done = equalis("run")
    assert done.returncode == 2
    assert "no solution is configured" in done.stderr
    assert "--demo" in done.stderr


def test_a_run_leaves_a_bundle_that_verify_finds_authentic(equalis: Equalis, tmp_path: Path) -> None:
    """run, verify, report, evidence: the same verdicts in each."""
    done = equalis("run", "--demo", "ra-pid/pid-consultation-enfant")
    assert done.returncode == 0, done.stderr
    assert "level S · EMBEDDED · not a label" in done.stdout
    (bundle,) = (tmp_path / "reports").glob("*.asice")
    shown = equalis("verify", str(bundle))
    assert shown.returncode == 0
    for word in ("container", "seals", "self-issued", "recomputed", "tool"):
        assert word in shown.stdout
    found = json.loads(equalis("report", str(bundle), "--as", "json").stdout)
    assert found["outcome"] == "OK"
    assert ET.fromstring(equalis("report", str(bundle), "--as", "junit").stdout).tag == "testsuites"
    assert "OK" in equalis("report", str(bundle)).stdout
    assert equalis("evidence", str(bundle), "--to", "out", "--har").returncode == 0
    log = json.loads((tmp_path / "out" / "exchanges.har").read_text())["log"]
    assert len(log["entries"]) == len(list((tmp_path / "out").rglob("*-request.http")))
    assert equalis("verify", str(bundle.with_suffix(""))).returncode == 0


def test_a_defect_exits_1_with_a_ko_and_json_says_the_same(equalis: Equalis) -> None:
    """The KO text goes to the reader, the document to the machine."""
    done = equalis("run", "--defect", "shows-own-share", "ra-pid/pid-consultation-adulte")
    assert done.returncode == 1
    assert "KO  ra-pid/pid-consultation-adulte · part-patient · PID-052" in done.stdout
    assert "7.00" in done.stdout
    done = equalis("run", "--defect", "shows-own-share", "ra-pid/pid-consultation-adulte", "--json")
    assert done.returncode == 1
    assert json.loads(done.stdout)["outcome"] == "KO"


@pytest.mark.parametrize(
    ("words", "text"),
    [
        (("run", "--demo", "ra-pid/nothing"), "no case `ra-pid/nothing`"),
        (("run", "--demo", "--family", "zz"), "valid families: eprescription, idv, ra-pid"),
        (("run", "--defect", "zz"), "valid defects"),
        (("rnu",), "did you mean `run`? valid verbs: diff, docs, doctor"),
        (("run", "--nonsense"), "No such option"),
        (("verify", "nothing.asice"), "does not exist"),
        (("explain", "ra-pid/ra-depo"), "did you mean `ra-pid/ra-depot`?"),
        (("explain", "ra-pid/ra-depot#schem"), "did you mean `schema`?"),
        (("run", "--resume", "."), "no run directory"),
        (("lint", "nowhere"), "does not exist"),
        (("run", "--demo", "--bindings", "nowhere"), "nowhere is no folder"),
    ],
)
def test_what_is_asked_wrongly_exits_2_with_one_clear_message(equalis: Equalis, words: tuple[str, ...], text: str) -> None:
    """The valid words are in the message, and there is no traceback."""
    done = equalis(*words)
    assert done.returncode == 2, done.stdout + done.stderr
    assert text in done.stderr
    assert "Traceback" not in done.stderr


def test_a_broken_case_or_configuration_exits_2_with_its_line(equalis: Equalis, tmp_path: Path) -> None:
    """Line, caret and remedy; before anything is played."""
    (tmp_path / "equalis.toml").write_text('[solution]\nnam = "X"\n')
    done = equalis("run")
    assert done.returncode == 2
    assert "equalis.toml:2" in done.stderr
    assert "did you mean `name`?" in done.stderr
    folder = tmp_path / "mine" / "ra-pid"
    folder.mkdir(parents=True)
    (folder / "x.yaml").write_text("case: ra-pid/x\ntitle: [\n")
    (tmp_path / "equalis.toml").write_text(HOOK + '[run]\nscenarios = ["mine"]\n')
    done = equalis("run")
    assert done.returncode == 2
    assert "mine/ra-pid/x.yaml:3" in done.stderr
    assert equalis("lint", "mine").returncode == 2
    (folder / "x.yaml").chmod(0)
    (folder / "x.yaml").unlink()
    (folder / "x.yaml").symlink_to("/etc/hostname")
    done = equalis("lint")
    assert done.returncode == 2
    assert "leads out of" in done.stderr


def test_a_solution_that_does_not_answer_is_a_matter_of_configuration(equalis: Equalis, tmp_path: Path) -> None:
    """Exit 3, never 1; the message says what to mend, and the run directory is kept."""
    (tmp_path / "equalis.toml").write_text(HOOK)
    done = equalis("run")
    assert done.returncode == 3
    assert "does not answer at http://127.0.0.1:9" in done.stderr
    assert "equalis.toml" in done.stderr
    assert "Traceback" not in done.stderr
    (folder,) = (tmp_path / "reports").iterdir()
    shown = equalis("verify", str(folder))
    assert shown.returncode == 3
    assert "INCOMPLETE" in shown.stdout


@pytest.mark.parametrize("verb", [("serve", "--port"), ("run", "--demo")])
def test_a_port_in_use_is_said_clearly(equalis: Equalis, tmp_path: Path, verb: tuple[str, ...]) -> None:
    """Which port, and how to choose another."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        if verb[0] == "serve":
            done = equalis(*verb, str(port))
        else:
            (tmp_path / "equalis.toml").write_text(HOOK + f"[environment]\nport = {port}\n")
            done = equalis(*verb)
    assert done.returncode == 2
    assert str(port) in done.stderr
    assert "port" in done.stderr
    assert "Traceback" not in done.stderr


def test_a_full_disk_stops_the_run_with_one_message_and_loses_nothing(home: Path, tmp_path: Path) -> None:
    """A limit on file size stands for the full disk: the run is INCOMPLETE and resumes."""
    environment = {**os.environ, "EQUALIS_HOME": str(home)}

    def limit() -> None:
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        resource.setrlimit(resource.RLIMIT_FSIZE, (60_000, 60_000))

    command = [sys.executable, "-m", "equalis", "run", "--demo", "ra-pid/pid-consultation-adulte"]
    done = subprocess.run(command, cwd=tmp_path, env=environment, capture_output=True, text=True, check=False,
                          preexec_fn=limit, stdin=subprocess.DEVNULL)
    assert done.returncode == 3, done.stderr
    assert "INCOMPLETE" in done.stderr
    assert "make room" in done.stderr
    assert "Traceback" not in done.stderr
    (folder,) = (tmp_path / "reports").iterdir()
    resumed = subprocess.run([sys.executable, "-m", "equalis", "run", "--resume", str(folder)], cwd=tmp_path,
                             env=environment, capture_output=True, text=True, check=False, stdin=subprocess.DEVNULL)  # fmt: skip
    assert resumed.returncode == 0, resumed.stderr
    assert "3 of 3 cases judged" in resumed.stdout


def test_an_unwritable_folder_is_said_clearly(equalis: Equalis, tmp_path: Path) -> None:
    """A file where the folder should be."""
    (tmp_path / "reports").write_text("x")
    done = equalis("run", "--demo", "ra-pid/pid-consultation-enfant")
    assert done.returncode == 3
    assert "reports" in done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize("what", ["cases", "checks", "requirements", "services", "actions", "seeds", "defects"])
def test_every_list_has_a_form_for_people_and_one_for_machines(equalis: Equalis, what: str) -> None:
    """As many lines as rows."""
    rows = json.loads(equalis("list", what, "--json").stdout)
    assert rows
    assert len(equalis("list", what).stdout.splitlines()) == len(rows)


def test_explain_says_what_is_demanded_and_why(equalis: Equalis) -> None:
    """Sentence, requirement, source, check, remedy, how to replay."""
    shown = equalis("explain", "ra-pid/pid-consultation-adulte#part-patient").stdout
    for word in ("PID-052", "modelled", "same-as", "mend", "equalis run"):
        assert word in shown
    assert "hang-after-commit" in equalis("explain", "ra-pid/pid-paiement-pannes@muette-apres").stdout


@pytest.mark.usefixtures("ctrl_c")
def test_serve_prints_what_to_put_into_the_product_and_shows_exchanges(home: Path, tmp_path: Path) -> None:
    """Addresses, certificates, test persons; Ctrl-C stops it."""
    environment = {**os.environ, "EQUALIS_HOME": str(home), "PYTHONUNBUFFERED": "1"}
    process = subprocess.Popen([sys.executable, "-m", "equalis", "serve", "--port", "0"], cwd=tmp_path, env=environment,
                               stdout=subprocess.PIPE, text=True)  # fmt: skip
    assert process.stdout
    lines = []
    for line in process.stdout:
        lines.append(line)
        if "Exchanges" in line:
            break
    address = next(line for line in lines if "/mysecu" in line).split()[1]
    port = int(address.split(":")[2].split("/")[0])
    socket.create_connection(("127.0.0.1", port)).close()
    assert "TLS handshake refused" in process.stdout.readline()
    process.send_signal(signal.SIGINT)
    assert process.wait(PATIENCE) == 0
    text = "".join(lines)
    assert "1985031421294" in text
    assert "authority.pem" in text


def test_help_is_quick_and_imports_nothing_heavy() -> None:
    """`--help` touches neither lxml nor the gateway, the judge, pyHanko or rich."""
    program = "import sys; sys.argv = ['equalis', '--help']\nfrom equalis.cli import main\ntry:\n    main()\nexcept SystemExit:\n    print([m for m in ('lxml', 'yaml', 'uvicorn', 'pyhanko', 'rich', 'httpx', 'jsonschema', 'cryptography') if m in sys.modules])"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout.rstrip().endswith("[]")


def test_the_wheel_runs_from_any_folder_of_an_empty_environment(tmp_path: Path) -> None:
    """Scenarios, bindings and schemas travel inside the wheel."""
    repository = Path(__file__).parent.parent.parent
    subprocess.run([sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(tmp_path)], cwd=repository,
                   check=True, capture_output=True)  # fmt: skip
    (wheel,) = tmp_path.glob("*.whl")
    folder = tmp_path / "site"
    shutil.unpack_archive(str(wheel), folder, "zip")
    assert (folder / "equalis" / "shipped" / "scenarios" / "ra-pid" / "people.yaml").is_file()
    environment = {**os.environ, "PYTHONPATH": str(folder), "EQUALIS_HOME": str(tmp_path / "home")}
    program = ("import equalis, sys; assert equalis.__file__.startswith(sys.argv.pop(1)); "
               "from equalis.cli import main; main()")  # fmt: skip
    done = subprocess.run([sys.executable, "-c", program, str(folder), "run", "--demo", "ra-pid/jeton"], cwd=tmp_path,
                          env=environment, capture_output=True, text=True, check=False, stdin=subprocess.DEVNULL)  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert "a key was made" in done.stdout


@pytest.mark.usefixtures("ctrl_c")
def test_a_run_that_is_interrupted_says_how_to_go_on(home: Path, tmp_path: Path) -> None:
    """Ctrl-C is not a crash."""
    environment = {**os.environ, "EQUALIS_HOME": str(home)}
    process = subprocess.Popen([sys.executable, "-m", "equalis", "run", "--demo"], cwd=tmp_path, env=environment,
                               stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, stdin=subprocess.DEVNULL)  # fmt: skip
    assert waited(lambda: any('"request"' in log.read_text() for log in tmp_path.glob("reports/*/evidence/log.jsonl")))
    process.send_signal(signal.SIGINT)
    _, errors = process.communicate(timeout=PATIENCE)
    assert process.returncode == 3
    assert "--resume" in errors
    assert "Traceback" not in errors


def test_a_run_in_which_no_case_applies_is_not_ok(equalis: Equalis, tmp_path: Path) -> None:
    """A pipeline that lost its capabilities must not pass."""
    hook = tmp_path / "hook.py"
    hook.write_text("import json, sys\njson.load(sys.stdin)\nprint('{}')\n")
    (tmp_path / "equalis.toml").write_text(
        f'[solution]\nname = "X"\ndriver = "command"\ncommand = [{json.dumps(sys.executable)}, {json.dumps(str(hook))}]\n'
        f"timeout = {PRODUCT}\nsettle = 0.1\ncapabilities = []\n"
    )
    done = equalis("run", "ra-pid/jeton")
    assert done.returncode == 3, done.stdout
    assert "NOT_APPLICABLE" in done.stdout


def test_a_run_is_finished_by_the_product_that_began_it(equalis: Equalis, tmp_path: Path) -> None:
    """`--resume` with another solution exits 2."""
    (tmp_path / "equalis.toml").write_text(HOOK)
    equalis("run")
    (folder,) = (tmp_path / "reports").iterdir()
    done = equalis("run", "--resume", str(folder), "--demo")
    assert done.returncode == 2
    assert "is a run of X" in done.stderr


def test_a_product_that_calls_late_is_waited_for(equalis: Equalis, tmp_path: Path) -> None:
    """A driver that cannot tell is settled after `settle` seconds of silence, in each case anew."""
    hook = tmp_path / "hook.py"
    hook.write_text(
        "import json, ssl, subprocess, sys, urllib.request\n"
        "document = json.load(sys.stdin)\n"
        "if sys.argv[1] == 'reset':\n    open('address', 'w').write(document['services']['idp'])\n"
        "else:\n    code = 'import time, ssl, http.client, sys; time.sleep(0.6); u = open(\"address\").read().split(\"/\")[2]; '\n"
        "    code += 'c = http.client.HTTPSConnection(u, context=ssl._create_unverified_context()); c.request(\"GET\", \"/idp/late\"); c.getresponse()'\n"
        "    subprocess.Popen([sys.executable, '-c', code], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)\n"
        "print('{}')\n"
    )
    (tmp_path / "equalis.toml").write_text(
        f'[solution]\nname = "X"\ndriver = "command"\ncommand = [{json.dumps(sys.executable)}, {json.dumps(str(hook))}]\n'
        f"timeout = {PRODUCT}\nsettle = {PRODUCT * 2}\n"
    )
    done = equalis("run", "ra-pid/authentification-refusee", "--json")
    assert done.returncode == 1, done.stderr
    (folder,) = [path for path in (tmp_path / "reports").iterdir() if path.is_dir()]
    events = [json.loads(line) for line in (folder / "evidence" / "log.jsonl").read_text().splitlines()]
    calls = [event["case"] for event in events if event["event"] == "request"]
    assert len(calls) == len(set(calls)) == 6


def test_a_reader_who_leaves_does_not_end_the_run(home: Path, tmp_path: Path) -> None:
    """`equalis run | head -1` seals its bundle, and a report to a closed pipe is no KO."""
    environment = {**os.environ, "EQUALIS_HOME": str(home)}
    command = f"{sys.executable} -m equalis run --demo ra-pid/pid-accord | head -1; echo ${{PIPESTATUS[0]}}"
    done = subprocess.run(["bash", "-c", command], cwd=tmp_path, env=environment, capture_output=True, text=True,
                          check=False, stdin=subprocess.DEVNULL)  # fmt: skip
    assert done.stdout.splitlines()[-1] == "0", done.stderr
    (bundle,) = (tmp_path / "reports").glob("*.asice")
    command = f"{sys.executable} -m equalis report {bundle} --as json | true; echo ${{PIPESTATUS[0]}}"
    done = subprocess.run(["bash", "-c", command], cwd=tmp_path, env=environment, capture_output=True, text=True,
                          check=False, stdin=subprocess.DEVNULL)  # fmt: skip
    assert done.stdout.splitlines()[-1] == "0", done.stderr


NOTHING = "import json, sys\njson.load(sys.stdin)\nprint('{}')\n"


def product(tmp_path: Path, program: str, capabilities: str) -> None:
    hook = tmp_path / "hook.py"
    hook.write_text(program)
    (tmp_path / "equalis.toml").write_text(
        f'[solution]\nname = "X"\ndriver = "command"\ncommand = [{json.dumps(sys.executable)}, {json.dumps(str(hook))}]\n'
        f"timeout = {PRODUCT}\nsettle = 0.1\ncapabilities = {capabilities}\n"
    )


@pytest.mark.parametrize(
    ("screen", "capabilities"),
    [
        ("{}", '["pid", "ra", "ra-mysecu", "idv", "eprescription"]'), ('{"state": "paid"}', '["pid", "ra", "ra-mysecu"]'),
        ('{"state": "refused", "message": "non"}', '["eprescription"]'), ('{"state": "refused", "level": "D"}', '["idv"]'),
        ('{"state": "created", "level": "B"}', '["idv"]'), ('{"state": "issued", "prescription": "x"}', '["eprescription"]'),
    ],
)  # fmt: skip
def test_a_product_that_does_nothing_has_no_case_ok(equalis: Equalis, tmp_path: Path, screen: str, capabilities: str) -> None:
    """Never green by absence: not calling is not refusing, whatever the screen says."""
    product(tmp_path, NOTHING.replace("{}", screen), capabilities)
    families = [word for name in ("idv", "eprescription") if name in capabilities and "pid" not in capabilities for word in ("--family", name)]
    done = equalis("run", "--json", *families)
    assert done.returncode == 1
    found = json.loads(done.stdout)
    outcomes = {case["outcome"] for case in found["cases"]}
    assert "KO" in outcomes
    assert "OK" not in outcomes


@pytest.mark.parametrize(
    "program",
    [
        "import json, sys\njson.load(sys.stdin)\nprint('{\"message\": \"\\\\ud83d\"}')\n",
        "import sys\nsys.stdin.read()\nsys.stdout.buffer.write(b'\\xff\\xfe')\n",
        "import json, sys\njson.load(sys.stdin)\nprint('[' * 100000)\n",
        "import json, sys\njson.load(sys.stdin)\nprint('{\"paid\": 1e400}')\n",
    ],
)
def test_a_hook_that_answers_nonsense_is_a_matter_of_configuration(equalis: Equalis, tmp_path: Path, program: str) -> None:
    """Exit 3, never 1 and never 70."""
    product(tmp_path, program, '["pid"]')
    done = equalis("run", "ra-pid/pid-consultation-enfant")
    assert done.returncode == 3, done.stdout + done.stderr
    assert "configuration" in done.stdout
    assert "Traceback" not in done.stderr


def test_a_misspelt_capability_is_a_mistake(equalis: Equalis, tmp_path: Path) -> None:
    """It would silently test nothing."""
    product(tmp_path, NOTHING, '["pidd"]')
    done = equalis("run")
    assert done.returncode == 2
    assert "did you mean `pid`?" in done.stderr


def test_an_own_case_may_not_take_a_shipped_name(equalis: Equalis, tmp_path: Path) -> None:
    """Nobody weakens a shipped MUST unseen."""
    folder = tmp_path / "mine" / "ra-pid"
    folder.mkdir(parents=True)
    (folder / "jeton.yaml").write_text("case: ra-pid/jeton\n")
    assert equalis("lint", "mine").returncode == 2
    (folder / "jeton.yaml").rename(folder / "jeton.yml")
    assert "name it .yaml" in equalis("lint", "mine/ra-pid").stderr or equalis("lint", "mine").returncode == 2


def test_an_altered_bundle_exits_4_in_every_verb_that_reads_it(equalis: Equalis, demo_bundle: Path, tmp_path: Path) -> None:
    """verify, report and evidence refuse it with one line; another bundle beside it is still checked."""
    content = bytearray(demo_bundle.read_bytes())
    content[len(content) // 2] ^= 1
    (tmp_path / "x.asice").write_bytes(content)
    for words in (("verify", "x.asice"), ("report", "x.asice"), ("evidence", "x.asice", "--to", "out")):
        done = equalis(*words)
        assert done.returncode == 4, words
        assert "authentic" in done.stderr.lower()
    done = equalis("verify", "x.asice", str(demo_bundle))
    assert done.returncode == 4
    assert "conformity" in done.stdout


BUSY = """
import json, sys, threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

class Hook(BaseHTTPRequestHandler):
    def answer(self):
        text = b'{"idle": false}' if self.command == "GET" else b'{"state": "refused"}'
        self.rfile.read(int(self.headers.get("Content-Length") or 0))
        self.send_response(200)
        self.send_header("Content-Length", str(len(text)))
        self.end_headers()
        self.wfile.write(text)
    do_GET = do_POST = answer
    def log_message(self, *_):
        pass

server = ThreadingHTTPServer(("127.0.0.1", 0), Hook)
print(server.server_address[1], flush=True)
server.serve_forever()
"""


def test_a_product_that_is_never_idle_is_judged_and_met_anew(equalis: Equalis, tmp_path: Path) -> None:
    """Several steps, several cases, a hook that says busy for ever: KO, and no defect of ours."""
    process = subprocess.Popen([sys.executable, "-c", BUSY], stdout=subprocess.PIPE, text=True)
    assert process.stdout
    port = process.stdout.readline().strip()
    folder = tmp_path / "mine" / "ra-pid"
    folder.mkdir(parents=True)
    step = ('  - {{id: {0}, ask: Connectez., action: auth.login, input: {{provider: "${{people.generaliste.matricule}}"}}, '
            "until: {{seen: idp.authenticate, within: 300ms}}}}\n")  # fmt: skip
    (folder / "occupe.yaml").write_text(
        "case: ra-pid/occupe\ntitle: Un produit toujours occupé\nsteps:\n" + step.format("un") + step.format("deux")
        + "expect:\n  - {id: a, must: Appeler., requirement: IDP-010, select: {operation: idp.authenticate}, check: present}\n"
        "variants:\n  - {id: encore, title: Encore}\n"
    )
    (tmp_path / "equalis.toml").write_text(
        HOOK.replace(":9", f":{port}").replace("timeout = 1", f"timeout = {PRODUCT}\nsettle = 0.1") + '[run]\nscenarios = ["mine"]\n'
    )
    done = equalis("run", "ra-pid/occupe")
    process.kill()
    process.wait()
    process.stdout.close()
    assert done.returncode == 1, done.stdout + done.stderr
    assert "2 of 2 cases judged: 2 KO" in done.stdout
