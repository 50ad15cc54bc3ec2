"""The pipeline's verbs on a product of its own: gate, diff, and what is played again."""

from __future__ import annotations

import hashlib
import json
import os
import subprocess
import sys
import threading
from collections.abc import Callable
from pathlib import Path

import pytest

from equalis.demo.__main__ import Hook
from tests.conftest import Equalis
from tests.pace import PRODUCT

DIGEST = hashlib.sha256(b"the product").hexdigest()
CONFIGURATION = """\
[solution]
name = "Cabinet Exemple"
version = "1.0"
driver = "http"
url = "http://127.0.0.1:{port}"
timeout = {timeout}
settle = 0.2
digest = "sha256:{digest}"
capabilities = ["idv", "clock"]
"""
BASELINE = "expected:\n  - {{finding: 'idv/deces*#*', reason: ticket 4711, owner: Anna, expires: '{0}'}}\n"


@pytest.fixture(scope="session")
def bundles(home: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """Two sealed runs of the family idv by a product of its own: as it should be, and blind to deaths."""
    found = []
    for defects in ((), ("hides-death",)):
        folder = tmp_path_factory.mktemp("product")
        served = Hook(0, PRODUCT, defects)
        threading.Thread(target=served.serve_forever, daemon=True).start()
        (folder / "equalis.toml").write_text(CONFIGURATION.format(timeout=PRODUCT, port=served.server_address[1], digest=DIGEST))
        subprocess.run([sys.executable, "-m", "equalis", "run", "--family", "idv"], cwd=folder, env={**os.environ, "EQUALIS_HOME": str(home)},
                       capture_output=True, check=False, stdin=subprocess.DEVNULL)  # fmt: skip
        served.shutdown()
        served.server_close()
        found.append(next((folder / "reports").glob("*.asice")))
    return found[0], found[1]


def test_a_gate_opens_for_a_product_that_is_right_and_names_what_is_new(equalis: Equalis, bundles: tuple[Path, Path]) -> None:
    """0 for the one, 1 for the other, with the finding."""
    good, blind = bundles
    passed = equalis("gate", str(good), "--subject-digest", DIGEST)
    assert passed.returncode == 0, passed.stdout + passed.stderr
    assert "gate: passed" in passed.stdout
    closed = equalis("gate", str(blind))
    assert closed.returncode == 1
    assert "new KO      idv/deces#" in closed.stdout
    assert "gate: closed" in closed.stdout


def test_several_runs_of_one_product_count_as_one(equalis: Equalis, bundles: tuple[Path, Path], home: Path, tmp_path: Path) -> None:
    """Halves that leave requirements open alone, close them together; another version is not of the same product."""
    served = Hook(0, PRODUCT, ())
    threading.Thread(target=served.serve_forever, daemon=True).start()
    configuration = CONFIGURATION.format(timeout=PRODUCT, port=served.server_address[1], digest=DIGEST)

    def run(folder: str, text: str, *words: str) -> str:
        (tmp_path / folder).mkdir()
        (tmp_path / folder / "equalis.toml").write_text(text)
        subprocess.run([sys.executable, "-m", "equalis", "run", *words], cwd=tmp_path / folder, env={**os.environ, "EQUALIS_HOME": str(home)},
                       capture_output=True, check=False, stdin=subprocess.DEVNULL)  # fmt: skip
        return str(next((tmp_path / folder / "reports").glob("*.asice")))

    first = run("first", configuration, "--case", "idv/[a-h]*", "--case", "ra-pid/identite-*", "--case", "eprescription/identite-*")
    second, other = run("second", configuration, "--case", "idv/[i-z]*"), run("other", configuration.replace('"1.0"', '"1.1"'), "idv/score")
    served.shutdown()
    served.server_close()
    assert [equalis("gate", bundle).returncode for bundle in (first, second)] == [3, 3]
    passed = equalis("gate", first, second)
    assert passed.returncode == 0, passed.stdout + passed.stderr
    worse = equalis("gate", first, second, str(bundles[1]))
    assert worse.returncode == 1
    assert "new KO      idv/deces#" in worse.stdout
    refused = equalis("gate", first, other)
    assert refused.returncode == 2
    assert "is not of the product of" in refused.stderr


@pytest.mark.parametrize(("last", "which", "code", "words"), [
    ("2999-01-01", 1, 0, "known KO    idv/deces#"), ("2020-01-01", 1, 1, "expired on 2020-01-01"), ("2999-01-01", 0, 1, "no longer KO, take it out"),
])  # fmt: skip
def test_a_baseline_lets_known_failures_pass_until_they_expire_or_are_mended(
    equalis: Equalis, bundles: tuple[Path, Path], tmp_path: Path, last: str, which: int, code: int, words: str
) -> None:
    """With reason, owner and last day."""
    (tmp_path / "baseline.yaml").write_text(BASELINE.format(last))
    done = equalis("gate", str(bundles[which]), "--baseline", "baseline.yaml")
    assert done.returncode == code, done.stdout + done.stderr
    assert words in done.stdout


def test_a_gate_refuses_the_demo_another_product_and_a_label_that_is_not_there(equalis: Equalis, bundles: tuple[Path, Path], demo_bundle: Path) -> None:
    """2 for the wrong subject, 1 for a missing label, 2 for a baseline that cannot be read."""
    for words, code, text in (
        ((str(demo_bundle),), 2, "demonstration solution"), ((str(bundles[0]), "--subject-digest", "0" * 64), 2, f"sha256:{DIGEST}"),
        ((str(bundles[0]), "--require", "label"), 1, "no label (level S"), ((str(bundles[0]), "--baseline", "nowhere.yaml"), 2, "cannot be read"),
        ((str(bundles[0].with_suffix("")),), 2, "gate a sealed bundle"),
    ):  # fmt: skip
        done = equalis("gate", *words)
        assert done.returncode == code, done.stdout + done.stderr
        assert text in done.stdout + done.stderr


def test_diff_tells_what_is_new_and_what_was_mended(equalis: Equalis, bundles: tuple[Path, Path]) -> None:
    """1 where something is newly KO, 0 the other way round."""
    good, blind = map(str, bundles)
    worse, better = equalis("diff", good, blind), equalis("diff", blind, good)
    assert (worse.returncode, better.returncode) == (1, 0)
    assert "new KO (1)" in worse.stdout
    assert "0 new KO · 0 still KO · 1 mended · 0 no longer judged" in better.stdout


@pytest.mark.parametrize(("form", "check"), [
    ("github", lambda text: text.startswith("::error title=idv/deces · montre · IDV-039::")), ("markdown", lambda text: "| idv/deces" in text),
    ("gitlab", lambda text: len(json.loads(text)) == 1), ("ctrf", lambda text: json.loads(text)["results"]["summary"]["failed"] == 1),
])  # fmt: skip
def test_the_report_speaks_each_pipelines_language(equalis: Equalis, bundles: tuple[Path, Path], form: str, check: Callable[[str], bool]) -> None:
    """From the sealed bundle, after it was checked."""
    done = equalis("report", str(bundles[1]), "--as", form)
    assert done.returncode == 0
    assert check(done.stdout), done.stdout


def test_only_what_failed_is_played_again_and_names_may_be_patterns(equalis: Equalis, bundles: tuple[Path, Path]) -> None:
    """--failed-from takes the KO cases of a run; a pattern takes what fits; nothing that fits is a mistake."""
    again = equalis("run", "--demo", "--failed-from", str(bundles[1]))
    assert again.returncode == 0, again.stdout + again.stderr
    assert "1 of 1 cases judged" in again.stdout
    assert equalis("run", "--demo", "--failed-from", str(bundles[0])).returncode == 2
    several = equalis("run", "--demo", "--case", "idv/numero-faux*")
    assert "6 of 6 cases judged" in several.stdout
    assert equalis("run", "--demo", "--case", "idv/zz*").returncode == 2


STUMBLES = """
import json, pathlib, sys
json.load(sys.stdin)
seen = pathlib.Path("seen")
first = sys.argv[-1] not in ("reset", "clock") and not seen.exists()
if first:
    seen.touch()
print("no JSON" if first else "{}")
"""


def test_a_case_that_nobody_could_judge_is_played_again_and_a_ko_never_is(equalis: Equalis, tmp_path: Path) -> None:
    """The hook stumbles once: INCONCLUSIVE, then KO, which stays; the bundle says both and verifies."""
    (tmp_path / "hook.py").write_text(STUMBLES)
    (tmp_path / "equalis.toml").write_text(
        f'[solution]\nname = "X"\ndriver = "command"\ncommand = [{json.dumps(sys.executable)}, "hook.py"]\ntimeout = {PRODUCT}\nsettle = 0.1\ncapabilities = ["idv"]\n'
    )
    done = equalis("run", "idv/numero-ancien", "--retry-inconclusive", "3")
    assert done.returncode == 1, done.stdout + done.stderr
    (bundle,) = (tmp_path / "reports").glob("*.asice")
    shown = equalis("verify", str(bundle))
    assert shown.returncode == 1, shown.stdout + shown.stderr
    assert "played again, since configuration" in shown.stdout
    log = (bundle.with_suffix("") / "evidence" / "log.jsonl").read_text()
    assert log.count('"event":"case"') == 2


def test_a_log_in_which_a_judged_case_was_played_again_is_refused(equalis: Equalis, tmp_path: Path) -> None:
    """Nobody makes a KO go away by a second try."""
    assert equalis("run", "--defect", "takes-any-number", "idv/numero-faux@luhn").returncode == 1
    (folder,) = (path for path in (tmp_path / "reports").iterdir() if path.is_dir())
    log = folder / "evidence" / "log.jsonl"
    first, *middle, last = log.read_text().splitlines()
    log.write_text("\n".join([first, *middle, *middle, last]) + "\n")
    done = equalis("verify", str(folder))
    assert done.returncode == 4
    assert "ends twice in the log, and was judged the first time" in done.stdout + done.stderr
