"""A service without a simulator is live-only, and everything says so; bindings in each other's way are refused in words."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from equalis import packs
from equalis.cases.loading import load_all
from equalis.gateway.opening import DescriptorError, agreed
from equalis.judge.judging import not_applicable
from equalis.model.config import Address, Live
from equalis.model.transcript import EMBEDDED, Transcript
from tests.conftest import REPOSITORY, Equalis

OPERATION = """\
  {name}:
    title: Demander une analyse
    basis: modelled
    recognise: {{method: POST, path: /orders}}
    request: {{body: json, fields: {{patient: {{pointer: /patient}}}}}}
    answer: {{body: json, fields: {{number: {{pointer: /number}}}}}}
"""
HEAD = "service: {service}\ntitle: Laboratoire\nprefix: {prefix}\noperations:\n"
SHIPPED = REPOSITORY / "equalis" / "services"


def binding(folder: Path, service: str = "labo", prefix: str = "/labo", name: str = "labo.order") -> None:
    """A binding of one operation in a folder of an overlay."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "binding.yaml").write_text((HEAD + OPERATION).format(service=service, prefix=prefix, name=name), encoding="utf-8")


@pytest.fixture
def overlay(tmp_path: Path) -> Path:
    binding(tmp_path / "overlay" / "labo")
    return tmp_path / "overlay"


@pytest.mark.mends("16")
def test_lint_and_doctor_say_that_a_service_is_live_only(equalis: Equalis, overlay: Path) -> None:
    """Neither refuses it."""
    linted = equalis("lint", "--bindings", str(overlay))
    assert linted.returncode == 0, linted.stderr
    assert "note: labo is live-only: no embedded service answers it" in linted.stdout
    examined = equalis("doctor", "--demo", "--bindings", str(overlay))
    assert examined.returncode == 0, examined.stdout
    assert re.search(r"warning +live-only +labo is live-only", examined.stdout)


@pytest.mark.mends("16")
def test_a_run_plays_what_does_not_speak_with_it(equalis: Equalis, overlay: Path, tmp_path: Path) -> None:
    """A shipped case is OK beside it, and the bundle verifies."""
    done = equalis("run", "--demo", "idv/numero-faux@luhn", "--bindings", str(overlay))
    assert done.returncode == 0, done.stdout + done.stderr
    (bundle,) = (tmp_path / "reports").glob("*.asice")
    assert equalis("verify", str(bundle)).returncode == 0


@pytest.mark.mends("16")
def test_serve_says_it_in_place_of_an_address(overlay: Path, home: Path, tmp_path: Path) -> None:
    """The others have theirs."""
    process = subprocess.Popen([sys.executable, "-u", "-m", "equalis", "serve", "--port", "0", "--bindings", str(overlay)], cwd=tmp_path, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                               text=True, env={"EQUALIS_HOME": str(home), "PYTHONPATH": str(REPOSITORY), "PATH": ""})  # fmt: skip
    assert process.stdout is not None
    said = ""
    for line in process.stdout:
        said += line
        if "Test persons" in line:
            break
    process.kill()
    process.wait()
    assert re.search(r"^  servid +https://", said, re.MULTILINE), said
    assert "  labo is live-only: no embedded service answers it" in said
    assert "/labo" not in said


CASE = """\
case: labo/demande
title: Une demande
steps:
  - {{id: creer, ask: Créez., action: labo.ask, input: {{}}{until}}}
expect:
  - {{id: vu, must: Quelque chose se voit., requirement: LABO-001, select: {select}, check: {check}}}
"""
REGISTER = """\
family: labo
title: Laboratoire
edition: "1"
services: {services}
requirements:
  - {{id: LABO-001, must: Le logiciel demande., basis: modelled, source: rien}}
"""
ACTIONS = "actions:\n  labo.ask: {title: Demander, inputs: {}, observations: {state: {type: text, label: Que voit-on ?}}}\nseeds: {}\n"
SEEN = "{observation: creer, field: state}"


def family(folder: Path, services: str, select: str = SEEN, check: str = "present", until: str = "") -> Path:
    """A vendor's family of one case."""
    own = folder / "cases" / "labo"
    own.mkdir(parents=True)
    (own / "requirements.yaml").write_text(REGISTER.format(services=services), encoding="utf-8")
    (own / "actions.yaml").write_text(ACTIONS, encoding="utf-8")
    (own / "demande.yaml").write_text(CASE.format(select=select, check=check, until=until), encoding="utf-8")
    return folder / "cases"


