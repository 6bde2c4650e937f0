"""Nothing that a terminal would obey comes from a model, a cell, a table or a file.

Every text that goes to a terminal passes here: what rich draws, in ``show``'s consoles, and all
else (argument errors, JSON, CSV, diffs), in the streams that ``guard`` puts in place of Python's.
"""

from __future__ import annotations

import sys
from collections.abc import Iterable
from typing import Any, TextIO

from harness.notebooks.visible import SUSPECT, clean, clean_line, clean_lines

__all__ = ["SUSPECT", "clean", "clean_line", "clean_lines"]  # beside what is defined here


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
