"""The driver `python`: functions of a vendor's own file, in one thread, with their faults put where they belong."""

from __future__ import annotations

from pathlib import Path

import pytest

from equalis.model.case import Action, Step
from equalis.model.config import Solution
from equalis.model.source import Source
from equalis.solution.port import DriverError, ProductFailure, Reset
from equalis.solution.python import PythonDriver
from tests.conftest import Equalis
from tests.pace import PATIENCE, PRODUCT

ACTIONS = """
import threading, time
from equalis.solution.python import ProductFailed, action

told = {}

@action("reset")
def reset(document):
    told["case"] = document["case"]

@action("a.good")
def good(inputs):
    return {"given": inputs["x"], "case": told["case"], "thread": threading.get_ident()}

@action("a.crashes")
def crashes(inputs):
    raise ProductFailed("the window is gone")

@action("a.raises")
def raises(inputs):
    return inputs["nothing"]

@action("a.text")
def text(inputs):
    return "paid"

@action("a.hangs")
def hangs(inputs):
    time.sleep(600)
"""


def driver(folder: Path, text: str = ACTIONS, timeout: float = PATIENCE) -> PythonDriver:
    (folder / "acts.py").write_text(text)
    return PythonDriver(Solution("X", "python", module=str(folder / "acts.py"), timeout=timeout))


def asked(found: PythonDriver, name: str) -> object:
    return found.act(Action(name, "", (), (), Source("")), Step("s", "", Source("")), {"x": 1}).fields


def test_a_function_gets_the_inputs_and_returns_what_is_seen_always_in_one_thread(tmp_path: Path) -> None:
    """What the reset told is there, and a tool that drives a screen may keep to its thread."""
    found = driver(tmp_path)
    found.reset(Reset("r", "ra-pid/x", (), {}, {}))
    first, second = asked(found, "a.good"), asked(found, "a.good")
    assert first == second
    assert isinstance(first, dict)
    assert (first["given"], first["case"]) == (1, "ra-pid/x")
    found.close()


def test_a_failure_of_the_product_is_evidence_and_one_of_the_function_is_not(tmp_path: Path) -> None:
    """ProductFailed is judged; an exception, a missing function, a wrong return are told with their remedy."""
    found = driver(tmp_path)
    with pytest.raises(ProductFailure, match="the window is gone"):
        asked(found, "a.crashes")
    for name, words in (("a.raises", r"KeyError: 'nothing' \(acts.py:\d+\)"), ("a.text", "returns no dict"), ("a.other", "has no function for a.other")):
        with pytest.raises(DriverError, match=words) as caught:
            asked(found, name)
        assert caught.value.remedy


def test_a_function_that_hangs_is_left_behind(tmp_path: Path) -> None:
    """The product went silent; the next action is asked in a new thread."""
    found = driver(tmp_path)
    found._limit = 0.3
    with pytest.raises(ProductFailure, match="did not come back"):
        asked(found, "a.hangs")
    found._limit = PATIENCE
    found.reset(Reset("r", "c", (), {}, {}))
    assert asked(found, "a.good")


@pytest.mark.parametrize(("text", "words"), [("import nowhere_at_all\n", "ModuleNotFoundError"), ("def broken(:\n", "SyntaxError")])
def test_a_file_that_cannot_be_loaded_is_a_matter_of_configuration(tmp_path: Path, text: str, words: str) -> None:
    """With the kind of error and the place."""
    with pytest.raises(DriverError, match=words):
        driver(tmp_path, text)
    with pytest.raises(DriverError, match="does not exist"):
        PythonDriver(Solution("X", "python", module=str(tmp_path / "nowhere.py")))


FUNCTIONS = """
from equalis.demo.defects import Switches
from equalis.demo.practice import Practice
from equalis.solution.python import action

practice = None

@action("reset")
def reset(document):
    global practice
    practice = Practice(document, PATIENCE, Switches())

def does(name):
    @action(name)
    def act(inputs):
        return practice.act(name, inputs)
    return act

create, verify = does("idv.create"), does("idv.verify")
"""


def test_a_product_behind_functions_is_judged_like_any_other(equalis: Equalis, tmp_path: Path) -> None:
    """A real run, sealed; the function that the second case needs and that is missing is a matter of configuration."""
    (tmp_path / "acts.py").write_text(FUNCTIONS.replace("PATIENCE", str(PRODUCT)))
    (tmp_path / "equalis.toml").write_text(
        f'[solution]\nname = "X"\ndriver = "python"\nmodule = "acts.py"\ntimeout = {PRODUCT}\nsettle = 0.2\ncapabilities = ["idv"]\n'
    )
    done = equalis("run", "idv/verification")
    assert done.returncode == 0, done.stdout + done.stderr
    lacking = equalis("run", "idv/validation")
    assert lacking.returncode == 3
    assert 'write one under @action("idv.validate")' in lacking.stdout
