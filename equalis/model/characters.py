"""Characters that are never shown as they are: they move a cursor, turn a text round, begin a line, give a command, or cannot be seen."""

from __future__ import annotations

import re

_RANGES = (
    (0x00, 0x1F), (0x7F, 0x9F),  # controls: line ends, tabs, ANSI escapes
    (0x1680, 0x1680), (0x2000, 0x200F), (0x2028, 0x202E), (0x205F, 0x206F), (0x3000, 0x3000),  # odd spaces, lines, bidi, zero width
    (0xAD, 0xAD), (0x34F, 0x34F), (0x600, 0x605), (0x61C, 0x61C), (0x6DD, 0x6DD), (0x70F, 0x70F), (0x890, 0x891), (0x8E2, 0x8E2),
    (0x115F, 0x1160), (0x17B4, 0x17B5), (0x180B, 0x180F), (0x3164, 0x3164), (0xFE00, 0xFE0F), (0xFEFF, 0xFEFF), (0xFFA0, 0xFFA0),
    (0xFFF0, 0xFFFB), (0x110BD, 0x110BD), (0x110CD, 0x110CD), (0x13430, 0x1343F), (0x1BCA0, 0x1BCA3), (0x1D173, 0x1D17A),
    (0xE0000, 0xE0FFF),  # formats and fillers: nothing is drawn; the last are tags
    (0xD800, 0xF8FF), (0xFDD0, 0xFDEF), (0xFFFE, 0xFFFF), (0xF0000, 0x10FFFF),  # surrogates, private use, no characters
)  # fmt: skip
"""Fixed ranges and not what this Python knows of Unicode: a report is the same bytes under every version of Python.

The space, and the two that French typography puts before `:` and `;`, are shown.
"""

_UNSEEN = "".join(f"{re.escape(chr(first))}-{re.escape(chr(last))}" for first, last in _RANGES)
UNSHOWN = re.compile(rf"[{_UNSEEN}]|#(?=#\w*\[)")
"""One character that is shown escaped; also the first sign of what a pipeline takes for a command in the midst of a line: `##[…]`, `##vso[…]`."""
