"""A comparison in the terminal: side by side where it is wide, else one below the other."""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Iterator

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from harness.analysis.report import paired
from harness.analysis.views import Compared
from harness.cli import facts, show, tables
from harness.records import CellDiff, DiffHunk, DiffRow, FixVerdict

WIDE = 120  # columns from which on both sides stand next to each other
STYLE = {"-": "red", "+": "green", " ": "dim"}


def show_all(compared: Compared) -> None:
    """Print the comparison, through a pager where it is longer than the screen."""
    if compared.stale:
        show.notice(f"These verdicts are stale: {'; '.join(compared.stale)} since")
    parts = list(_parts(compared))
    whole = Group(*parts)
    if not show.out.is_terminal:
        show.out.print(whole)
        return
    lines = len(show.out.render_lines(whole, pad=False))
    pages = sys.stdin.isatty() and (os.environ.get("PAGER") or shutil.which("less"))
    if lines < show.out.height or not pages:
        show.out.print(whole)
        return
    os.environ.setdefault("LESS", "-RFX")
    with show.out.pager(styles=True):
        show.out.print(whole)


def _parts(compared: Compared) -> Iterator[RenderableType]:
    left, right = compared.titles
    yield Text(f"{show.clean(left)} → {show.clean(right)}", style="bold")
    for about in dict.fromkeys(compared.about):
        yield Text(show.clean(about), style="dim")
    fixes = {one.fix: one for one in compared.fixes}
    for cell in compared.cells:
        yield Text()
        yield _title(cell)
        for hunk in cell.hunks:
            yield from (_why(fixes[name]) for name in hunk.fixes if name in fixes)
            is_wide = show.out.is_terminal and show.out.width >= WIDE
            yield _two_columns(hunk) if is_wide else _one_column(hunk)
    if not compared.cells:
        yield Text("Nothing differs")
    unused = [one for one in compared.fixes if one.verdict.value != "applied"]
    if unused:
        yield Text()
        yield from tables.fixes_that_tell(unused)
    if compared.run is not None and compared.run.patched is not None:
        yield Text(f"\nHuman     {facts.share(compared.run.patched.ledger)}")


def _title(cell: CellDiff) -> Text:
    name = cell.right or cell.left or ""
    other = f" (was {cell.left})" if cell.left and cell.right and cell.left != cell.right else ""
    text = Text(f"{name}{other}  ", style="bold")
    if cell.kind == "code":
        return text.append_text(tables.change(cell.before, cell.after))
    return text.append("text" if cell.left and cell.right else "text, " + _came(cell))


def _came(cell: CellDiff) -> str:
    return "new" if cell.right else "removed"


def _why(fix: FixVerdict) -> Text:
    author = show.clean(fix.author)
    line = Text.assemble(("  " + fix.fix, "cyan"), f"  {fix.cause.value} · {author}\n")
    return line.append("  " + show.clean(fix.description.split("\n")[0]))


def _one_column(hunk: DiffHunk) -> Text:
    lines = [
        Text(f"{row.tag} {show.clean_line(row.text)}", style=STYLE[row.tag]) for row in hunk.rows
    ]
    return Text("\n").join(lines)


def _two_columns(hunk: DiffHunk) -> Table:
    table = Table(box=None, show_header=False, pad_edge=False, expand=True, padding=(0, 1))
    for _ in range(2):
        table.add_column(justify="right", width=4, style="dim")
        table.add_column(ratio=1, overflow="fold")
    for left, right in paired(hunk.rows):
        table.add_row(
            *_side(left, left.left if left else None), *_side(right, right.right if right else None)
        )
    return table


def _side(row: DiffRow | None, number: int | None) -> tuple[str, Text]:
    if row is None:
        return "", Text()
    return str(number or ""), Text(show.clean_line(row.text), style=STYLE[row.tag])
