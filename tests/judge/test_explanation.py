"""A KO says why as far as the evidence does: what stood in the way is quoted, and what was not tried has no cause."""

from __future__ import annotations

import re
import sys
from pathlib import Path

import pytest

from tests.conftest import Equalis
from tests.pace import PATIENCE

HOOK = """\
import json, sys
request = sys.stdin.read()
word = sys.argv[-1]
if word in ("reset", "clock"):
    print("{}")
else:
    %s
"""


def hooked(folder: Path, answer: str) -> None:
    """A vendor's program that calls nobody and answers so."""
    hook = folder / "hook.py"
    hook.write_text(HOOK % answer, encoding="utf-8")
    (folder / "equalis.toml").write_text(
        f'[solution]\nname = "X"\ndriver = "command"\ncommand = ["{sys.executable}", "{hook}"]\nsettle = 0.1\ntimeout = {PATIENCE}\n'
        'capabilities = ["pid", "ra", "ra-team", "ra-mysecu", "idv", "eprescription", "clock"]\n', encoding="utf-8",
    )  # fmt: skip


def findings(text: str) -> list[str]:
    """The blocks of a run's text that tell of a KO."""
    return [block for block in re.split(r"\n(?=KO )", text.partition("\nbundle: ")[0]) if block.startswith("KO  ") and block[4] != " "]


@pytest.mark.parametrize(("defect", "said"), [
    ("unsigned-timestamp", "exchange #1, idp.authenticate was answered HTTP 500: wsse:InvalidSecurity: the signature does not cover timestamp"),
    ("wrong-provider-claim", "sts.issue was answered HTTP 500: wst:FailedAuthentication: the provider code '90999999' is not that of 1000000017"),
    ("wrong-soap-action", 'pid.simulate was answered HTTP 500: soap:Client: SOAPAction is "urn:exchange", where "exchange" or "" is due'),
    ("old-tls", "a TLS handshake during `facturer` did not come about: "),
    ("no-client-certificate", "exchange #1, idp.authenticate was answered HTTP 403: wsse:FailedAuthentication: mutual TLS: no client certificate was presented"),
])  # fmt: skip
def test_what_follows_from_a_refusal_quotes_it_and_names_no_cause(equalis: Equalis, defect: str, said: str) -> None:
    """A login that failed, a token that was not given, a request that was refused, a handshake that was given up."""
    done = equalis("run", "--demo", "ra-pid/pid-consultation-enfant", "--defect", defect)
    (block,) = findings(done.stdout)
    assert f"   said      {said}" in re.sub(r"exchange #\d+, (?=sts|pid)", "", block)
    assert "   said      after `facturer` the solution said: " in block
    assert "   likely" not in block
    assert "   mend" not in block
    assert "statutory share is computed" not in done.stdout


def test_what_follows_from_one_refusal_is_told_in_one_line(equalis: Equalis) -> None:
    """And the first thing to mend is the refusal."""
    done = equalis("run", "--demo", "ra-pid/pid-consultation-adulte@dette-recuperee", "--defect", "unsigned-timestamp")
    first, *others = findings(done.stdout)
    assert re.search(r"   follow    \d+ more KO follow from it: ", first)
    assert not any("the signature does not cover timestamp" in block.split("   follow")[0] for block in others)
    assert "mend first\n   1  idp.authenticate was answered HTTP 500: wsse:InvalidSecurity" in done.stdout


@pytest.mark.parametrize(("answer", "said"), [
    ("print('{}')", "after `facturer` was asked, pid.pay was never called"),
    ("print('{\"state\": \"unavailable\", \"message\": \"Carte illisible\"}')", "after `facturer` the solution said: Carte illisible"),
    ("sys.exit('NullPointerException in Invoice')", "NullPointerException in Invoice"),
])  # fmt: skip
def test_a_product_that_shows_nothing_or_fails_is_quoted(equalis: Equalis, tmp_path: Path, answer: str, said: str) -> None:
    """An empty form, a message of the product's own, a crash: none of them has a cause of the catalogue."""
    hooked(tmp_path, answer)
    done = equalis("run", "ra-pid/pid-consultation-enfant")
    assert done.returncode == 1, done.stdout + done.stderr
    assert findings(done.stdout)
    for block in findings(done.stdout):
        assert "   likely" not in block
        assert "   mend" not in block
    assert said in findings(done.stdout)[0]
    assert "nothing was recorded" not in done.stdout


def test_a_step_that_was_never_asked_follows_from_the_one_before(equalis: Equalis, tmp_path: Path) -> None:
    """Nothing was shown of what the next step would have cited."""
    hooked(tmp_path, "print('{}')")
    done = equalis("run", "eprescription/annulation")
    assert done.returncode == 1, done.stdout + done.stderr
    first, *variants = findings(done.stdout)
    assert "   said      after `prescrire` was asked, rx.submit was never called" in first
    assert "2 more KO follow from it: " in first
    assert "   likely" not in first
    assert variants
    assert all(block.strip().endswith("and 2 more that follow from it: as in eprescription/annulation#motif") for block in (text.partition("\n\n")[0] for text in variants))
