"""Cells and fixes for tests, in a line each."""

from __future__ import annotations

from pathlib import Path

from harness.fixes.files import parse
from harness.notebooks.notebook import Notebook
from harness.records import Cell, CellResult, CellStatus, Fix

HEAD = "Description: Why\nAuthor: Somebody\nDate: 2026-11-24\nCause: {cause}\nWhen: {when}\n"


def code(name: str, source: str, step: str = "one") -> Cell:
    return Cell(id=name, kind="code", source=source, step=step, origin="fence")


def words(name: str, source: str, step: str = "one") -> Cell:
    return Cell(id=name, kind="markdown", source=source, step=step, origin="prose")


def notebook(*cells: Cell) -> Notebook:
    return Notebook(cells)


def failed(cell: str, error: str, message: str = "") -> CellResult:
    return CellResult(
        cell=cell,
        step="one",
        first_line="",
        status=CellStatus.ERROR,
        seconds=0,
        error=error,
        message=message,
    )


def passed(cell: str) -> CellResult:
    return CellResult(cell=cell, step="one", first_line="", status=CellStatus.OK, seconds=0)


def patch(
    hunks: str, name: str = "010-a-fix", when: str = "always", cause: str = "data-unseen"
) -> Fix:
    text = HEAD.format(when=when, cause=cause) + f"\n--- a/eda.py\n+++ b/eda.py\n{hunks}"
    return parse(Path(f"fixes/eda/{name}.patch"), text)


def rule(
    body: str, name: str = "010-a-rule", when: str = "always", cause: str = "deprecated"
) -> Fix:
    when = f"'{when}'"
    return parse(Path(f"fixes/eda/{name}.yml"), HEAD.format(when=when, cause=cause) + "\n" + body)
