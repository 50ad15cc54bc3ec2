"""Run a command on a machine that is starved: beside busy loops, on every core or on one of them; its exit code is ours.

usage: python tools/starved.py (--per-core N | --one-core N) COMMAND...

Exactly the loops that were started are ended, whatever becomes of the command; one whose starter is gone ends by itself.
"""

from __future__ import annotations

import argparse
import contextlib
import os
import signal
import subprocess
import sys
from collections.abc import Iterator

LOOP = "import os\nparent = os.getppid()\nwhile os.getppid() == parent:\n    pass\n"


@contextlib.contextmanager
def loops(count: int) -> Iterator[None]:
    """So many busy loops, ended at the end; they stay on the cores on which this process may be."""
    started: list[subprocess.Popen[bytes]] = []
    try:
        for _ in range(count):
            started.append(subprocess.Popen([sys.executable, "-c", LOOP], stdin=subprocess.DEVNULL))
        yield
    finally:
        for each in started:
            each.kill()
        for each in started:
            each.wait()


def main() -> int:
    """Read the words, start the loops, run the command."""
    parser = argparse.ArgumentParser(description="Run a command beside busy loops.")
    how = parser.add_mutually_exclusive_group(required=True)
    how.add_argument("--per-core", type=int, metavar="N", help="N loops for each core that there is")
    how.add_argument("--one-core", type=int, metavar="N", help="N loops and the command on one and the same core")
    parser.add_argument("command", nargs=argparse.REMAINDER)
    words = parser.parse_args()
    cores = os.sched_getaffinity(0)
    if words.one_core is not None:
        os.sched_setaffinity(0, {min(cores)})  # what is started inherits it
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(128 + signal.SIGTERM))
    with loops(words.one_core if words.one_core is not None else words.per_core * len(cores)), subprocess.Popen(words.command) as running:
        try:
            return running.wait()
        except BaseException:
            running.terminate()
            raise


if __name__ == "__main__":
    sys.exit(main())
