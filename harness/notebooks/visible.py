"""Text of a model, a cell, a table or a file, with nothing in it that acts where it is shown.

A terminal obeys control characters, and a page turns its lines around where format characters ask
for it. Both show them instead.
"""

from __future__ import annotations

import re
import unicodedata

# Printable ASCII and line ends are most of all text, and need no second look.
SUSPECT = re.compile(r"[^\n\x20-\x7e]")
MARKS = ("Zl", "Zp")  # line and paragraph separators


def clean_line(line: str) -> str:
    """One line with its spaces kept, and what is no visible character shown as ``\\xNN``."""
    return "".join(map(_shown, line)) if SUSPECT.search(line) or "\n" in line else line


def clean(text: str) -> str:
    """``text`` on one line, with control, format and surrogate characters shown as ``\\xNN``."""
    return clean_line(" ".join(text.split()))


def clean_lines(text: str) -> str:
    """Like ``clean_line``, but line breaks and tabs stay."""
    return SUSPECT.sub(_kept, text)


def _kept(found: re.Match[str]) -> str:
    char, behind = found[0], found.string[found.end() : found.end() + 1]
    return char if char == "\t" or (char == "\r" and behind == "\n") else _shown(char)


def _shown(char: str) -> str:
    kind = unicodedata.category(char)
    return repr(char)[1:-1] if kind.startswith("C") or kind in MARKS else char
