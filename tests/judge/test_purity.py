"""The judge is pure: take everything that reaches out of the process away, and it still judges."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

PROGRAM = """
import builtins, io, os, pathlib, random, socket, subprocess, sys, time
from pathlib import Path
from equalis.archive.evidence import Reader, header
from equalis.archive.rundir import Recorded
from equalis.archive.bundle import open_bundle
from equalis.cases.conformity import fold
from equalis.cases.loading import load_all
from equalis.judge import judge
from equalis.services import SERVICES
from equalis.services.port import Call, answered
from equalis.gateway import pki
from equalis.wire.opened import Opened

opened = open_bundle(Path(sys.argv[1]))
files = dict(opened.files)
identities = pki.load(Path(sys.argv[2])).identities
for simulator in SERVICES.values():  # the FHIR models are loaded here, as a run does before its first case
    simulator.start({})
judge  # imported before anything is taken away


def gone(*_, **__):
    raise AssertionError("the judge reached out of the process")


builtins.open = io.open = os.open = gone
socket.socket = socket.create_connection = gone
time.time = time.monotonic = time.sleep = time.perf_counter = gone
random.random = random.randrange = random.getrandbits = os.urandom = gone
subprocess.Popen = os.system = os.getenv = gone
pathlib.Path.read_bytes = pathlib.Path.exists = pathlib.Path.open = gone

recorded = Recorded(files)
loaded = load_all({n: c for n, c in files.items() if n.startswith(("scenarios/", "bindings/"))})
events = recorded.events()
head = header(next(events))
reader, verdicts, calls = Reader(head, recorded.body), [], 0
for event in events:
    transcript = reader.feed(event)
    if transcript is None:
        continue
    verdicts.append(judge(loaded.pack.case(transcript.case), transcript, loaded.bindings))
    states = {name: simulator.start({}) for name, simulator in SERVICES.items()}
    for exchange in transcript.exchanges:
        binding = loaded.bindings.services[exchange.service]
        request = Opened(exchange.request)
        call = Call(request, binding, loaded.bindings.recognise(exchange.service, request), exchange.at,
                    exchange.tls.client_certificate, {}, {}, identities[exchange.service], identities, b"seed")
        reply = answered(SERVICES[exchange.service], states[exchange.service], call)
        states[exchange.service] = reply.state
        calls += 1
report = fold(head, loaded.pack.families, verdicts, complete=True)
sys.stdout.write(f"{report.outcome.value} {len(verdicts)} {calls}")
"""


def test_judge_and_simulators_work_without_files_sockets_clock_and_chance(demo_bundle: Path, home: Path) -> None:
    """Loading, judging, folding and every simulator run with open, socket, time and random removed."""
    done = subprocess.run([sys.executable, "-c", PROGRAM, str(demo_bundle), str(home / "pki")],
                          capture_output=True, text=True, check=False)  # fmt: skip
    assert done.returncode == 0, done.stderr
    outcome, cases, calls = done.stdout.split()
    assert outcome == "OK"
    assert int(cases) == 6
    assert int(calls) > 15
