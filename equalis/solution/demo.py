"""The driver `demo`: starts the demonstration solution as a process and drives its hook."""

from __future__ import annotations

import contextlib
import select
import subprocess
import sys
from collections.abc import Iterable
from dataclasses import replace

from equalis.model.config import Solution
from equalis.solution import reading
from equalis.solution.hook import SAID
from equalis.solution.http import HttpDriver
from equalis.solution.port import DriverError

PATIENCE = 60.0
"""Seconds in which the process must come up, and end once its standard input is closed: a starved machine takes its time."""


class DemoDriver(HttpDriver):
    """The hook of a demonstration solution that lives as long as this driver."""

    def __init__(self, solution: Solution, defects: Iterable[str] = ()) -> None:
        """Start the process; raises DriverError when it does not come up."""
        words = [word for defect in defects for word in ("--defect", defect)]
        command = [sys.executable, "-m", "equalis.demo", "--timeout", str(solution.timeout), *words]
        self._process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        super().__init__(replace(solution, url=self._address()))

    def switch(self, defects: Iterable[str]) -> None:
        """Switch other defects on, from the next reset; raises DriverError."""
        self._told("demo/defects", {"defects": list(defects)}, self._limit)

    def asked(self) -> frozenset[str]:
        """The defects that the product asked for since the last reset; raises DriverError."""
        asked = reading.document(self._told("demo/asked", None, self._limit).content, SAID)["defects"]
        return frozenset(map(str, asked)) if isinstance(asked, tuple) else frozenset()

    def _address(self) -> str:
        """The address that the process prints when it is ready."""
        stream = self._process.stdout
        line = ""
        if stream is not None:
            if sys.platform != "win32":
                select.select([stream], [], [], PATIENCE)
            line = stream.readline().strip()
        if not line.startswith("http://"):
            self._end()
            cause = "the demonstration solution did not start"
            remedy = f"run `{sys.executable} -m equalis.demo` by hand and read what it says"
            raise DriverError(cause, remedy)
        return line

    @property
    def closed(self) -> bool:
        """Whether the process is over."""
        return self._process.poll() is not None

    def close(self) -> None:
        """Close the hook and end the process (it ends when its standard input closes)."""
        super().close()
        self._end()

    def _end(self) -> None:
        for stream in (self._process.stdin, self._process.stdout):
            if stream is not None:
                with contextlib.suppress(OSError):
                    stream.close()
        try:
            self._process.wait(PATIENCE)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
