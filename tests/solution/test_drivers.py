"""The drivers: real processes, a real hook, a person who types."""

from __future__ import annotations

import json
import sys
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, ClassVar

import pytest

from equalis.cases.contract import MistypedError, observed
from equalis.cases.loading import Loaded
from equalis.model.case import Action, Step
from equalis.model.config import Solution
from equalis.model.source import Source
from equalis.solution.command import CommandDriver
from equalis.solution.demo import DemoDriver
from equalis.solution.http import HttpDriver
from equalis.solution.operator import Answers, Briefing, OperatorDriver, Task, attachment
from equalis.solution.port import DriverError, ProductFailure, Reset
from tests.pace import PATIENCE

STEP = Step("s", "Facturez.", Source("x"))
RESET = Reset("run", "ra-pid/x", ("pid-active",), {"patient": {"matricule": "1"}}, {"idp": "https://x"})


@pytest.fixture
def bill(loaded: Loaded) -> Action:
    """The action pid.bill."""
    return loaded.pack.families["ra-pid"].actions["pid.bill"]


class Hook(BaseHTTPRequestHandler):
    """A vendor's hook that answers what the test says."""

    answers: ClassVar[dict[str, tuple[int, str]]] = {}
    got: ClassVar[list[tuple[str, Any]]] = []

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self.got.append((self.path, json.loads(body)))
        self._answer()

    def do_GET(self) -> None:
        self._answer()

    def _answer(self) -> None:
        status, text = self.answers.get(self.path, (200, "{}"))
        self.send_response(status)
        self.send_header("Content-Length", str(len(text)))
        self.end_headers()
        self.wfile.write(text.encode())

    def log_message(self, *_: object) -> None:
        return


@pytest.fixture
def hook() -> Iterator[HttpDriver]:
    """A driver of a real hook on loopback."""
    Hook.answers, Hook.got = {}, []
    server = ThreadingHTTPServer(("127.0.0.1", 0), Hook)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    driver = HttpDriver(Solution("x", "http", url=f"http://127.0.0.1:{server.server_address[1]}", timeout=PATIENCE))
    yield driver
    driver.close()
    server.shutdown()
    server.server_close()


def test_the_hook_gets_the_reset_and_the_typed_inputs(hook: HttpDriver, bill: Action) -> None:
    """World, persons, services and clock arrive; money travels as text."""
    Hook.answers = {"/equalis/actions/pid.bill": (200, '{"state": "paid", "paid": "50.78"}'), "/equalis/idle": (200, '{"idle": true}')}
    hook.reset(RESET)
    seen = hook.act(bill, STEP, {"patient": "1", "acts": ({"code": "C1"},)})
    hook.clock(60)
    assert hook.idle() is True
    assert dict(seen.fields) == {"state": "paid", "paid": "50.78"}
    assert Hook.got[0][1]["world"] == ["pid-active"]
    assert Hook.got[1] == ("/equalis/actions/pid.bill", {"patient": "1", "acts": [{"code": "C1"}]})
    assert Hook.got[2] == ("/equalis/clock", {"offset": 60})


def test_what_the_product_does_wrong_is_told_apart_from_what_the_hook_lacks(hook: HttpDriver, bill: Action) -> None:
    """HTTP 500 is the product's failure; 501, no JSON and no answer at all are matters of configuration."""
    path = "/equalis/actions/pid.bill"
    Hook.answers = {path: (500, "boom")}
    with pytest.raises(ProductFailure, match="boom"):
        hook.act(bill, STEP, {})
    for answer in ((501, ""), (200, "[]")):
        Hook.answers = {path: answer}
        with pytest.raises(DriverError):
            hook.act(bill, STEP, {})
    dead = HttpDriver(Solution("x", "http", url="http://127.0.0.1:9"))
    with pytest.raises(DriverError, match="does not answer") as caught:
        dead.reset(RESET)
    assert "equalis.toml" in caught.value.remedy
    with pytest.raises(ProductFailure):
        dead.act(bill, STEP, {})
    dead.close()


