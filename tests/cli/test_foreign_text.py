"""A foreign text never makes a line of its own, in any verb, on standard output or on standard error."""

from __future__ import annotations

import itertools
import json
import sys
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import click
import pytest

from equalis.archive.rundir import Recorded
from equalis.cases.loading import Loaded
from equalis.cli import (
    configured,
    root,
    verb_diff,
    verb_doctor,
    verb_drift,
    verb_gate,
    verb_list,
    verb_prove,
    verb_report,
    verb_run,
    verb_serve,
    verb_verify,
)
from equalis.cli.endings import EndError, guarded, told
from equalis.cli.terminal import Terminal
from equalis.cli.verb_report import FORMS
from equalis.gateway.watching import Watching
from equalis.model.case import ActionField
from equalis.model.health import Health, Line
from equalis.model.outcome import Blame
from equalis.model.report import Report
from equalis.model.source import Mistake, MistakesError, Source
from equalis.model.transcript import Fault, Message, Peer
from equalis.proof import document
from equalis.proof.drift import Difference, Drift
from equalis.solution.operator import Briefing
from equalis.verifier import Verification
from tests.conftest import Equalis
from tests.foreign import HOSTILE, TEXTS, wrong
from tests.reporting.test_foreign_text import hostile, lines

MENDS = pytest.mark.mends("14")
Captured = pytest.CaptureFixture[str]


def shown(captured: Captured) -> str:
    """Everything that was printed."""
    return "\n".join(captured.readouterr())


def verified(foreign: str, *, sealed: bool = True) -> Verification:
    """What `verify` found in a bundle that is hostile everywhere."""
    difference = SimpleNamespace(how="altered", name=foreign, kind="case")
    seal = SimpleNamespace(subject=f"CN={foreign}", fingerprint="0" * 64, claimed=datetime(2026, 11, 24, tzinfo=UTC)) if sealed else None
    made: Any = SimpleNamespace(report=hostile(foreign), seal=seal, recorded=Recorded({}), lines=lines(foreign), compared=True, worded=False, differences=(difference,))
    return made  # type: ignore[no-any-return]


VERBS: dict[str, tuple[Any, tuple[str, ...]]] = {
    "verify": (verb_verify, ("x",)),
    "verify --quiet": (verb_verify, ("x", "--quiet")),
    "diff": (verb_diff, ("x", "y")),
    "gate": (verb_gate, ("x",)),
    "list --coverage": (verb_list, ("requirements", "--coverage", "x")),
    "list --coverage --json": (verb_list, ("requirements", "--coverage", "x", "--json")),
    **{f"report --as {form}": (verb_report, ("x", "--as", form)) for form in FORMS if form != "github"},
}


@pytest.mark.parametrize("verb", [pytest.param(verb, marks=() if verb == "verify --quiet" else MENDS) for verb in VERBS])
def test_a_hostile_bundle_says_nothing_of_its_own(
    verb: str, loaded: Loaded, monkeypatch: pytest.MonkeyPatch, capfdbinary: pytest.CaptureFixture[bytes],
) -> None:  # fmt: skip
    """Each verb that reads one, given a bundle in which every string is foreign."""
    module, words = VERBS[verb]
    monkeypatch.setattr(verb_list, "everything", lambda: loaded)
    for foreign in TEXTS:
        reports = iter([replace(hostile(foreign), verdicts=())] if verb == "diff" else [])
        monkeypatch.setattr(module, "checked", partial(_checked, foreign, reports))
        assert run(module.command, *words) != 70
        output = b"\n".join(capfdbinary.readouterr()).decode()
        assert output.strip()
        assert not wrong(output)


def _checked(foreign: str, reports: Iterator[Report], _path: str) -> Verification:
    found = verified(foreign)
    found.report = next(reports, found.report)  # type: ignore[misc]
    return found


