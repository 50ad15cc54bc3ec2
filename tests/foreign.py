"""Texts as a product, a bundle or a file name may bring them, and what an output may hold of them."""

from __future__ import annotations

import re
import unicodedata

WORD = "EVIL"
"""Stands behind everything that could begin a line, and so never at the beginning of one."""
BREAKS = ("\n", "\r", "\r\n", "\v", "\f", "\x1c", "\x1d", "\x1e", "\x85", "\u2028", "\u2029")
ODD = ("\x00", "\x07", "\x08", "\t", "\x1b[31m", "\x9b2J", "\x7f", "\u200b", "\u200e", "\u202e", "\u2066", "\ufeff", "\u00ad", "\u061c", "\U000e0041",
       "\ud800", "\udcff", "\ue000", "\u3164", "\ufe0f", "\u2060")  # fmt: skip
COMMANDS = ("::error::", "::set-output name=a::", "  ::add-mask::", "##[error]", "##vso[task.complete]", "##teamcity[message]", "section_start:1:x\r\x1b[0K")
HOSTILE = "x" + "".join(f"{line}{command}{WORD}" for line, command in zip(BREAKS * 2, COMMANDS * 4, strict=False)) + "".join(ODD)
"""One text with all of it."""
BEGINNINGS = tuple(f"{command}{WORD}" for command in COMMANDS)
"""Texts that are a command where they stand at the beginning of a line, or anywhere in one."""

TEXTS = (HOSTILE, *BEGINNINGS)
"""Each of them, alone."""

_UNSEEN = {"Cc", "Cf", "Cs", "Co", "Zl", "Zp"}


def wrong(output: str, *, own: bool = True) -> list[str]:
    """The lines of an output that hold a character nobody sees (but tabs before it), or that give a command; with ``own``, that begin with a foreign word."""
    return [line for line in output.split("\n") if _odd(line) or _command(line) or (own and line.lstrip(' "|*-').startswith(WORD))]


def _odd(line: str) -> bool:
    return any(unicodedata.category(character) in _UNSEEN for character in line.lstrip("\t"))


def _command(line: str) -> bool:
    return line.lstrip().startswith("::") or bool(re.search(r"##\w*\[", line))
