"""The terminal: rich live progress where there is a terminal, plain lines elsewhere."""

from __future__ import annotations

import contextlib
import os
import textwrap
import time
from typing import IO, Self

from rich.console import Console
from rich.live import Live
from rich.spinner import Spinner
from rich.text import Text

from equalis.model.case import Case, Step
from equalis.model.outcome import Outcome
from equalis.model.verdict import Verdict
from equalis.reporting.blocks import PLAIN, Blocks, not_applicable
from equalis.reporting.text import Lines, case_line, clean

STYLES = {
    Outcome.KO: "bold red", Outcome.INCONCLUSIVE: "yellow",
    Outcome.OK: "green", Outcome.NOT_APPLICABLE: "dim",
}  # fmt: skip


class _Patient(Console):
    """A console whose reader may leave: what it prints is for the eyes, the run goes on."""

    def on_broken_pipe(self) -> None:
        """Print nothing more; rich would end the program."""
        self.quiet = True
        with contextlib.suppress(OSError):
            os.dup2(os.open(os.devnull, os.O_WRONLY), self.file.fileno())


def console(stream: IO[str] | None = None) -> Console:
    """A console that leaves texts as they are: no markup, no highlighting, no wrapping of words."""
    return _Patient(file=stream, markup=False, highlight=False, emoji=False, soft_wrap=True)


COLUMN = 13
"""Where the second column of a finding begins."""


def fitted(out: Console, text: str) -> str:
    """A text whose long rows are broken between words, when it goes to a terminal.

    What is piped or kept stays one row a fact.
    """
    if not out.is_terminal:
        return text
    return "\n".join(_fitted(row, out.width) for row in text.split("\n"))


def _fitted(row: str, width: int) -> str:
    if len(row) <= width:
        return row
    columns = (row.startswith("   ") and row[3:4] != " ") or (row.startswith("  ") and row[COLUMN - 1 : COLUMN] == " ")
    return broken(row, width, COLUMN if columns else 4)


def broken(row: str, width: int, indent: int) -> str:
    """A row broken between words; what comes to stand at the beginning of a line is no command there either."""
    lines = textwrap.wrap(row, width, subsequent_indent=" " * indent, break_long_words=False,
                          break_on_hyphens=False, drop_whitespace=True, replace_whitespace=False)  # fmt: skip
    return "\n".join(map(clean, lines))


def styled(text: str) -> Text:
    """A text whose first word, when it is an outcome, has its colour."""
    made = Text(text)
    for outcome, style in STYLES.items():
        if text.startswith((f"{outcome.value} ", f"{outcome.value}\n")):
            made.stylize(style, 0, len(outcome.value))
    return made


class LiveProgress:
    """Shows the case, its step, what it waits for and the time that it took so far."""

    def __init__(self, out: Console, *, quiet: bool = False, still: bool = False, command: str = PLAIN) -> None:
        """``quiet`` prints nothing at all; ``still`` moves nothing, for somebody who types at the same terminal; ``command`` plays
        a case again.
        """
        self._out, self._quiet = out, quiet
        self._total = 0
        self._blocks = Blocks(lambda _path, _line: "", command)
        self._idle: list[Verdict] = []
        self._done = 0
        self._case: Case | None = None
        self._wait = ""
        self._since = time.monotonic()
        self._spinner = Spinner("dots")
        self._live = Live(get_renderable=self._render, console=out, refresh_per_second=8, transient=True)
        self._alive = out.is_terminal and not quiet and not still

    def __enter__(self) -> Self:
        """Start the live display, if there is a terminal."""
        if self._alive:
            self._live.start()
        return self

    def __exit__(self, *_: object) -> None:
        """Take the live display away."""
        if self._alive:
            self._live.stop()
        for row in not_applicable(self._idle):
            self._out.print(styled(row))

    def run_begins(self, total: int, lines: Lines) -> None:
        """Know how many cases there are, and the lines of their files."""
        self._total, self._blocks.lines = total, lines

    def case_begins(self, case: Case) -> None:
        """Show which case is played."""
        self._case, self._wait, self._since = case, "", time.monotonic()

    def waits_for(self, step: Step, what: str) -> None:
        """Show what a step waits for."""
        self._wait = f"{step.id}: waits for {what}"

    def case_ends(self, case: Case, verdict: Verdict, seconds: float) -> None:  # noqa: ARG002 - the port's signature
        """Print the case's line, and everything that a reader must know when it is not OK."""
        self._done, self._case = self._done + 1, None
        if self._quiet:
            return
        if verdict.outcome is Outcome.NOT_APPLICABLE:
            self._idle.append(verdict)
            return
        self._out.print(styled(case_line(verdict, seconds)))
        for text in self._blocks.of(verdict):
            self._out.print()
            self._out.print(styled(fitted(self._out, text)))
            self._out.print()

    def _render(self) -> Text | Spinner:
        elapsed, number = time.monotonic() - self._since, min(self._done + 1, self._total)
        if self._case:
            doing = f" {number}/{self._total} {self._case.name} · {self._wait} · {elapsed:.0f} s"
        elif self._done < self._total:
            doing = f" {number}/{self._total}"
        else:
            doing = f" {number}/{self._total} cases; the bundle is being sealed" if self._total else " the cases are being read"
        self._spinner.update(text=Text(clean(doing)[: max(self._out.width - 3, 10)], overflow="ellipsis"))
        return self._spinner