def run(command: click.Command, *words: str) -> int:
    """A verb as `equalis` runs it."""
    try:
        code = command.main(list(words), standalone_mode=False)
        sys.stdout.flush()
    except EndError as error:
        return told(error)
    return code if isinstance(code, int) else 0


@MENDS
def test_the_name_of_a_bundle_is_no_line(monkeypatch: pytest.MonkeyPatch, capsys: Captured) -> None:
    """A file and a folder may have any name."""
    for foreign in TEXTS:
        for sealed in (True, False):
            monkeypatch.setattr(verb_verify, "checked", lambda _path, sealed=sealed: verified("x", sealed=sealed))
            run(verb_verify.command, "--", foreign)
    assert not wrong(shown(capsys))


ASKED = [
    ("verify", "{}"), ("verify", "--{}"), ("report", "{}"), ("report", "x", "--as", "{}"), ("diff", "{}", "{}"), ("gate", "{}"), ("gate", "x", "--baseline", "{}"), ("gate", "x", "--require", "{}"),
    ("drift", "{}"), ("evidence", "{}", "--to", "x"), ("list", "{}"), ("list", "requirements", "--coverage", "{}"), ("explain", "{}"), ("explain", "ra-pid/ra-depot#{}"), ("lint", "{}"),
    ("lint", "--bindings", "{}"), ("run", "--demo", "{}"), ("run", "--defect", "{}"), ("run", "--config", "{}"), ("run", "--demo", "--environment", "{}"), ("run", "--resume", "{}"),
    ("run", "--demo", "--bindings", "{}"), ("run", "--failed-from", "{}"), ("run", "--watch", "{}"), ("run", "--retry-inconclusive", "{}"), ("run", "--demo", "--case", "{}"),
    ("run", "--demo", "--family", "{}"), ("run", "--demo", "--tag", "{}"), ("serve", "--seed", "{}"), ("serve", "--port", "{}"), ("prove", "--family", "{}"), ("prove", "--defect", "{}"),
    ("prove", "--golden", "{}"), ("prove", "--golden", "{}/x", "--renew"), ("init", "--name", "x", "--capability", "{}"), ("init", "--name", "x", "--driver", "{}"), ("doctor", "--config", "{}"),
    ("doctor", "--demo", "--environment", "{}"), ("{}",), ("--{}",), ("verify", "x", "--quiet", "--no={}"),
]  # fmt: skip
HELD = {("verify", "--{}"), ("--{}",), ("verify", "x", "--quiet", "--no={}"), ("run", "--demo", "--family", "{}"), ("run", "--demo", "--tag", "{}")}
"""What was told on one line from the beginning."""
NAME = f"::error::EVIL{HOSTILE}".replace("\x00", "").replace("\ud800", "")
"""As an argument may be: without the character that ends it, bytes that are no UTF-8 as Python gives them."""