@pytest.mark.mends("16")
@pytest.mark.parametrize(
    ("written", "word"),
    [
        ({"services": "[idp, labo]"}, "labo"), ({"services": "[idp]", "select": "{operation: labo.order}", "check": "absent"}, "labo, labo.order"),
        ({"services": "[idp]", "select": "{service: labo}", "check": "absent"}, "labo"), ({"services": "[idp]", "until": ", until: {seen: labo.order}"}, "labo, labo.order"),
        ({"services": "[servid]", "until": ", until: {seen: idv.erase}"}, "idv.erase"),
    ],
)  # fmt: skip
def test_a_case_that_speaks_with_it_does_not_apply_here_and_does_live(equalis: Equalis, tmp_path: Path, overlay: Path, written: dict[str, str], word: str) -> None:
    """By its family, its steps or its expectations, an operation that no simulator knows included; `verify` finds the same reason."""
    shutil.copytree(SHIPPED / "servid", overlay / "servid", ignore=shutil.ignore_patterns("*.py", "__pycache__"))
    with (overlay / "servid" / "binding.yaml").open("a", encoding="utf-8") as stream:
        stream.write(OPERATION.format(name="idv.erase"))
    cases = family(tmp_path, **written)
    (tmp_path / "equalis.toml").write_text(
        f'[solution]\nname = "X"\ndriver = "http"\nurl = "http://127.0.0.1:9"\ncapabilities = []\n[environment]\nbindings = ["{overlay}"]\n[run]\nscenarios = ["{cases}"]\n'
    )
    reason = f"the embedded environment has no {word}, which is live-only"
    linted = equalis("lint")
    assert linted.returncode == 0, linted.stderr
    assert "idv.erase of servid is live-only" in linted.stdout
    done = equalis("run", "labo/demande", "--json")
    assert reason in done.stdout, done.stdout + done.stderr
    (bundle,) = (tmp_path / "reports").glob("*.asice")
    assert equalis("verify", str(bundle)).returncode == done.returncode
    loaded = load_all({**packs.scenarios([str(cases)]).content, **packs.bindings([str(overlay)]).content})
    case = loaded.pack.case("labo/demande")
    assert case is not None
    assert not_applicable(case, Transcript(case.name, EMBEDDED)) == reason
    assert not_applicable(case, Transcript(case.name, "real")) == ""


@pytest.mark.mends("16")
def test_a_family_names_services_that_there_are(equalis: Equalis, tmp_path: Path) -> None:
    """A slip would make every case of it live-only in silence."""
    cases = family(tmp_path, "[ipd]")
    refused = equalis("lint", str(cases))
    assert refused.returncode == 2
    assert "did you mean `idp`?" in refused.stderr


def other_folder(at: Path) -> None:
    binding(at / "laboratoire")


def twice(at: Path) -> None:
    binding(at / "labo")
    binding(at / "labo" / "more" / "labo")


def nameless(at: Path) -> None:
    (at / "labo" / "schemas").mkdir(parents=True)
    (at / "labo" / "schemas" / "a.json").write_text("{}")


def stray(at: Path) -> None:
    binding(at / "labo")
    (at / "labo" / "binding.yaml").rename(at / "labo" / "binding.yml")


def inside(at: Path) -> None:
    binding(at)


def empty(at: Path) -> None:
    at.mkdir()


def same(at: Path) -> None:
    binding(at / "labo", prefix="/idp")


def beneath(at: Path) -> None:
    binding(at / "labo", prefix="/idp/labo")


def above(at: Path) -> None:
    binding(at / "labo", prefix='""')


def renamed(at: Path) -> None:
    shutil.copytree(SHIPPED / "servid", at / "servid", ignore=shutil.ignore_patterns("*.py", "__pycache__"))
    path = at / "servid" / "binding.yaml"
    path.write_text(path.read_text(encoding="utf-8").replace("prefix: /servid", "prefix: /sts"), encoding="utf-8")


WRONG: list[tuple[Callable[[Path], None], str]] = [
    (other_folder, "the binding of `labo` stands in the folder laboratoire"), (twice, "`labo` has two bindings"), (nameless, "has no binding.yaml, and no service labo is known"),
    (stray, "binding.yml would not be read"), (inside, "is the folder of one service"), (empty, "holds no binding"),
    (same, "labo (prefix /idp)"), (beneath, "labo (prefix /idp/labo)"), (above, "labo (prefix /)"), (renamed, "servid (prefix /sts)"),
]  # fmt: skip


@pytest.mark.mends("16")
@pytest.mark.parametrize(("make", "word"), WRONG, ids=[make.__name__ for make, _ in WRONG])
def test_bindings_in_each_others_way_are_told_with_what_to_do(equalis: Equalis, tmp_path: Path, make: Callable[[Path], None], word: str) -> None:
    """One message, exit 2; a path that is a live-only service's matters where it has one."""
    make(tmp_path / "overlay")
    verbs: list[tuple[str, ...]] = [("lint",)]
    if make not in {same, beneath, above}:
        verbs += [("doctor", "--demo"), ("serve", "--port", "0")] if make is renamed else [("run", "--demo", "idv/numero-faux@luhn")]
    for verb in verbs:
        refused = equalis(*verb, "--bindings", str(tmp_path / "overlay"))
        assert refused.returncode == 2, (verb, refused.stdout, refused.stderr)
        assert word in refused.stderr, verb
        assert "Traceback" not in refused.stderr


@pytest.mark.mends("16")
def test_services_under_one_path_are_told_apart_by_their_hosts_only(tmp_path: Path) -> None:
    """A live environment routed by host may have them; one routed by prefix may not."""
    same(tmp_path)
    bindings = load_all({**packs.scenarios().content, **packs.bindings([str(tmp_path)]).content}).bindings
    services = {"idp": Address("https://a.example/idp"), "labo": Address("https://b.example/idp")}
    agreed(Live("real", services, routing="host"), bindings)
    with pytest.raises(DescriptorError, match="stand under the same path") as caught:
        agreed(Live("real", services, routing="prefix"), bindings)
    assert "routing" in caught.value.remedy
