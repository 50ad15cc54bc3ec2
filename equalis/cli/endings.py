"""How a verb ends: one clear message, and the documented exit code (design.md §8)."""

from __future__ import annotations

import codecs
import contextlib
import io
import os
import sys
import tempfile
import traceback
import unicodedata
from collections.abc import Iterable
from pathlib import Path
from typing import NoReturn

import click

from equalis.model.outcome import Outcome
from equalis.model.source import Mistake

OK, KO, USAGE, INCONCLUSIVE, NOT_AUTHENTIC, DEFECT = 0, 1, 2, 3, 4, 70
CODES = {
    Outcome.OK: OK, Outcome.NOT_APPLICABLE: OK, Outcome.KO: KO, Outcome.INCONCLUSIVE: INCONCLUSIVE,
}  # fmt: skip


class EndError(Exception):
    """End the verb with a message on standard error and an exit code."""

    def __init__(self, code: int, text: str, mend: str = "", more: Iterable[str] = ()) -> None:
        """Keep the parts; ``more`` are rows that follow the text, which is one."""
        super().__init__(text)
        self.code, self.text, self.mend, self.more = code, text, mend, tuple(more)


def _spelled(error: UnicodeError) -> tuple[str, int]:
    """What a terminal shows of characters that it does not have: their plain form, else their code points."""
    if not isinstance(error, UnicodeEncodeError):
        raise error
    text = error.object[error.start : error.end].translate(_SIGNS)
    return "".join(map(_plain, text)), error.end


def _plain(character: str) -> str:
    letter = unicodedata.normalize("NFKD", character)[:1]
    return (letter if letter.isascii() else character).encode("ascii", "backslashreplace").decode()


_SIGNS = {ord(sign): plain for sign, plain in {"·": "-", "—": "-", "–": "-", "…": "...", "→": "->", "×": "x", "≥": ">=", "≤": "<=", "’": "'", "«": '"', "»": '"', "\u00a0": " ", "œ": "oe", "ß": "ss"}.items()}


def _any_terminal() -> None:
    """A terminal without our characters (LANG=C) gets plain ones; it is no reason to end."""
    codecs.register_error("equalis-plain", _spelled)
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="equalis-plain")


def guarded(root: click.Group) -> NoReturn:
    """Run the command line; never show a traceback."""
    _any_terminal()
    try:
        with root.make_context("equalis", sys.argv[1:]) as context:
            code = root.invoke(context)
            sys.stdout.flush()
        sys.exit(code if isinstance(code, int) else OK)
    except click.exceptions.Exit as end:
        sys.exit(end.exit_code)
    except click.ClickException as error:
        from equalis.reporting.text import clean  # noqa: PLC0415 - only when something went wrong

        text = clean(error.format_message())
        (click.UsageError(text, error.ctx) if isinstance(error, click.UsageError) else click.ClickException(text)).show()
        sys.exit(USAGE)
    except (click.Abort, KeyboardInterrupt) as stopped:
        folder = noted(stopped)
        say(f"stopped; what was recorded is kept, and `equalis run --resume {folder}` goes on with it" if folder else "stopped")
        sys.exit(INCONCLUSIVE)
    except EndError as error:
        sys.exit(told(error))
    except BrokenPipeError:
        with contextlib.suppress(OSError):
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(OK)
    except Exception as error:  # noqa: BLE001 - the last line of defence: a message, never a traceback
        sys.exit(told(error))


def noted(error: BaseException) -> str:
    """The run directory that a session noted on what ended it, empty when no run had begun."""
    return next(iter(getattr(error, "__notes__", ())), "")


def told(error: Exception) -> int:
    """Tell an error on standard error, with its remedy; the exit code that it means."""
    end = error if isinstance(error, EndError) else _known(error)
    say(f"error: {end.text}", end.mend, end.more)
    return end.code


def say(text: str, mend: str = "", more: Iterable[str] = ()) -> None:
    """One message on standard error: a row, more rows, and its remedy."""
    from equalis.cli.printing import row  # noqa: PLC0415 - `--help` needs none of it

    for line in (text, *more, *([f"   mend: {mend}"] if mend else [])):
        row(line, err=True)


def mistaken(mistakes: Iterable[Mistake], *more: str) -> EndError:
    """The end for mistakes in files: each with its line and caret, then more rows."""
    from equalis.reporting.text import mistake_text  # noqa: PLC0415 - only when something went wrong

    first, *rest = "\n\n".join(map(mistake_text, mistakes)).removeprefix("error: ").split("\n")
    return EndError(USAGE, first, more=(*rest, *more))


def _known(error: Exception) -> EndError:
    """The end that an error means which a verb may raise."""
    from equalis.archive.bundle import NotAuthenticError  # noqa: PLC0415 - only when something went wrong
    from equalis.archive.evidence import EvidenceError  # noqa: PLC0415
    from equalis.archive.keys import KeyFileError  # noqa: PLC0415
    from equalis.gateway.credentials import CredentialError  # noqa: PLC0415
    from equalis.gateway.opening import DescriptorError, UnreadyError  # noqa: PLC0415
    from equalis.gateway.routes import OverlapError  # noqa: PLC0415
    from equalis.model.source import MistakesError  # noqa: PLC0415
    from equalis.packs import PackError  # noqa: PLC0415

    if isinstance(error, MistakesError):
        return mistaken(error.mistakes)
    if isinstance(error, UnreadyError):
        return EndError(INCONCLUSIVE, str(error), error.remedy)
    if isinstance(error, CredentialError | DescriptorError | OverlapError):
        return EndError(USAGE, error.cause, error.remedy)
    if isinstance(error, PackError | KeyFileError):
        return EndError(USAGE, str(error))
    if isinstance(error, EvidenceError):
        return EndError(NOT_AUTHENTIC, f"the evidence cannot be read: {error}", "begin a new run")
    if isinstance(error, NotAuthenticError):
        return EndError(NOT_AUTHENTIC, f"not authentic: {error}", "ask whoever gave it for the bundle as it was sealed")
    if isinstance(error, OSError):
        where = f" ({error.filename})" if error.filename else ""
        return EndError(INCONCLUSIVE, f"{error.strerror or error}{where}", "make the place writable or choose another")
    return EndError(DEFECT, f"a defect of equalis: {type(error).__name__}: {error}", _kept(error))


def _kept(error: Exception) -> str:
    """Keep the details of a defect of ours in a file, for a bug report."""
    details = "".join(traceback.format_exception(error))
    try:
        with tempfile.NamedTemporaryFile("w", encoding="utf-8", errors="backslashreplace", prefix="equalis-defect-", suffix=".txt", delete=False) as stream:
            stream.write(details)
        return f"send {Path(stream.name)} to the makers of equalis"
    except OSError:
        return "tell the makers of equalis what you did"