@pytest.mark.parametrize("words", [pytest.param(words, id=" ".join(words), marks=() if words in HELD else MENDS) for words in ASKED])
def test_what_was_asked_wrongly_is_told_on_one_line(
    words: tuple[str, ...], monkeypatch: pytest.MonkeyPatch, capsys: Captured, tmp_path: Path, home: Path,
) -> None:  # fmt: skip
    """Every verb, every word of a user that it repeats."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("EQUALIS_HOME", str(home))
    monkeypatch.setattr(sys, "argv", ["equalis", *(word.replace("{}", NAME) for word in words)])
    with pytest.raises(SystemExit) as ended:
        guarded(root)
    output = shown(capsys)
    assert ended.value.code in {1, 2, 3}, output
    assert not wrong(output)


@MENDS
@pytest.mark.parametrize("error", [
    lambda foreign: EndError(3, foreign, foreign), lambda foreign: OSError(5, foreign, foreign), RuntimeError,
    lambda foreign: MistakesError((Mistake(Source(foreign, 3, 4), foreign, foreign, foreign), Mistake(Source(foreign), foreign, foreign))),
], ids=["an end", "a disk", "a defect", "mistakes"])  # fmt: skip
def test_an_error_is_told_in_rows_of_ours(error: Callable[[str], Exception], capsys: Captured) -> None:
    """Whatever a verb may raise."""
    for foreign in TEXTS:
        told(error(foreign))
    assert not wrong(shown(capsys))


def test_mistakes_keep_their_lines(capsys: Captured) -> None:
    """Each with its place, its line and its caret, and the number of all at the end of lint."""
    told(MistakesError((Mistake(Source("a.yaml", 3, 2), "one", "mend one", "text"), Mistake(Source("b.yaml"), "two"))))
    assert capsys.readouterr().err.splitlines() == [
        "error: one", " --> a.yaml:3:2", "  |", "3 | text", "  |  ^", "   mend: mend one", "", "error: two", "  --> b.yaml",
    ]  # fmt: skip


@pytest.fixture
def nothing_is_read(monkeypatch: pytest.MonkeyPatch) -> None:
    """Verbs without their files: only what they print is looked at."""
    monkeypatch.setattr(configured, "read", lambda *_args, **_words: SimpleNamespace(live=None, solution=None))
    monkeypatch.setattr(verb_doctor, "read_files", lambda _config: SimpleNamespace(content={}, shown={}))
    monkeypatch.setattr(verb_doctor, "load_all", lambda *_args: None)
    monkeypatch.setattr(verb_doctor, "check_promises", lambda *_args: None)
    monkeypatch.setattr("click.termui.visible_prompt_func", _typing())


def _typing() -> Callable[[str], str]:
    """A person who types the wrong word, then the right one, and so on; what is asked is printed, with the line end that is typed."""
    words = itertools.cycle("xy")

    def typed(asked: str) -> str:
        sys.stdout.write(f"{asked}\n")
        return next(words)

    return typed


def drifted(foreign: str, _patch: pytest.MonkeyPatch) -> None:
    verb_drift._print(Drift(2, 1, differences=[Difference(f"op {foreign}", foreign, foreign, foreign, foreign)]))


def examined(foreign: str, patch: pytest.MonkeyPatch) -> None:
    patch.setattr(verb_doctor, "_lines", lambda *_args: [Line(foreign, Health.KO, foreign, foreign), Line(foreign, Health.OK, foreign)])
    run(verb_doctor.command)


def served(foreign: str, _patch: pytest.MonkeyPatch) -> None:
    passing(foreign, verb_serve._say)


def asked(foreign: str, _patch: pytest.MonkeyPatch) -> None:
    Terminal().brief(Briefing(foreign, {foreign: foreign}, ((foreign, foreign),), (foreign,)))
    Terminal()._asked(ActionField(foreign, "text", foreign, values=("y", foreign)))


def proved(foreign: str, patch: pytest.MonkeyPatch) -> None:
    patch.setattr(document, "boundary_table", lambda _proved: [f"x {foreign}"])
    patch.setattr(document, "summary", lambda _proved: [("word", foreign)])
    patch.setattr(document, "failures", lambda _proved, _changed: [(foreign, (foreign,))])
    found: Any = SimpleNamespace(matrix=SimpleNamespace(family=foreign), edition=foreign)
    verb_prove._ended(found, [], 1.0)


@MENDS
@pytest.mark.usefixtures("nothing_is_read")
@pytest.mark.parametrize("say", [drifted, examined, served, asked, proved])
def test_what_comes_from_services_products_and_files_is_said_in_rows_of_ours(
    say: Callable[[str, pytest.MonkeyPatch], None], monkeypatch: pytest.MonkeyPatch, capsys: Captured,
) -> None:  # fmt: skip
    """What a live service answered, what a doctor found, what comes by, what is asked of a person, what a proof came to."""
    for foreign in TEXTS:
        say(foreign, monkeypatch)
        output = shown(capsys)
        assert output.count("EVIL") > 1
        assert not wrong(output)


def passing(foreign: str, say: Callable[[str], None]) -> None:
    """Everything that a watcher says of what comes by."""
    bindings: Any = SimpleNamespace(recognise=lambda _service, _opened: None, services={})
    watching, now = Watching(bindings, say), datetime.now(UTC)
    watching.request(1, foreign, foreign, now, Message(f"{foreign} /{foreign} HTTP/1.1", ((foreign, foreign),), b""), None, (), ours=False)
    watching.answer(1, now, 1000, Message(f"HTTP/1.1 200 {foreign}", (), b""), foreign)
    watching.peer(1, Peer(foreign, foreign, foreign, ()))
    watching.handshake(foreign, now, foreign)
    watching.fault(Fault(Blame.ENVIRONMENT, foreign, foreign, foreign))


@MENDS
def test_a_run_and_its_folder_are_told_in_rows_of_ours(capsys: Captured) -> None:
    """The bundle's name, the headline, what is to be mended first; report.json as it is printed."""
    for foreign in TEXTS:
        finished: Any = SimpleNamespace(report=hostile(foreign), bundle=Path(foreign), key_made=True)
        verb_run._print(finished, as_json=False)
        verb_run._print(finished, as_json=True)
    assert not wrong(shown(capsys))


