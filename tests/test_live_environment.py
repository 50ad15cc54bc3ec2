"""The same cases against the embedded environment and, through the gateway, against a "real" one with other names on the wire."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from equalis.demo.__main__ import Hook
from tests.pace import PRODUCT, waited
from tests.real_environment import CDA, Real, other_product, overlay, real_environment

SOLUTION = """\
[solution]
name = "the demo, in another language"
driver = "http"
url = "http://127.0.0.1:{port}"
timeout = {timeout}
settle = 0.2
capabilities = ["pid", "ra", "ra-team", "ra-mysecu", "idv", "eprescription", "clock"]

"""


@pytest.fixture(scope="module")
def real(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Real]:
    """A second equalis on another port: its own keys, XML after CDA for prescriptions, other names for PID."""
    folder = tmp_path_factory.mktemp("real")
    with real_environment(folder, CDA, overlay(folder / "overlay")) as made:
        yield made


@pytest.fixture
def product() -> Iterator[Hook]:
    """The demonstration solution, written for that environment."""
    with other_product() as served:
        yield served


def equalis(folder: Path, home: Path, *words: str) -> subprocess.CompletedProcess[str]:
    environment = {**os.environ, "EQUALIS_HOME": str(home), "NO_COLOR": "1", "COLUMNS": "160"}
    return subprocess.run([sys.executable, "-m", "equalis", *words], cwd=folder, env=environment, capture_output=True, text=True,
                          encoding="utf-8", check=False, stdin=subprocess.DEVNULL)  # fmt: skip


def report(done: subprocess.CompletedProcess[str]) -> dict[str, Any]:
    """The report of a run with --json."""
    assert done.stdout, done.stderr
    found: dict[str, Any] = json.loads(done.stdout)
    return found


def outcomes(found: dict[str, Any]) -> dict[str, str]:
    return {case["case"]: case["outcome"] for case in found["cases"]}


def test_the_same_cases_have_the_same_verdicts_in_both_environments(real: Real, product: Hook, home: Path, tmp_path: Path) -> None:
    """Every case that applies is OK in both, against another wire; what does not apply says why; the bundle verifies."""
    (tmp_path / "equalis.toml").write_text(SOLUTION.format(timeout=PRODUCT, port=product.server_address[1]) + real.described())
    live = report(equalis(tmp_path, home, "run", "--environment", "real", "--json"))
    played = {name: outcome for name, outcome in outcomes(live).items() if outcome != "NOT_APPLICABLE"}
    assert len(played) > 230
    embedded = report(equalis(tmp_path, home, "run", "--demo", "--json", *played, "--out", "embedded"))
    assert played.items() <= outcomes(embedded).items()
    assert set(played.values()) == {"OK"}
    assert {case["reason"] != "" for case in live["cases"] if case["outcome"] == "NOT_APPLICABLE"} == {True}
    assert live["headline"].endswith("level S · not a label")
    assert "EMBEDDED" in embedded["headline"]
    (bundle,) = (tmp_path / "reports").glob("*.asice")
    assert equalis(tmp_path, home, "verify", str(bundle)).returncode == 0
    evidence = b"".join(path.read_bytes() for path in bundle.with_suffix("").rglob("*") if path.is_file())
    key = (real.home / "pki" / "solution.key").read_text().splitlines()[1].encode()
    assert key not in evidence
    assert b"PRIVATE KEY" not in evidence
    assert b'"event":"peer"' in evidence
    for committed in ("mysecu committed a payment", "eadministrative committed a deposit", "eprescription committed a prescription"):
        assert committed in real.said  # its services verified every signature, token and certificate first


def test_a_defect_is_ko_in_both_with_the_same_findings(real: Real, home: Path, tmp_path: Path) -> None:
    """What the product does wrong shows at a live environment for the same reason."""
    (tmp_path / "equalis.toml").write_text(SOLUTION.format(timeout=PRODUCT, port=1) + real.described())
    words = ["run", "--demo", "--defect", "always-acquitted", "ra-pid/ra-depot@non-acquitte", "--json"]
    live, embedded = report(equalis(tmp_path, home, *words, "--environment", "real")), report(equalis(tmp_path, home, *words))
    findings = [[(item["expectation"], item["outcome"], item["likely"]) for item in found["cases"][0]["findings"]] for found in (live, embedded)]
    assert live["cases"][0]["outcome"] == "KO"
    assert findings[0] == findings[1]


def test_the_doctor_looks_at_the_environment_and_obtains_a_token(real: Real, product: Hook, home: Path, tmp_path: Path) -> None:
    """Every line about it, the last a token that the product got."""
    (tmp_path / "equalis.toml").write_text(SOLUTION.format(timeout=PRODUCT, port=product.server_address[1]) + real.described())
    done = equalis(tmp_path, home, "doctor", "--environment", "real")
    assert done.returncode == 0, done.stdout + done.stderr
    for line in ("OK       environment    real, with idp, sts, mysecu", "OK       applicable     238 of 379 cases apply there", "OK       not applicable 56 cases: its answers are scripted, which only the embedded services obey", "OK       authority      1 trusted", "OK       identity       CN=equalis EMBEDDED solution, with its key",
                 f"OK       localhost:{real.port}", "warning  clock", "warning  overlay        idp, sts, eadministrative, servid read by the embedded bindings",
                 "warning  people", "warning  addresses", "OK       gateway        the product must trust ", "OK       driver         http: reset", "OK       token          obtained: a doctor has logged in"):  # fmt: skip
        assert line in done.stdout, line


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"authority": '"{home}/pki/authority.pem"'}, "the authority of https://localhost"), ({"authority": '"missing.pem"'}, "missing.pem cannot be read"),
        ({"bindings": "[]"}, "stands under /echange, where its binding says /mysecu"), ({"holds": '["consent-mx"]'}, "no seed `consent-mx`"),
    ],
)  # fmt: skip
def test_a_mistake_of_configuration_is_told_before_any_case_and_is_nobodys_ko(
    real: Real, product: Hook, home: Path, tmp_path: Path, change: dict[str, str], words: str
) -> None:
    """The run does not begin: exit 2 or 3, what to do, and no directory."""
    described = real.described(**{key: value.format(home=home) for key, value in change.items()})
    (tmp_path / "equalis.toml").write_text(SOLUTION.format(timeout=PRODUCT, port=product.server_address[1]) + described)
    done = equalis(tmp_path, home, "run", "--environment", "real", "ra-pid/ra-depot")
    assert done.returncode in {2, 3}
    assert words in done.stderr, done.stderr
    assert "mend: " in done.stderr or "did you mean `consent-mh`?" in done.stderr
    assert "Traceback" not in done.stderr
    assert not (tmp_path / "reports").exists()


def test_an_environment_that_nobody_describes_is_told_with_those_that_are(real: Real, home: Path, tmp_path: Path) -> None:
    """A misspelt name, with the nearest one."""
    (tmp_path / "equalis.toml").write_text(SOLUTION.format(timeout=PRODUCT, port=1) + real.described())
    done = equalis(tmp_path, home, "run", "--environment", "rael")
    assert done.returncode == 2
    assert "no environment `rael`" in done.stderr
    assert "did you mean `real`? valid environments: embedded, real" in done.stderr


def test_signed_messages_do_not_go_by_prefix_and_that_is_nobodys_ko(real: Real, home: Path, tmp_path: Path) -> None:
    """The identity provider refuses what is addressed to the gateway: configuration, with the other way of routing; never KO."""
    (tmp_path / "equalis.toml").write_text(SOLUTION.format(timeout=PRODUCT, port=1) + real.described(routing='"prefix"'))
    done = equalis(tmp_path, home, "run", "--demo", "--environment", "real", "ra-pid/authentification", "idv/par-matricule")
    assert done.returncode == 3, done.stdout + done.stderr
    assert "0 OK" in done.stdout
    assert "0 KO" in done.stdout
    assert 'take `routing = "host"`' in done.stdout


def test_a_run_is_resumed_at_the_environment_at_which_it_was_begun(real: Real, home: Path, tmp_path: Path) -> None:
    """Another description is refused, whatever the name; the run stays as it is."""
    (tmp_path / "equalis.toml").write_text(SOLUTION.format(timeout=PRODUCT, port=1) + real.described(quiet='["00:00-00:00"]'))
    stopped = equalis(tmp_path, home, "run", "--demo", "--environment", "real", "idv/par-matricule")
    assert stopped.returncode == 3
    assert "is not to be used from 00:00 to 00:00" in stopped.stderr
    (folder,) = (tmp_path / "reports").iterdir()
    assert f"--resume reports/{folder.name}`" in stopped.stderr
    (tmp_path / "equalis.toml").write_text(SOLUTION.format(timeout=PRODUCT, port=1) + real.described(says='"OTHER"'))
    other = equalis(tmp_path, home, "run", "--resume", str(folder))
    assert other.returncode == 2
    assert "describes it otherwise now" in other.stderr
    (tmp_path / "equalis.toml").write_text(SOLUTION.format(timeout=PRODUCT, port=1) + real.described())
    assert equalis(tmp_path, home, "run", "--resume", str(folder)).returncode == 0


def test_what_the_environment_lacks_is_not_applicable_and_says_so(real: Real, home: Path, tmp_path: Path) -> None:
    """An environment without a prescription service judges nothing of it."""
    described = real.described().replace(f', eprescription = "https://localhost:{real.port}/eprescription"', "")
    (tmp_path / "equalis.toml").write_text(SOLUTION.format(timeout=PRODUCT, port=1) + described)
    done = equalis(tmp_path, home, "run", "--demo", "--environment", "real", "eprescription/emission", "idv/par-matricule")
    assert "the environment has no eprescription" in done.stdout
    assert "OK             idv/par-matricule " in done.stdout
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.parametrize(("words", "outcome"), [({}, "OK"), ({"holds": '["invented-persons"]'}, "NOT_APPLICABLE"), ({"holds": '["invented-persons"]', "switches": '["check-digits-off"]'}, "NOT_APPLICABLE")])
def test_the_rule_of_check_digits_is_a_switch_of_the_environment(real: Real, home: Path, tmp_path: Path, words: dict[str, str], outcome: str) -> None:
    """Where false digits are taken, the cases that want them refused do not apply, and the product is told: it takes them too."""
    (tmp_path / "equalis.toml").write_text(SOLUTION.format(timeout=PRODUCT, port=1) + real.described(**words))
    found = outcomes(report(equalis(tmp_path, home, "run", "--demo", "--environment", "real", "idv/numero-faux", "idv/numero-faux@court", "--json")))
    assert found["idv/numero-faux"] == outcome
    assert found["idv/numero-faux@court"] == "OK"


def test_unplugging_the_environment_in_mid_run_is_inconclusive_and_the_run_resumes(home: Path, tmp_path: Path) -> None:
    """The run stops INCOMPLETE and names the environment; when it is back, the rest is played, and the case that it spoilt too."""
    real_folder = tmp_path / "real"
    real_folder.mkdir()
    with real_environment(real_folder) as own:
        described = own.described().replace("/echange", "/mysecu")
        (tmp_path / "equalis.toml").write_text(SOLUTION.format(timeout=PRODUCT, port=1).replace('driver = "http"', 'driver = "demo"').replace("[solution]", '[solution]\nversion = "1"') + described)
        environment = {**os.environ, "EQUALIS_HOME": str(home), "NO_COLOR": "1", "COLUMNS": "160"}
        words = [sys.executable, "-m", "equalis", "run", "--environment", "real", "--family", "idv", "--family", "ra-pid"]
        with subprocess.Popen(words, cwd=tmp_path, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, stdin=subprocess.DEVNULL) as run:
            assert waited(lambda: own.said.count("idv.match") >= 20)
            own.stop()
            said, told = run.communicate()
        assert run.returncode == 3, said + told
        assert "the run is INCOMPLETE: after idv/" in told
        assert f"nobody answers at localhost:{own.port}" in told
        assert re.search(r"^INCONCLUSIVE\s+idv/", said, re.MULTILINE)
        assert not re.search(r"^KO", said, re.MULTILINE)
        (folder,) = [path for path in (tmp_path / "reports").iterdir() if path.is_dir()]
        shown = equalis(tmp_path, home, "verify", str(folder))
        assert "environment: " in shown.stdout
        own.start()
        resumed = equalis(tmp_path, home, "run", "--resume", str(folder))
        assert "0 KO · 0 INCONCLUSIVE" in resumed.stdout, resumed.stdout + resumed.stderr
        assert equalis(tmp_path, home, "verify", str(folder.with_suffix(".asice"))).returncode == 0
        again = [line for line in (folder / "evidence" / "log.jsonl").read_text(encoding="utf-8").splitlines() if '"event":"case"' in line]
        names = [json.loads(line)["case"] for line in again]
        assert len(names) == len(set(names)) + 1
