"""A product that sends malformed HTTP: KO with the requirement's id, told first, and the same from the bundle alone."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.conftest import Equalis


@pytest.mark.mends("12")
@pytest.mark.parametrize(("case", "defect", "requirement", "told"), [
    ("ra-pid/ra-consentement@refuse", "length-and-chunks", "SEC-006", "carries both Content-Length and Transfer-Encoding"),
    ("idv/par-matricule@ancien", "blank-before-colon", "IDV-005", "a blank between its name and the colon"),
    ("eprescription/annulation@deux-lignes", "rx-folds-a-header", "RX-006", "goes on in another line"),
])  # fmt: skip
def test_a_malformed_request_of_the_product_is_a_finding(equalis: Equalis, tmp_path: Path, case: str, defect: str, requirement: str, told: str) -> None:
    """`run` is KO, the first cause is the seeded one, `verify` says the same, and the first bytes are in the evidence."""
    done = equalis("run", "--defect", defect, "--retry-inconclusive", "9", case)
    assert done.returncode == 1, done.stdout + done.stderr
    assert told in done.stdout.split("mend first")[1].splitlines()[1]
    (bundle,) = (tmp_path / "reports").glob("*.asice")
    assert equalis("verify", str(bundle)).returncode == 1
    report = json.loads(equalis("report", str(bundle), "--as", "json").stdout)
    (verdict,) = report["cases"]
    found = {item["requirement"]: item["outcome"] for item in verdict["findings"]}
    assert found[requirement] == "KO"
    folder = bundle.with_suffix("")
    events = [json.loads(line) for line in (folder / "evidence" / "log.jsonl").read_text(encoding="utf-8").splitlines()]
    malformed = [item for item in events if item["event"] == "malformed"]
    assert {item["status"] for item in malformed} == {400}
    kept = (folder / "evidence" / "bodies" / malformed[0]["head"]).read_bytes()
    assert b"HTTP/1.1\r\nHost: " in kept
    assert b"Authorization: Bearer" not in kept


@pytest.mark.parametrize("case", ["ra-pid/ra-consentement@refuse", "idv/par-matricule@ancien", "eprescription/annulation@deux-lignes"])
def test_a_product_that_sends_well_formed_http_is_ok(equalis: Equalis, case: str) -> None:
    """The control."""
    assert equalis("run", "--demo", "--retry-inconclusive", "9", case).returncode == 0
