"""Where in a notebook's own code an error arose, read from a traceback as IPython prints it.

IPython's plain format (``IPython.core.ultratb``): a frame of a cell begins with
``Cell In[3], line 25``, and an arrow stands before the line that was running; frames of libraries
begin with ``File``. A syntax error has the header, the line, and a caret below it.
"""

from __future__ import annotations

import re
from typing import NamedTuple

from harness.records import CellResult

FRAME = re.compile(r"^ *Cell In ?\[([0-9]{1,9})\], line ([0-9]{1,9}).*$", re.MULTILINE)
SHOWN = re.compile(r"(-+>)? *(\d{1,9})(?: (.*))?")
MADE_UP_FILE = re.compile(r" \(\d+\.py, line \d+\)$")  # what a kernel calls a cell


class SourceLine(NamedTuple):
    """A line of a code cell."""

    execution_count: int  # as Jupyter shows it: In [3]
    number: int  # 1-based line of the cell
    text: str  # without its indentation

    def __str__(self) -> str:
        return f"In [{self.execution_count}], line {self.number}: {self.text}"


def innermost_line(result: CellResult) -> SourceLine | None:
    """The innermost line of the notebook's own code that led to a cell's error.

    It may be of an earlier cell, where that defined the function that failed. None where the cell
    did not fail by an exception, or where its traceback names no cell.
    """
    # A message is whatever the code says, so it may look like a frame.
    text = (result.traceback or "").rstrip().removesuffix((result.message or "").rstrip())
    frames = list(FRAME.finditer(text))
    if not frames:
        return None
    last = int(frames[-1].group(1)), int(frames[-1].group(2))
    # Of a comprehension's frame, IPython shows other lines of the cell under the right numbers
    # (Python 3.11, IPython 9); the frame around it shows the right ones, and comes first.
    shown: dict[tuple[int, int], str] = {}
    block: list[str] = []
    for frame, end in zip(frames, [*(one.start() for one in frames[1:]), len(text)], strict=True):
        block = text[frame.end() : end].partition("\n\n")[0].strip("\n").split("\n")
        for line in filter(None, map(SHOWN.fullmatch, block)):
            shown.setdefault((int(frame.group(1)), int(line[2])), line[3] or "")
    return SourceLine(*last, shown.get(last, block[0]).strip())


def error_of(result: CellResult) -> str:
    """``KeyError: 'Churn'``: a failed cell's error in one phrase, or its status."""
    message = MADE_UP_FILE.sub("", result.message or "")
    return ": ".join(filter(None, (result.error or result.status.value, message)))
