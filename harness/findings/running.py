"""How far the code of a cell is known to have run."""

from __future__ import annotations

import sys

from harness.notebooks import tracebacks
from harness.records import Cell, CellResult, CellStatus

UNREADABLE = {"SyntaxError", "IndentationError", "TabError"}  # of a cell, none of which ran


def ran_before(cell: Cell, result: CellResult | None) -> int:
    """The line before which all statements surely ran to their end: 1 where that is not known.

    A statement that ends on an earlier line ran, unless it stands in a branch that was not taken.
    """
    if result is None:
        return 1
    if result.status is CellStatus.OK:
        return sys.maxsize
    if result.error in UNREADABLE:
        return 1
    at = tracebacks.innermost_line(result) if result.status is CellStatus.ERROR else None
    lines = cell.source.split("\n")
    if at and 1 <= at.number <= len(lines) and lines[at.number - 1].strip() == at.text:
        return at.number
    return 1
