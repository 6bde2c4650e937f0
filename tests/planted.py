"""Notebooks with faults whose places are marked: «what is wrong» in the code of a cell."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from textwrap import dedent
from typing import Any

from harness.findings.subject import Subject
from harness.notebooks.notebook import Notebook
from harness.records import Cell, CellResult, CellStatus, ColumnProfile, Finding, TableProfile

MARK = re.compile("[«»]")
COLUMNS = {
    "id": ("identifier: every value differs",),
    "tenure": (),
    "Contract": (),
    "Monthly Charges": (),
    "Churn": (),
}
PROFILE = TableProfile(
    dataset="churn",
    file="churn.csv",
    sha256="0" * 64,
    rows=100,
    synthetic=True,
    description="",
    target="Churn",
    target_balance=(),
    columns=tuple(
        ColumnProfile(name=name, type="text", distinct=3, missing=0, blank=0, quirks=quirks)
        for name, quirks in COLUMNS.items()
    ),
)
INSTALLED = {
    "pandas": "3.1.1",
    "numpy": "2.4.6",
    "scikit-learn": "1.9.1",
    "xgboost": "3.2.0",
    "matplotlib": "3.11.2",
    "seaborn": "0.13.2",
    "optuna": "5.0.0",
}
Place = tuple[str, int, int, str]
"""Cell, line from 1, column from 0, and what stands there."""


def subject(cells: Sequence[str], **known: Any) -> Subject:
    """A notebook of such cells, each a step of its own; c0 is the first one."""
    made = tuple(
        Cell(id=f"c{i}", kind="code", source=bare(one), step=f"s{i}", origin="fence")
        for i, one in enumerate(cells)
    )
    return Subject(Notebook(made), **{"profile": PROFILE, "packages": INSTALLED, **known})


def bare(source: str) -> str:
    """A cell's code without the marks."""
    return MARK.sub("", dedent(source).strip("\n"))


def planted(cells: Sequence[str]) -> list[Place]:
    """The places that are marked, each on one line."""
    found = []
    for number, source in enumerate(cells):
        for at, line in enumerate(dedent(source).strip("\n").split("\n"), 1):
            for one in re.finditer("«(.*?)»", line):
                column = len(MARK.sub("", line[: one.start()]))
                found.append((f"c{number}", at, column, one[1]))
    return sorted(found)


def places(given: Subject, find: Callable[[Subject], Iterable[Finding]]) -> list[Place]:
    """Where something is found, and what stands there."""
    sources: Mapping[str, str] = given.notebook.sources
    found = []
    for one in find(given):
        lines = sources[one.cell].split("\n")
        text = lines[one.line - 1][one.column : one.end_column]
        assert one.end_line == one.line
        found.append((one.cell, one.line, one.column, text))
    return sorted(found)


def ran(cell: str, status: CellStatus = CellStatus.OK, **more: Any) -> dict[str, CellResult]:
    """What became of a cell, by its id."""
    made = CellResult(cell=cell, step="s0", first_line="", status=status, seconds=0, **more)
    return {cell: made}


def failed(cell: str, error: str, message: str, line: int, text: str) -> dict[str, CellResult]:
    """A cell that failed at one of its lines, as a kernel tells it."""
    trace = f"Cell In[1], line {line}\n----> {line} {text}\n\n{error}: {message}"
    return ran(cell, CellStatus.ERROR, error=error, message=message, traceback=trace)
