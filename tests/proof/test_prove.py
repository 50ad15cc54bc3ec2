"""`equalis prove` as a user runs it."""

from __future__ import annotations

import json
from pathlib import Path

from tests.conftest import REPOSITORY, Equalis

GOLDEN = REPOSITORY / "tests" / "goldens" / "proof-ra-pid.json"


def test_some_defects_are_proven_against_the_reviewed_matrix(equalis: Equalis, tmp_path: Path) -> None:
    """A real play of every case and of two defects; the cells are those of the golden; the page loads nothing."""
    done = equalis("prove", "--repeat", "1", "--defect", "shows-own-share", "--defect", "new-uuid-when-cut", "--golden", str(GOLDEN))
    assert done.returncode == 0, done.stdout + done.stderr
    assert "2 of 2 killed (100.0 %), 2 for the stated reason" in done.stdout
    written = json.loads((tmp_path / "reports" / "proof" / "matrix.json").read_text(encoding="utf-8"))
    assert {row["defect"] for row in written["defects"]} == {"shows-own-share", "new-uuid-when-cut"}
    page = (tmp_path / "reports" / "proof" / "matrix.html").read_text(encoding="utf-8")
    assert "shows-own-share" in page
    assert "<script" not in page
    assert "http" not in page.replace("http-equiv", "").replace("HTTP", "")
    golden = json.loads(GOLDEN.read_text(encoding="utf-8"))
    golden["shows-own-share"]["ra-pid/jeton#demande"] = ["ra-pid/jeton"]
    changed = tmp_path / "golden.json"
    changed.write_text(json.dumps(golden), encoding="utf-8")
    failed = equalis("prove", "--repeat", "1", "--defect", "shows-own-share", "--golden", str(changed))
    assert failed.returncode == 1
    assert "- shows-own-share × ra-pid/jeton#demande in ra-pid/jeton" in failed.stdout


def test_words_that_mean_nothing_are_refused_before_anything_is_played(equalis: Equalis) -> None:
    """An unknown family or defect, a golden that is not there, --renew without a file."""
    for words, said in (
        (("--family", "ra-pidd"), "did you mean `ra-pid`"), (("--defect", "pays-twise"), "did you mean `pays-twice`"),
        (("--golden", "nowhere.json"), "there is no golden"), (("--renew",), "--renew needs --golden FILE"),
    ):  # fmt: skip
        done = equalis("prove", *words)
        assert done.returncode == 2
        assert said in done.stderr


def test_a_run_of_every_case_covers_the_register_without_drift(equalis: Equalis, tmp_path: Path) -> None:
    """The conforming solution is wholly OK; each requirement is proven or says why not; drift exits 1."""
    done = equalis("run", "--demo", "--out", str(tmp_path / "whole"))
    assert done.returncode == 0, done.stdout[-2000:] + done.stderr
    assert "conformity OK · level S · EMBEDDED · not a label" in done.stdout
    (bundle,) = (tmp_path / "whole").glob("*.asice")
    covered = equalis("list", "requirements", "--coverage", str(bundle))
    assert covered.returncode == 0, covered.stdout
    assert "0 drifted" in covered.stdout
    partial = equalis("run", "--demo", "ra-pid/pid-accord", "--out", str(tmp_path / "part"))
    assert partial.returncode == 0
    (bundle,) = (tmp_path / "part").glob("*.asice")
    drifted = equalis("list", "requirements", "--coverage", str(bundle), "--json")
    assert drifted.returncode == 1
    found = json.loads(drifted.stdout)
    assert any(text.startswith("SEC-001: no case of the run proves it") for text in found["drift"])
    assert equalis("list", "cases", "--coverage", str(bundle)).returncode == 2
