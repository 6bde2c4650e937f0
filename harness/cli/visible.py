"""Nothing that a terminal would obey comes from a model, a cell, a table or a file.

Every text that goes to a terminal passes here: what rich draws, in ``show``'s consoles, and all
else (argument errors, JSON, CSV, diffs), in the streams that ``guard`` puts in place of Python's.
"""

from __future__ import annotations

import re
import sys
import unicodedata
from collections.abc import Iterable
from typing import Any, TextIO

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


class TerminalStream:
    """A terminal's text stream that shows what a terminal would obey."""

    def __init__(self, stream: TextIO) -> None:
        self.rich_proxied_file = stream  # by this name rich asks for what it may write styles to

    def __getattr__(self, name: str) -> Any:
        return getattr(self.rich_proxied_file, name)

    def write(self, text: str) -> int:
        """See ``TextIO``."""
        self.rich_proxied_file.write(clean_lines(text) if isinstance(text, str) else text)
        return len(text)

    def writelines(self, lines: Iterable[str]) -> None:
        """See ``TextIO``."""
        for line in lines:
            self.write(line)


def guard() -> None:
    """From now on Python's own streams show such characters, where they lead to a terminal."""
    for name in ("stdout", "stderr"):
        stream = getattr(sys, name)
        if stream is not None and stream.isatty():
            setattr(sys, name, TerminalStream(stream))


def unguarded(stream: Any) -> Any:
    """The stream beneath those that stand in for it."""
    while (beneath := getattr(stream, "rich_proxied_file", None)) is not None:
        stream = beneath
    return stream
