"""A loop that stands still is our own fault: measured, told, and never silence."""

from __future__ import annotations

import http.client
import json
import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from equalis.cases.loading import Loaded
from equalis.clock import Clock
from equalis.gateway.embedded import Embedded
from equalis.gateway.environment import Environment
from equalis.gateway.pki import Pki
from equalis.model.config import Config
from equalis.model.outcome import Blame, Outcome
from equalis.proof import stalling
from equalis.proof.bench import Bench, Place
from equalis.session import DEMO
from tests.gateway.test_gateway import PATH, Kept, context, order
from tests.pace import PATIENCE, PRODUCT, waited

SHORT = PRODUCT / 2
"""Seconds that a product waits which is in a hurry."""


@pytest.fixture(scope="module")
def environment(loaded: Loaded, keys: Pki) -> Iterator[Environment]:
    """An open environment with such a product."""
    made = Environment(loaded.bindings, keys, b"c" * 32, Clock().now, SHORT)
    yield made
    made.close()


@pytest.fixture
def kept(environment: Environment, loaded: Loaded) -> Kept:
    """A fresh case."""
    sink = Kept()
    environment.begin_case(sink, {name: {} for name in loaded.bindings.services})
    order(environment)
    return sink


def asked(environment: Environment, keys: Pki) -> int:
    connection = http.client.HTTPSConnection("localhost", environment.port, timeout=PATIENCE, context=context(keys))
    connection.request("GET", PATH)
    return connection.getresponse().status


@pytest.mark.mends("8")
def test_a_loop_that_stood_still_is_told_at_the_end_of_the_case(environment: Environment, kept: Kept, keys: Pki, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever happened in the case, and even when nothing was asked."""
    reply = Embedded.reply

    def slowly(*args: object, **kwargs: object) -> object:
        time.sleep(SHORT * 1.75)
        return reply(*args, **kwargs)  # type: ignore[arg-type]

    monkeypatch.setattr(Embedded, "reply", slowly)
    asked(environment, keys)
    environment.drain()
    assert {fault.blame for fault in kept.faults} == {Blame.EQUALIS}
    stood, late = kept.faults[-1].cause, kept.faults[0].cause
    told = re.match(r"equalis stood still for ([0-9.]+) s", stood)
    assert told
    assert float(told[1]) >= SHORT
    assert f"too long for a product that waits {SHORT:g} s" in late
    assert "--retry-inconclusive" in kept.faults[0].remedy


def test_a_case_in_which_nothing_was_late_has_no_fault(environment: Environment, kept: Kept, keys: Pki) -> None:
    """The control: the same call, answered at once; a machine that is busy may be late in one of a few."""
    for _ in range(20):
        kept.faults.clear()
        environment.begin_case(kept, {name: {} for name in environment.addresses})
        order(environment)
        asked(environment, keys)
        environment.drain()
        if not kept.faults:
            return
    raise AssertionError(kept.faults)


@pytest.mark.mends("8")
def test_time_in_which_nobody_listened_is_no_silence(environment: Environment, kept: Kept) -> None:
    """A stop of the loop adds no more than a beat to the silence, during the stop and after the beat that follows it."""
    assert not kept.requests
    environment.acted()
    assert waited(lambda: environment.silence > 0)
    loop = environment._listener._server._loop
    assert loop
    seen: list[float] = []

    def stop() -> None:
        seen.append(environment.silence)
        time.sleep(1.0)
        seen.append(environment.silence)
        loop.call_soon(lambda: loop.call_soon(lambda: seen.append(environment.silence)))  # the beat that is due comes in between

    loop.call_soon_threadsafe(stop)
    assert waited(lambda: len(seen) == 3)
    before, during, after = seen
    assert during == before
    assert before < after < before + 0.5


@pytest.fixture(scope="module")
def bench(home: Path, keys: Pki, loaded: Loaded, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Bench]:
    assert keys.identities
    assert loaded
    made = Bench(Place(home, tmp_path_factory.mktemp("stalls"), Config(DEMO)))
    yield made
    made.close()


CASES = ("ra-pid/authentification-refusee", "ra-pid/pid-repli@sts-refuse", "ra-pid/certificat-serveur@autre-nom", "idv/servid-muet", "eprescription/emission", "ra-pid/pid-accord")


@pytest.mark.parametrize("kind", stalling.KINDS)
def test_a_conforming_product_is_never_ko_on_a_machine_that_stands_still(bench: Bench, kind: str) -> None:
    """What nobody could judge names what was measured, and is OK when it is played again."""
    found = bench.stall(kind, 1, "", CASES)
    assert not list(found.wrong)


def test_a_defect_is_never_ok_on_a_machine_that_stands_still(bench: Bench) -> None:
    """Stopped or not."""
    found = bench.stall(stalling.STOPPED, 2, "shows-own-share", ("ra-pid/pid-consultation-adulte",))
    assert not list(found.wrong)
    assert Outcome.OK not in {*found.first, *found.last}


def test_a_spoilt_play_is_made_anew_by_itself(home: Path, tmp_path: Path) -> None:
    """The program is stopped once, for longer than the product waits; in the end the case is OK, and says that it was played again."""
    surroundings = {**os.environ, "EQUALIS_HOME": str(home)}
    process = subprocess.Popen([sys.executable, "-m", "equalis", "run", "--demo", "--retry-inconclusive", "9", "ra-pid/pid-paiement-pannes@muette-apres"], cwd=tmp_path, env=surroundings,
                               stdout=subprocess.PIPE, stdin=subprocess.DEVNULL, text=True)  # fmt: skip
    assert waited(lambda: any('"request"' in log.read_text() for log in tmp_path.glob("reports/*/evidence/log.jsonl")))
    process.send_signal(signal.SIGSTOP)
    time.sleep(PRODUCT * 2.5)
    process.send_signal(signal.SIGCONT)
    out, _ = process.communicate()
    assert process.returncode == 0, out
    (case,) = json.loads(next(tmp_path.glob("reports/*/report.json")).read_text())["cases"]
    assert case["outcome"] == "OK"
    assert "played again, since equalis: " in case["reason"]
