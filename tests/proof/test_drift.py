"""`equalis drift`: the embedded services answer as the live ones did, or it is said where they do not."""

from __future__ import annotations

import json
import re
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from equalis.demo.__main__ import Hook
from tests.conftest import REPOSITORY
from tests.pace import PRODUCT
from tests.real_environment import CDA, Real, other_product, overlay, real_environment
from tests.test_live_environment import SOLUTION, equalis

CASES = ("ra-pid/pid-plusieurs-actes", "ra-pid/pid-paiement-pannes@muette-apres", "ra-pid/ra-depot@non-acquitte", "ra-pid/ra-mysecu", "ra-pid/ra-annulation",
         "idv/par-matricule", "idv/servid-muet@illisible", "eprescription/emission", "eprescription/annulation")  # fmt: skip


@pytest.fixture(scope="module")
def real(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Real]:
    """An environment of another wire whose first act costs a cent more and whose deposits are called otherwise."""
    folder = tmp_path_factory.mktemp("drifting")
    wire = overlay(folder / "overlay")
    own = folder / "own" / "mysecu"
    own.mkdir(parents=True)
    world = (REPOSITORY / "equalis" / "services" / "mysecu" / "world.yaml").read_text(encoding="utf-8")
    changed = re.sub(r"57\.70", "57.71", world)
    assert changed != world
    (own / "world.yaml").write_text(changed, encoding="utf-8")
    with real_environment(folder, CDA, wire, folder / "own") as made:
        made.overlays = made.overlays[:2]  # what only the environment itself knows
        yield made


@pytest.fixture
def product() -> Iterator[Hook]:
    with other_product() as served:
        yield served


@pytest.fixture
def played(real: Real, product: Hook, home: Path, tmp_path: Path) -> subprocess.CompletedProcess[str]:
    (tmp_path / "equalis.toml").write_text(SOLUTION.format(timeout=PRODUCT, port=product.server_address[1]) + real.described())
    return equalis(tmp_path, home, "run", "--environment", "real", *CASES)


def test_only_what_the_live_services_do_otherwise_is_told(played: subprocess.CompletedProcess[str], home: Path, tmp_path: Path) -> None:
    """Tokens, signatures, identifiers and ledgers line up through every case; the price of one act does not."""
    assert "0 INCONCLUSIVE" in played.stdout, played.stdout + played.stderr
    (bundle,) = (tmp_path / "reports").glob("*.asice")
    told = equalis(tmp_path, home, "drift", str(bundle), "--json")
    assert told.returncode == 1, told.stderr
    found = json.loads(told.stdout)
    assert found["compared"] > 60
    assert found["unanswered"] >= 2
    fields = {(item["operation"], item["field"]) for item in found["differences"]}
    assert fields <= {("pid.simulate", f"answer.{name}") for name in ("shares.total", "shares.statutory", "shares.patient", "lines.amount")} | {
        ("pid.pay", "answer.paid"), ("pid.pay", "answer.shares.statutory")}  # fmt: skip
    totals = [item for item in found["differences"] if item["field"] == "answer.lines.amount"]
    assert totals
    assert "57.71" in totals[0]["live"]
    assert "57.70" in totals[0]["embedded"]
    shown = equalis(tmp_path, home, "drift", str(bundle))
    assert "pid.simulate answer.lines.amount\n   live      57.71" in shown.stdout
    assert re.search(r"\d+ answers compared: \d+ differences in \d fields; \d more were disturbed", shown.stdout)


def test_a_recording_of_the_embedded_environment_has_nothing_to_be_compared_with(demo_bundle: Path, home: Path, tmp_path: Path) -> None:
    """Exit 2, with what to do."""
    done = equalis(tmp_path, home, "drift", str(demo_bundle))
    assert done.returncode == 2
    assert "name the bundle of a run with --environment" in done.stderr