def test_a_hook_that_cannot_tell_whether_it_is_idle_says_so(hook: HttpDriver) -> None:
    """501 means that silence must decide."""
    Hook.answers = {"/equalis/idle": (501, "")}
    assert hook.idle() is None


PROGRAM = """
import json, sys
word, document = sys.argv[-1], json.load(sys.stdin)
if word == "pid.bill":
    print(json.dumps({"state": "paid", "memoire": document["patient"]}))
elif word == "ra.cancel":
    sys.exit(78)
elif word == "ra.state":
    sys.exit("it crashed")
elif word == "ra.consent":
    print("no json")
"""


def test_a_command_gets_the_action_and_answers_json(tmp_path: Path, bill: Action, loaded: Loaded) -> None:
    """Exit 78 means unknown action, another code a failure of the product."""
    program = tmp_path / "driver.py"
    program.write_text(PROGRAM)
    driver = CommandDriver(Solution("x", "command", command=(sys.executable, str(program))))
    driver.reset(RESET)
    assert dict(driver.act(bill, STEP, {"patient": "7"}).fields) == {"state": "paid", "memoire": "7"}
    actions = loaded.pack.families["ra-pid"].actions
    with pytest.raises(DriverError, match="does not know"):
        driver.act(actions["ra.cancel"], STEP, {})
    with pytest.raises(ProductFailure, match="it crashed"):
        driver.act(actions["ra.state"], STEP, {})
    with pytest.raises(DriverError, match="no JSON"):
        driver.act(actions["ra.consent"], STEP, {})
    with pytest.raises(DriverError, match="cannot be run"):
        CommandDriver(Solution("x", "command", command=("/no/such/program",))).reset(RESET)


class Person:
    """An operator who answers from a list."""

    def __init__(self, answers: dict[str, str]) -> None:
        self.answers, self.said = answers, [""]

    def brief(self, briefing: Briefing) -> None:
        self.said.append(briefing.case)

    def perform(self, task: Task) -> Answers:
        self.said += [task.sentence, *(f"{label}: {value}" for label, value in task.inputs)]
        return Answers({field.name: self.answers.get(field.name) for field in task.fields}, (attachment("e.pdf", b"%PDF-1.7"),))

    def wait(self, text: str) -> None:
        self.said.append(text)


def test_an_operator_is_asked_for_every_observation_and_it_is_attested(bill: Action) -> None:
    """What the operator does not see is left out."""
    person = Person({"state": "paid", "shares.patient": "6.92"})
    driver = OperatorDriver(person)
    driver.reset(RESET)
    seen = driver.act(bill, STEP, {"patient": "1"})
    assert seen.attested
    assert dict(seen.fields) == {"state": "paid", "shares.patient": "6.92"}
    assert "Facturez." in person.said
    assert [(item.name, item.media) for item in seen.attachments] == [("e.pdf", "application/pdf")]
    assert driver.idle() is None


def test_an_observation_of_another_type_is_a_matter_of_the_hook(bill: Action) -> None:
    """Money as `6,92 €` is not the product's KO."""
    assert str(observed(bill, {"paid": 50.78, "message": None})["paid"]) == "50.78"
    for wrong in ({"paid": "6,92 €"}, {"state": "payé"}, {"anomalies": "A1"}):
        with pytest.raises(MistypedError) as caught:
            observed(bill, wrong)
        assert caught.value.remedy.startswith("mend the hook")


def test_the_demonstration_solution_starts_and_ends_with_its_driver() -> None:
    """No process is left behind."""
    driver = DemoDriver(Solution("demo", "demo"))
    process = driver._process
    assert driver.idle() is True
    driver.close()
    assert process.poll() == 0
    with pytest.raises(DriverError, match="did not start"):
        DemoDriver(Solution("demo", "demo"), ["no-such-defect"])
