"""A program of the vendor run once: what it prints is bounded while it prints, and it ends in time with all that it started."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import IO

from equalis.solution.reading import LARGEST

TAIL = 4096
"""Bytes of its standard error that are kept: how it ends."""
PIECE = 1 << 16
PARTING = 1.0
"""Seconds for which a pipe may stay open after everything was killed; who holds it then has left the group."""


class TooLongError(Exception):
    """It did not end in time, or what it started keeps its output open; the text says which."""


class TooMuchError(Exception):
    """It printed more than an answer may have."""


@dataclass(frozen=True, slots=True)
class Printed:
    """The exit code, standard output, and the end of standard error."""

    code: int
    output: bytes
    errors: str


class Program:
    """One run of a command, in a group of its own; raises OSError when it cannot be started."""

    def __init__(self, command: Sequence[str]) -> None:
        """Start it."""
        self._process = subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, bufsize=0, start_new_session=sys.platform != "win32",
        )  # fmt: skip
        self._output, self._errors, self._overflown = bytearray(), bytearray(), False

    def finish(self, given: bytes, limit: float) -> Printed:
        """Give it standard input and wait for its end; raises TooLongError, TooMuchError."""
        deadline = time.monotonic() + limit
        readers = [_started(self._read, self._process.stdout), _started(self._read_errors, self._process.stderr)]
        _started(_write(given), self._process.stdin)
        try:
            silent = all(_ended(reader, deadline) for reader in readers)
            code = self._process.wait(max(0.0, deadline - time.monotonic()))
        except subprocess.TimeoutExpired:
            message = f"did not end within {limit:g} s"
            raise TooLongError(message) from None
        finally:
            if self._process.poll() is None:
                self.kill()
        if self._overflown:
            raise TooMuchError
        if not silent:
            self.kill()
            for reader in readers:
                reader.join(PARTING)
            message = f"did not end within {limit:g} s: a process that it started keeps its output open"
            raise TooLongError(message)
        return Printed(code, bytes(self._output), self._errors.decode(errors="replace").strip())

    def kill(self) -> None:
        """End it with everything that it started and that did not leave its group."""
        if sys.platform != "win32":
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.killpg(self._process.pid, signal.SIGKILL)
        self._process.kill()
        self._process.wait()

    def _read(self, stream: IO[bytes]) -> None:
        while piece := stream.read(PIECE):
            self._output += piece
            if len(self._output) > LARGEST:
                self._overflown = True
                self.kill()
                return

    def _read_errors(self, stream: IO[bytes]) -> None:
        while piece := stream.read(PIECE):
            self._errors = (self._errors + piece)[-TAIL:]


def _write(given: bytes) -> Callable[[IO[bytes]], None]:
    def write(stream: IO[bytes]) -> None:
        rest = memoryview(given)
        while rest:
            rest = rest[stream.write(rest) :]

    return write


def _started(work: Callable[[IO[bytes]], None], stream: IO[bytes] | None) -> threading.Thread:
    """Work on a pipe in a thread of its own, which closes it: a pipe that is read must not be closed by another."""

    def run() -> None:
        if stream is not None:
            with contextlib.suppress(OSError, ValueError), stream:
                work(stream)

    thread = threading.Thread(target=run, name="pipe", daemon=True)
    thread.start()
    return thread


def _ended(thread: threading.Thread, deadline: float) -> bool:
    thread.join(max(0.0, deadline - time.monotonic()))
    return not thread.is_alive()
