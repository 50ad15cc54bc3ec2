"""Products that call nobody: whatever they say, no case is OK."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from equalis.cases.loading import Loaded
from equalis.gateway.pki import Pki
from equalis.model.config import Config
from equalis.proof import pretending
from equalis.proof.bench import Bench, Place
from equalis.session import DEMO
from tests.conftest import Equalis
from tests.pace import PATIENCE

ONCE_OK = {
    "ra-pid/assertion-non-sure@echue": {"state": "refused"}, "ra-pid/authentification-refusee@faute": {"state": "refused"},
    "ra-pid/pid-acte-hors-pid@samu": {"state": "paper"}, "ra-pid/pid-accord@non-valide": {"state": "waiting"},
    "ra-pid/certificat-serveur@autre-nom": {"state": "refused"}, "ra-pid/ra-depot@sans-consentement": {"state": "no-consent"},
    "idv/collision": {"state": "collision"}, "idv/fictive": {"level": "/", "file": "1"}, "idv/validation-seule": {"level": "C", "file": "1"},
}  # fmt: skip
"""Cases that a product passed which says always this and calls nobody: in each of them to refuse, or to do nothing, is right."""


@pytest.fixture(scope="module")
def bench(home: Path, keys: Pki, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Bench]:
    assert keys.identities
    made = Bench(Place(home, tmp_path_factory.mktemp("pretending"), Config(DEMO)))
    yield made
    made.close()


@pytest.mark.parametrize("family", ["ra-pid", "idv", "eprescription"])
def test_no_case_is_ok_with_a_product_that_calls_nobody(bench: Bench, family: str) -> None:
    """The silent one, the echoing one, and the one that has read the case."""
    names = tuple(case.name for case in bench.loaded.pack.cases if case.family == family)
    for product in (pretending.SILENT, pretending.ECHOING, pretending.GUESSING):
        found = bench.pretend(product, names)
        assert (found.played, found.passed) == (len(names), ())


def test_the_guessing_product_guesses_well(loaded: Loaded) -> None:
    """The table shows something: what it says would please every expectation of a screen."""
    case = loaded.pack.case("idv/homonymes")
    assert case
    say = pretending.saying(pretending.GUESSING, loaded.bindings)
    step = next(item for item in case.steps if item.action == "idv.verify")
    action = loaded.pack.families["idv"].actions[step.action]
    wanted = {item.select.field: item.arguments.get("value") for item in case.expectations if item.select.observation == step.id and item.check == "equals"}
    said = say(case, step, action, {})
    assert wanted
    assert all(said[field] in {value, (value,)} or said[field] == value for field, value in wanted.items())


@pytest.mark.mends("7")
@pytest.mark.parametrize("name", ONCE_OK)
def test_a_hook_that_refuses_everything_and_calls_nobody_passes_nothing(name: str, equalis: Equalis, tmp_path: Path) -> None:
    """A vendor's program that has read the case, as a user would run it."""
    hook = tmp_path / "hook.py"
    hook.write_text(f"import sys\nsys.stdin.read()\nprint('{{}}' if sys.argv[-1] in ('reset', 'clock') else {json.dumps(ONCE_OK[name])!r})\n")
    (tmp_path / "equalis.toml").write_text(
        f'[solution]\nname = "X"\ndriver = "command"\ncommand = ["{sys.executable}", "{hook}"]\nsettle = 0.1\ntimeout = {PATIENCE}\n'
        'capabilities = ["pid", "ra", "ra-team", "ra-mysecu", "idv", "eprescription", "clock"]\n'
    )
    done = equalis("run", "--case", name)
    assert done.returncode == 1, done.stdout + done.stderr
