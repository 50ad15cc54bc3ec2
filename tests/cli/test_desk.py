"""What a vendor's engineer meets at the desk: words that help, commands that repeat what was asked, documents at hand."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest

from equalis import packs
from tests.conftest import REPOSITORY, Equalis

CHILD = "ra-pid/pid-consultation-enfant"


@pytest.fixture(scope="module")
def broken(home: Path, tmp_path_factory: pytest.TempPathFactory) -> subprocess.CompletedProcess[str]:
    """A run in which one cause shows in several cases and variants, and some cases do not apply."""
    folder = tmp_path_factory.mktemp("desk")
    overlay = folder / "overlay" / "mysecu"
    overlay.mkdir(parents=True)
    (overlay / "world.yaml").write_bytes((REPOSITORY / "equalis/services/mysecu/world.yaml").read_bytes())
    words = ["run", CHILD, "ra-pid/pid-consultation-adulte", "--defect", "unsigned-timestamp", "--bindings", str(overlay.parent)]
    return subprocess.run([sys.executable, "-m", "equalis", *words], cwd=folder, capture_output=True, text=True, encoding="utf-8", check=False,
                          env={**os.environ, "EQUALIS_HOME": str(home), "NO_COLOR": "1"}, stdin=subprocess.DEVNULL)  # fmt: skip


def test_replay_repeats_what_the_run_was_given(broken: subprocess.CompletedProcess[str]) -> None:
    """Defects and overlays: the command can be pasted."""
    (line, *_) = [line for line in broken.stdout.splitlines() if line.startswith("   replay")]
    assert line.startswith("   replay    equalis run --defect unsigned-timestamp --bindings ")
    assert line.endswith((" ra-pid/pid-consultation-adulte", f" {CHILD}"))


def test_a_cause_is_told_once_and_variants_refer_to_it(broken: subprocess.CompletedProcess[str]) -> None:
    """The block of the first case, one row for each other."""
    assert broken.stdout.count("   expected  ") == 1
    rows = [line for line in broken.stdout.splitlines() if line.startswith("KO  ") and ": as in ra-pid/" in line]
    assert len(rows) == 3


def test_a_run_of_some_cases_says_that_it_decides_nothing(equalis: Equalis) -> None:
    """The last line: how many are OK, and how many requirements were not played."""
    done = equalis("run", "--demo", CHILD)
    last = done.stdout.strip().splitlines()[-1]
    assert last.startswith("this 1 case OK; conformity not decided: ")
    assert last.endswith(" requirements were not played · level S · EMBEDDED · not a label")
    (bundle,) = [line.removeprefix("bundle: ") for line in done.stdout.splitlines() if line.startswith("bundle: ")]
    assert equalis("verify", bundle).stdout.strip().splitlines()[-1] == last


def test_cases_that_do_not_apply_are_one_line_a_reason(equalis: Equalis, tmp_path: Path) -> None:
    """Family, number, reason."""
    (tmp_path / "equalis.toml").write_text('[solution]\nname = "d"\ndriver = "demo"\ncapabilities = ["pid", "clock"]\n', encoding="utf-8")
    done = equalis("run", "--tag", "ra", "ra-pid/ra-liste", "ra-pid/ra-etats")
    rows = [line for line in done.stdout.splitlines() if line.startswith("NOT_APPLICABLE")]
    assert len(rows) == 1
    assert " cases of ra-pid  (the solution does not declare the capability ra)" in rows[0]


@pytest.mark.parametrize(("words", "told"), [
    (("run", "--demo", "ra-pid/ra-depo"), "did you mean `ra-pid/ra-depot`?"), (("run", "--demo", "--tag", "mony"), "did you mean `money`?"),
    (("run", "--demo", "--family", "idw"), "did you mean `idv`?"), (("run", "--demo", "--defect", "rounds-each-lin"), "did you mean `rounds-each-line`?"),
    (("explian",), "did you mean `explain`?"), (("run", "--familly", "idv"), "Did you mean '--family'?"), (("explain", "RA-4"), "did you mean `RA-0"),
    (("docs", "platfrom"), "did you mean `platform`?"),
])  # fmt: skip
def test_a_wrong_word_is_answered_with_the_right_one(equalis: Equalis, words: tuple[str, ...], told: str) -> None:
    """And long lists are cut short."""
    done = equalis(*words)
    assert done.returncode == 2
    assert told in done.stderr
    assert all(len(line) < 1000 for line in done.stderr.splitlines())


@pytest.mark.parametrize(("words", "told"), [
    (("RA-042",), "RA-042 (must, modelled) of ra-pid"), (("ra-042",), "proven by"), (("form", "(2)"), "attests in writing"), (("form 2",), "attests in writing"),
    (("level", "S"), "shows what was recorded"), (("self-issued",), "certificate of the seal"),
])  # fmt: skip
def test_requirements_and_the_words_of_a_report_are_explained(equalis: Equalis, words: tuple[str, ...], told: str) -> None:
    """However they are written."""
    assert told in equalis("explain", *words).stdout


def test_evidence_has_the_screens_and_an_index(equalis: Equalis, demo_bundle: Path, tmp_path: Path) -> None:
    """Each exchange and each screen under its case, in the order of time."""
    assert equalis("evidence", str(demo_bundle), "--to", "out").returncode == 0
    screen = json.loads((tmp_path / "out/ra-pid_pid-consultation-enfant/facturer-screen.json").read_text(encoding="utf-8"))
    assert screen["fields"]["state"] == "paid"
    index = (tmp_path / "out/index.txt").read_text(encoding="utf-8")
    assert "\nra-pid/pid-consultation-enfant\n" in index
    assert index.index("POST /idp/saml") < index.index("POST /mysecu/exchange") < index.index("facturer-screen.json")


@pytest.mark.parametrize("form", ["ctrf", "junit"])
def test_reports_carry_durations(equalis: Equalis, demo_bundle: Path, form: str) -> None:
    """By what was recorded: the same from the same bundle."""
    first, again = (equalis("report", str(demo_bundle), "--as", form).stdout for _ in range(2))
    assert first == again
    if form == "ctrf":
        assert all(test["duration"] > 0 for test in json.loads(first)["results"]["tests"])
    else:
        assert all(float(suite.attrib["time"]) > 0 for suite in ET.fromstring(first).iter("testsuite"))


def test_annotations_point_at_a_file_that_the_vendor_has(tmp_path: Path, equalis: Equalis) -> None:
    """Their equalis.toml, where a case is not their own."""
    assert equalis("run", "--defect", "shows-own-share", "ra-pid/pid-consultation-adulte@dette-recuperee").returncode == 1
    bundle = str(next((tmp_path / "reports").glob("*.asice")))
    assert equalis("report", bundle, "--as", "github").stdout.startswith("::error title=")
    (tmp_path / "equalis.toml").write_text('[solution]\nname = "d"\ndriver = "demo"\n', encoding="utf-8")
    assert equalis("report", bundle, "--as", "github").stdout.startswith("::error file=equalis.toml,line=1,title=")


def test_a_terminal_without_our_characters_gets_plain_ones(home: Path, tmp_path: Path) -> None:
    """LANG=C is no reason to end."""
    done = subprocess.run([sys.executable, "-m", "equalis", "run", "--demo", CHILD], cwd=tmp_path, capture_output=True, check=False, stdin=subprocess.DEVNULL,
                          env={**os.environ, "EQUALIS_HOME": str(home), "PYTHONIOENCODING": "ascii", "NO_COLOR": "1"})  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert b"level S - EMBEDDED - not a label" in done.stdout


def test_own_scenarios_are_linted_in_a_configured_folder(equalis: Equalis, tmp_path: Path) -> None:
    """The folder that equalis.toml names is not read twice."""
    own = tmp_path / "own" / "ra-pid"
    own.mkdir(parents=True)
    text = (packs.shipped_scenarios() / "ra-pid/pid-consultation-enfant.yaml").read_text(encoding="utf-8")
    (own / "a-nous.yaml").write_text(text.replace("ra-pid/pid-consultation-enfant", "ra-pid/a-nous"), encoding="utf-8")
    (tmp_path / "equalis.toml").write_text('[solution]\nname = "d"\ndriver = "demo"\n\n[run]\nscenarios = ["own"]\n', encoding="utf-8")
    for words in (("lint",), ("lint", "own"), ("lint", "own/ra-pid/a-nous.yaml")):
        done = equalis(*words)
        assert done.returncode == 0, done.stderr
        assert "OK: 121 cases" in done.stdout


def test_an_order_that_no_service_hears_is_a_mistake(equalis: Equalis, tmp_path: Path) -> None:
    """With the valid ones: a score is SERVID's, not mySecu's."""
    own = tmp_path / "own" / "ra-pid"
    own.mkdir(parents=True)
    text = (packs.shipped_scenarios() / "ra-pid/pid-consultation-enfant.yaml").read_text(encoding="utf-8").replace("ra-pid/pid-consultation-enfant", "ra-pid/a-nous")
    (own / "a-nous.yaml").write_text(text.replace("    until:", "    script: {pid.simulate: {score: 0.10}}\n    until:"), encoding="utf-8")
    done = equalis("lint", "own")
    assert done.returncode == 2
    assert "`pid.simulate` cannot be scripted with `score`" in done.stderr
    assert "valid orders of pid.simulate: " in done.stderr
    assert f"--> {Path('own/ra-pid/a-nous.yaml')}:" in done.stderr
    assert "- id: facturer\n" in done.stderr
    assert "extra-lines" in done.stderr


def test_documents_and_schemas_are_printed(equalis: Equalis) -> None:
    """Byte for byte, by name or as the documents name one another."""
    listed = equalis("docs").stdout
    for name in ("platform", "ra-pid", "idv", "eprescription", "verify.sh", "mysecu/memoire.xsd"):
        assert f"\n{name} " in f"\n{listed}"
    assert equalis("docs", "docs/platform.md").stdout == (REPOSITORY / "docs/platform.md").read_text(encoding="utf-8")
    assert Path(equalis("docs", "mysecu/pid.xsd", "--path").stdout.strip()).is_file()
