"""Two notebooks side by side, cell by cell."""

from __future__ import annotations

from typing import Literal

from harness.records.base import Record


class DiffRow(Record):
    """One line: in both notebooks, or removed from the left one, or added in the right one."""

    tag: Literal[" ", "-", "+"]
    text: str
    left: int | None = None  # 1-based line of the left cell, its header being 0
    right: int | None = None


class DiffHunk(Record):
    """Changed lines with some context, under the fixes that made them; none between two runs."""

    fixes: tuple[str, ...]
    rows: tuple[DiffRow, ...]


class CellDiff(Record):
    """A cell that differs, with how it ended on either side: ``ok``, an error's name, a status."""

    left: str | None  # cell id; None: not there
    right: str | None
    kind: Literal["code", "markdown", "raw"]
    before: str | None = None
    after: str | None = None
    hunks: tuple[DiffHunk, ...]
