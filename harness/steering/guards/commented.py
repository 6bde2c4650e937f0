"""A magic that writes a file, and stands in a comment: nothing is written, and all of it is run."""

from __future__ import annotations

import re

from harness.steering.guards.support.code import Alarm, Code
from harness.steering.guards.support.live import Live

NAME = "commented"
MAGIC = re.compile(r"\s*(#[ \t]*)%%(?:writefile|file)[ \t]+\S")


def judge(code: Code, _live: Live) -> Alarm | None:
    """Such a comment, where it is the first line of its cell."""
    found = MAGIC.match(code.cell)
    if found is None or code.cell[: code.start].count("\n%%"):
        return None
    told = "a magic in a comment writes no file"
    return Alarm(NAME, found.start(1), found.end(1), told)
