"""A machine that stands still now and then, or that is starved: no conforming product may be KO for it, and no defect OK.

Another process stops the one in which the gateway and the runner live, as a suspended machine or a debugger would; or many busy
ones share its processors. The product goes on meanwhile, and gives up what it waits for.
"""

from __future__ import annotations

import contextlib
import multiprocessing
import os
import random
import signal
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from multiprocessing.context import SpawnProcess
from multiprocessing.synchronize import Semaphore

from equalis.gateway.pulse import late
from equalis.model.outcome import Outcome
from equalis.model.verdict import Verdict

STOPPED, STARVED = "stopped", "starved"
KINDS = (STOPPED, STARVED)
STOP = 1.3
"""Seconds for which everything of ours stands still: longer than the demonstration solution waits."""
APART = (0.1, 0.9)
"""Seconds between two stops, at least and at most."""
BUSY_PER_CORE = 5
RETRIES = 2
"""How often a case that nobody could judge is played again, once the machine has come to rest."""
MOST_CASES, MOST_DEFECTS = 12, 4


@dataclass(frozen=True, slots=True)
class Stalled:
    """Cases played on such a machine: what each came to at first, why where nobody could judge, and what at last."""

    kind: str
    defect: str
    cases: tuple[str, ...]
    first: tuple[Outcome, ...]
    reasons: tuple[str, ...]
    last: tuple[Outcome, ...]

    @property
    def wrong(self) -> Iterator[str]:
        """What must not happen: a KO of the conforming product, an OK of a defect, a reason that names no delay, a case that stays open."""
        for name, first, reason, last in zip(self.cases, self.first, self.reasons, self.last, strict=True):
            where = f"{self.kind}, {self.defect or 'conforming'}: {name}"
            if not self.defect and Outcome.KO in {first, last}:
                yield f"{where} is KO"
            elif self.defect and Outcome.OK in {first, last}:
                yield f"{where} is OK"
            elif first is Outcome.INCONCLUSIVE and not late(reason):
                yield f"{where}: {reason or 'no reason'}"
            elif not self.defect and last is not Outcome.OK:
                yield f"{where} is {last.value} after {RETRIES} retries"


def sample(names: Sequence[str], number: int, most: int = MOST_CASES) -> tuple[str, ...]:
    """Some of the cases or defects, spread over all of them, others for each run."""
    apart = max(len(names) // most, 1)
    return tuple(names[number % apart :: apart][:most])


def played(kind: str, defect: str, names: tuple[str, ...], play: Callable[[str], Verdict]) -> Stalled:
    """Play cases on such a machine, and those that nobody could judge again when it is at rest."""
    with _troubled(kind, f"{defect}{names}"):
        first = [play(name) for name in names]
    last = []
    for name, verdict in zip(names, first, strict=True):
        again = verdict
        for _ in range(RETRIES):
            if again.outcome is Outcome.INCONCLUSIVE:
                again = play(name)
        last.append(again.outcome)
    return Stalled(kind, defect, names, tuple(item.outcome for item in first), tuple(item.reason for item in first), tuple(last))


@contextlib.contextmanager
def _troubled(kind: str, seed: str) -> Iterator[None]:
    context = multiprocessing.get_context("spawn")
    ready = context.Semaphore(0)
    if kind == STOPPED:
        others: list[SpawnProcess] = [context.Process(target=stopping, args=(os.getpid(), seed, ready), daemon=True)]
    else:
        others = [context.Process(target=busy, args=(ready,), daemon=True) for _ in range(BUSY_PER_CORE * (os.cpu_count() or 1))]
    for each in others:
        each.start()
    try:
        for _ in others:
            ready.acquire()
        yield
    finally:
        for each in others:
            each.terminate()
            each.join()


def stopping(process: int, seed: str, ready: Semaphore) -> None:
    """Stop a process again and again, and let it go on each time, until one is ended."""
    drawn = random.Random(seed)  # noqa: S311 - any spread will do, the same each time
    signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGTERM})  # never ended between a stop and its end
    ready.release()
    with contextlib.suppress(ProcessLookupError):
        while signal.SIGTERM not in signal.sigpending():
            time.sleep(drawn.uniform(*APART))
            if signal.SIGTERM not in signal.sigpending():
                os.kill(process, signal.SIGSTOP)
                time.sleep(STOP)
                os.kill(process, signal.SIGCONT)


def busy(ready: Semaphore) -> None:
    """Keep a processor busy until one is ended."""
    ready.release()
    while True:
        pass
