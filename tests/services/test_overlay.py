"""Everything modelled is data: another wire and other people come in as files, and the cases run unchanged."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Any

import pytest
import yaml

from equalis import packs
from equalis.cases.loading import Loaded
from equalis.demo.__main__ import Hook
from equalis.demo.practice import Practice, Ways
from tests.conftest import REPOSITORY
from tests.pace import PRODUCT
from tests.services.cda_wire import CdaWire

OVERLAY = REPOSITORY / "tests" / "overlays" / "cda"
CONFIGURATION = """\
[solution]
name = "the demo, in XML"
driver = "http"
url = "http://127.0.0.1:{port}"
timeout = {timeout}
settle = 0.2
capabilities = ["eprescription", "clock"]

[environment]
{environment}
"""


@pytest.fixture
def hook() -> Iterator[Hook]:
    """The demo, whose way to the prescription service is another one."""
    served = Hook(0, PRODUCT, (), partial(Practice, ways=Ways(prescriptions=CdaWire)))
    threading.Thread(target=served.serve_forever, daemon=True).start()
    yield served
    served.shutdown()
    served.server_close()


def run(folder: Path, home: Path, *words: str) -> subprocess.CompletedProcess[str]:
    environment = {**os.environ, "EQUALIS_HOME": str(home), "NO_COLOR": "1"}
    return subprocess.run([sys.executable, "-m", "equalis", *words], cwd=folder, env=environment, capture_output=True, text=True,
                          encoding="utf-8", check=False, stdin=subprocess.DEVNULL)  # fmt: skip


def test_the_whole_prescription_wire_can_be_another_one_and_the_cases_run_unchanged(home: Path, tmp_path: Path, hook: Hook, loaded: Loaded) -> None:
    """XML after CDA, other paths and methods, another header: every case of the family is OK, and the bundle verifies."""
    (tmp_path / "equalis.toml").write_text(CONFIGURATION.format(timeout=PRODUCT, port=hook.server_address[1], environment=f'bindings = ["{OVERLAY}"]'))
    done = run(tmp_path, home, "run", "--family", "eprescription")
    count = len(loaded.pack.families["eprescription"].cases)
    assert done.returncode == 0, done.stdout + done.stderr
    assert f"{count} of {count} cases judged: 0 KO · 0 INCONCLUSIVE · {count} OK · 0 NOT_APPLICABLE" in done.stdout
    (bundle,) = (tmp_path / "reports").glob("*.asice")
    assert run(tmp_path, home, "verify", str(bundle)).returncode == 0


def test_a_product_that_speaks_the_shipped_wire_is_ko_against_the_other_one(home: Path, tmp_path: Path) -> None:
    """The overlay is not decoration: the FHIR demo comes nowhere in the XML environment."""
    done = run(tmp_path, home, "run", "--demo", "eprescription/emission", "--bindings", str(OVERLAY))
    assert done.returncode == 1, done.stdout + done.stderr
    assert "0 OK" in done.stdout


def test_an_environment_brings_its_own_people_and_products(home: Path, tmp_path: Path) -> None:
    """Other names, another professional, other products: the cases run on them without a word changed."""
    people: dict[str, dict[str, Any]] = {}
    for name, content in packs.scenarios().content.items():
        for role, person in (yaml.safe_load(content) if name.endswith("/people.yaml") else {}).items():
            people[role] = people.get(role, {}) | person
    people["adulte"] |= {"matricule": "1955032007746", "last_name": "Thill", "first_names": "Félix Émile", "birth_date": "1955-03-20", "sex": "male"}
    people["produits"]["amoxicilline"] |= {"number": "9900003", "strength": "1000"}
    (tmp_path / "people.yaml").write_text(yaml.safe_dump(people, allow_unicode=True), encoding="utf-8")
    (tmp_path / "equalis.toml").write_text(f'[solution]\nname = "demo"\ndriver = "demo"\ntimeout = {PRODUCT}\nsettle = 0.2\ncapabilities = ["eprescription", "clock"]\n\n[environment]\npeople = "people.yaml"\n')
    done = run(tmp_path, home, "run", "eprescription/emission", "eprescription/etat", "eprescription/secours")
    assert done.returncode == 0, done.stdout + done.stderr
    assert run(tmp_path, home, "evidence", str(next((tmp_path / "reports").glob("*.asice"))), "--to", "out").returncode == 0
    written = "".join(path.read_text(encoding="utf-8") for path in (tmp_path / "out").rglob("*request.http"))
    assert "Thill" in written
    assert "9900003" in written
    assert "Weber" not in written


def test_an_overlay_without_the_templates_of_its_answers_is_refused(home: Path, tmp_path: Path) -> None:
    """The embedded service would answer with nothing, and a product that is right would be KO."""
    folder = tmp_path / "overlay" / "servid"
    folder.mkdir(parents=True)
    text = (REPOSITORY / "equalis/services/servid/binding.yaml").read_text(encoding="utf-8")
    kept = [line for line in text.splitlines() if not line.strip().startswith(("template:", "refusal:"))]
    (folder / "binding.yaml").write_text("\n".join(kept) + "\n", encoding="utf-8")
    done = run(tmp_path, home, "run", "--demo", "idv/score", "--bindings", str(folder.parent))
    assert done.returncode == 2, done.stdout + done.stderr
    assert "the overlays name no template for the answers of idv.match, idv.lookup, servid (its refusals)" in done.stderr
