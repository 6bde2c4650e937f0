"""A second file in the cell of a first one: it gets a cell of its own.

A magic counts on a cell's first line, and is text behind it. So the first file would hold both, and
the second would not be there.
"""

from __future__ import annotations

import re

from harness.steering.guards.support.code import Alarm, Code
from harness.steering.guards.support.live import Live

NAME = "apart"
FIRST = re.compile(r"\s*%%(?:writefile|file)[ \t]+\S")
SECOND = re.compile(r"\n(%%(?:writefile|file)[ \t]+\S+)[ \t]*\r?\n")


def judge(code: Code, _live: Live) -> Alarm | None:
    """The first such line, once it is whole."""
    found = SECOND.search(code.cell) if FIRST.match(code.cell) else None
    if found is None:
        return None
    told = "a magic in the middle of a cell writes no file"
    return Alarm(NAME, found.start(1), found.end(1), told, insert=found[1], splits=True)
