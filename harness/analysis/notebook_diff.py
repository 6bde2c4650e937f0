"""Raw against patched, or one run against another: what differs, cell by cell.

Raw against patched needs no guess at what belongs together: an attributed text knows of each line
where it came from. Two runs are matched by their cells' ids, then by content. All of it is linear
in the size of the notebooks, but for the lines of a cell that differs.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import groupby
from typing import Literal, NamedTuple

from harness.fixes import attribution, edits
from harness.fixes.attribution import AttributedText
from harness.notebooks import percent
from harness.notebooks.notebook import Notebook
from harness.notebooks.percent import Line
from harness.records import Cell, CellDiff, DiffHunk, DiffRow, Execution

CONTEXT = 3  # lines


class Row(NamedTuple):
    """A line of either text or of both; ``fix`` made the difference."""

    left: Line | None
    right: Line | None
    fix: str | None = None

    @property
    def tag(self) -> Literal[" ", "-", "+"]:
        """As in a unified diff."""
        return "+" if self.left is None else "-" if self.right is None else " "


def of_patched(attributed: AttributedText) -> list[Row]:
    """The raw notebook against what fixes made of it."""
    raw = attributed.raw.lines
    rows: list[Row] = []
    at = 0
    for line in attributed.lines:
        if line.raw is None:
            rows.append(Row(None, line, line.fix))
            continue
        rows += [Row(raw[i], None, attributed.removed.get(i)) for i in range(at, line.raw)]
        rows.append(Row(raw[line.raw], line))
        at = line.raw + 1
    rows += [Row(raw[i], None, attributed.removed.get(i)) for i in range(at, len(raw))]
    return _removed_first(rows)


def of_two(left: Notebook, right: Notebook) -> list[Row]:
    """One notebook against another."""
    rows: list[Row] = []
    for old, new in edits.pairs(left.cells, right.cells):
        before = [] if old is None else percent.lines_of([old])
        after = [] if new is None else percent.lines_of([new])
        made = attribution.edits([line.text for line in before], [line.text for line in after])
        i = j = 0
        for start, end, texts in [*made, (len(before), len(before), list[str]())]:
            rows += [Row(a, b) for a, b in zip(before[i:start], after[j:], strict=False)]
            j += start - i
            rows += [Row(line, None) for line in before[start:end]]
            rows += [Row(None, line) for line in after[j : j + len(texts)]]
            i, j = end, j + len(texts)
    return rows


def cells(rows: Sequence[Row], before: Execution | None, after: Execution | None) -> list[CellDiff]:
    """The cells that differ, in order, with how they ended."""
    ended = [{c.cell: c.verdict for c in side.cells} if side else {} for side in (before, after)]
    found = []
    for left, right, numbered in by_cell(rows):
        if all(row.tag == " " for row, _ in numbered):
            continue
        head = right or left
        found.append(
            CellDiff(
                left=left.id if left else None,
                right=right.id if right else None,
                kind=head.kind if head else "code",
                before=ended[0].get(left.id) if left else None,
                after=ended[1].get(right.id) if right else None,
                hunks=tuple(_hunks(numbered)),
            )
        )
    return found


def unified(rows: Sequence[Row], names: tuple[str, str]) -> str:
    """The whole as one unified diff; empty where nothing differs."""
    lines: list[str] = []
    starts, seen = [0, 0], 0
    for low, high in _spans([row.tag != " " for row in rows]):
        part = rows[low:high]
        sides = [sum(row.tag != other for row in part) for other in ("+", "-")]
        starts = [
            start + sum(row.tag != other for row in rows[seen:low])
            for start, other in zip(starts, ("+", "-"), strict=True)
        ]
        first = [start + 1 if size else start for start, size in zip(starts, sides, strict=True)]
        lines.append(f"@@ -{first[0]},{sides[0]} +{first[1]},{sides[1]} @@")
        lines += [row.tag + _text(row) for row in part]
        starts = [start + size for start, size in zip(starts, sides, strict=True)]
        seen = high
    return "\n".join([f"--- {names[0]}", f"+++ {names[1]}", *lines]) + "\n" if lines else ""


Numbered = Sequence[tuple[Row, DiffRow]]


def by_cell(rows: Sequence[Row]) -> Iterator[tuple[Cell | None, Cell | None, Numbered]]:
    """The rows of each cell, its header among them, with their numbers; None: it is not there."""
    left = right = None
    stretch: list[tuple[Row, DiffRow]] = []
    numbers = [0, 0]
    for row in rows:
        heads = [side.head if side is not None else None for side in (row.left, row.right)]
        if any(heads):
            if stretch:
                yield left, right, stretch
            stretch = []
            left, right = heads[0], heads[1]
            numbers = [-1, -1]  # the header is line 0
        for i, side in enumerate((row.left, row.right)):
            numbers[i] += side is not None
        places = {
            "left": numbers[0] if row.left else None,
            "right": numbers[1] if row.right else None,
        }
        stretch.append((row, DiffRow(tag=row.tag, text=_text(row), **places)))
    if stretch:
        yield left, right, stretch


def _hunks(numbered: Numbered) -> Iterator[DiffHunk]:
    """Neighbouring changes by the same fix together, by another fix apart."""
    blocks = []
    at = 0
    for key, group in groupby(numbered, key=lambda pair: (pair[0].tag != " ", pair[0].fix)):
        size = len(list(group))
        if key[0]:
            blocks.append((at, at + size, key[1]))
        at += size
    merged: list[tuple[int, int, str | None]] = []
    for start, end, fix in blocks:
        if merged and merged[-1][2] == fix and start - merged[-1][1] <= 2 * CONTEXT:
            merged[-1] = (merged[-1][0], end, fix)
        else:
            merged.append((start, end, fix))
    shown_to = 0  # no line of context is shown twice
    for n, (start, end, fix) in enumerate(merged):
        roof = merged[n + 1][0] if n + 1 < len(merged) else len(numbered)
        part = numbered[max(start - CONTEXT, shown_to) : min(end + CONTEXT, roof)]
        shown_to = min(end + CONTEXT, roof)
        shown = [row for _, row in part]
        yield DiffHunk(fixes=(fix,) if fix else (), rows=tuple(_trimmed(shown)))


def _trimmed(rows: list[DiffRow]) -> list[DiffRow]:
    """Without blank context at the ends, and without the header of a cell that stayed."""
    while rows and rows[-1].tag == " " and not rows[-1].text:
        rows = rows[:-1]
    while rows and rows[0].tag == " " and (not rows[0].text or percent.kind_of(rows[0].text)):
        rows = rows[1:]
    return rows


def _spans(changed: Sequence[bool]) -> list[tuple[int, int]]:
    spans: list[tuple[int, int]] = []
    for i, is_changed in enumerate(changed):
        if not is_changed:
            continue
        low, high = max(i - CONTEXT, 0), min(i + CONTEXT + 1, len(changed))
        if spans and low <= spans[-1][1]:
            spans[-1] = (spans[-1][0], high)
        else:
            spans.append((low, high))
    return spans


def _removed_first(rows: Sequence[Row]) -> list[Row]:
    """Within a stretch of changes, what went before what came, as diffs are read."""
    found: list[Row] = []
    for is_same, group in groupby(rows, key=lambda row: row.tag == " "):
        stretch = list(group)
        if not is_same and not any(row.left and row.left.head for row in stretch):
            stretch.sort(key=lambda row: row.tag != "-")
        found += stretch
    return found


def _text(row: Row) -> str:
    line = row.right or row.left
    return line.text if line is not None else ""