@MENDS
def test_files_are_written_where_they_are_asked_for_and_told_on_one_line(equalis: Equalis, demo_bundle: Path, tmp_path: Path) -> None:
    """`evidence --to` a folder with a line end in its name; `report` of a bundle with one; `verify` of both."""
    odd = tmp_path / "a\n::error::EVIL.asice"
    odd.write_bytes(demo_bundle.read_bytes())
    for words in (("evidence", str(odd), "--to", "out\n::error::EVIL"), ("verify", odd.name), ("report", odd.name), ("verify", "b\n::error::EVIL")):
        done = equalis(*words)
        assert done.returncode in {0, 2}, done.stderr
        assert not wrong(f"{done.stdout}\n{done.stderr}")


HOOK = """
import json, sys
word = sys.argv[-1]
json.load(sys.stdin)
text = json.loads({0!r})
if word in ("reset", "clock"):
    print("{{}}")
elif word == "auth.login":
    print(json.dumps({{"state": text, "message": text}}))
else:
    print(text.encode("utf-8", "replace").decode(), file=sys.stderr)
    sys.exit(9)
"""


@MENDS
def test_a_hostile_product_says_nothing_of_its_own_from_run_to_gate(equalis: Equalis, tmp_path: Path) -> None:
    """Its name, its version, what it shows and what it complains of: run, verify, gate, report."""
    foreign = NAME.replace("\udcff", "")
    (tmp_path / "hook.py").write_text(HOOK.format(json.dumps(foreign)))
    (tmp_path / "equalis.toml").write_text(
        f'[solution]\nname = {_toml(foreign)}\nversion = {_toml(foreign)}\ndriver = "command"\ncommand = {json.dumps([sys.executable, "hook.py"])}\n'
        'timeout = 1\nsettle = 0.1\ncapabilities = ["pid", "ra"]\n', encoding="utf-8",
    )  # fmt: skip
    ran = equalis("run", "ra-pid/pid-consultation-enfant")
    assert "Traceback" not in ran.stderr
    assert "judged" in ran.stdout, ran.stderr
    assert "EVIL" in ran.stdout
    assert not wrong(f"{ran.stdout}\n{ran.stderr}")
    (bundle,) = (tmp_path / "reports").glob("*.asice")
    for words in (("verify", str(bundle)), ("gate", str(bundle)), ("report", str(bundle), "--as", "markdown"), ("report", str(bundle), "--as", "junit")):
        done = equalis(*words)
        assert done.returncode in {0, 1, 3}, done.stderr
        assert not wrong(f"{done.stdout}\n{done.stderr}"), words


def _toml(text: str) -> str:
    return '"' + "".join(f"\\U{ord(character):08x}" for character in text) + '"'
