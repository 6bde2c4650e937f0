"""Single pages: two notebooks side by side, and two models side by side."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from harness.analysis.report import templates
from harness.analysis.report.outputs import Shown
from harness.records import CellDiff, FixVerdict, Record


class Side(Record):
    """One of the two notebooks: what it is called, and its outputs by cell."""

    title: str
    about: str
    outputs: Mapping[str, tuple[Shown, ...]]


def diff_page(
    left: Side, right: Side, cells: Iterable[CellDiff], fixes: Iterable[FixVerdict], share: str
) -> str:
    """Two notebooks side by side, each hunk under its fix, outputs beneath."""
    by_id = {one.fix: one for one in fixes}
    return templates.render(
        "diff.html.j2",
        left=left,
        right=right,
        cells=list(cells),
        fixes=by_id,
        share=share,
        paired=paired,
    )


def compare_page(
    models: Sequence[str], tables: Iterable[tuple[str, list[tuple[str, ...]], Sequence[str]]]
) -> str:
    """Models side by side: per piece of work its name, rows of cells, and what is said of it.

    The first row is the header.
    """
    return templates.render("compare.html.j2", models=models, tables=list(tables))


def paired(rows: Iterable[Any]) -> list[tuple[Any, Any]]:
    """Rows of a hunk as they stand side by side: (left or None, right or None)."""
    made: list[tuple[Any, Any]] = []
    removed: list[Any] = []
    added: list[Any] = []

    def flush() -> None:
        for i in range(max(len(removed), len(added))):
            made.append(
                (removed[i] if i < len(removed) else None, added[i] if i < len(added) else None)
            )
        removed.clear()
        added.clear()

    for row in rows:
        if row.tag == "-":
            if added:
                flush()
            removed.append(row)
        elif row.tag == "+":
            added.append(row)
        else:
            flush()
            made.append((row, row))
    flush()
    return made
