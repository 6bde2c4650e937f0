"""A notebook as one value: its cells, its text and its digest, each made once.

Raw, patched and edited notebooks all travel as this value. What was executed of them, and what came
out, stands beside it in other values (``records.Execution``).
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

from harness.notebooks import percent
from harness.notebooks.percent import Line
from harness.records import Cell


@dataclass(frozen=True)
class Notebook:
    """What is written in a notebook; the ids of its ``cells`` differ."""

    cells: tuple[Cell, ...]

    @cached_property
    def code(self) -> tuple[Cell, ...]:
        """The cells that can be executed."""
        return tuple(cell for cell in self.cells if cell.kind == "code")

    @cached_property
    def sources(self) -> Mapping[str, str]:
        """What is written in each cell, by its id."""
        return {cell.id: cell.source for cell in self.cells}

    @cached_property
    def lines(self) -> tuple[Line, ...]:
        """Its text, against which fixes are written (see ``percent``)."""
        return tuple(percent.lines_of(self.cells))

    @cached_property
    def digest(self) -> str:
        """sha256 of the cells' kinds, sources and attachments, in order; ids do not count."""
        written = [
            (cell.kind, plain(cell.source), *filter(None, [cell.attachments]))
            for cell in self.cells
        ]
        return hashlib.sha256(json.dumps(written, sort_keys=True).encode()).hexdigest()


def plain(source: str) -> str:
    """``source`` with LF line ends and no blank lines at its end: no text form keeps others."""
    return source.replace("\r\n", "\n").replace("\r", "\n").rstrip("\n")
