"""A table that fits its terminal, and cuts nothing that a reader may need whole.

A rich table shrinks its widest columns, whatever they hold. Here each column says how it may give
way; in a pipe, which has no width, none of them does.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from rich.cells import cell_len
from rich.console import Console, ConsoleOptions, RenderResult
from rich.segment import Segment
from rich.table import Table
from rich.text import Text

from harness.cli.visible import clean_line

GAP = 2  # spaces between two columns
LEAST = 20  # spaces that a flexible column should have before others are left out
FLEXIBLE = {"text", "line"}

Cell = str | Text


class FittedTable:
    """A column is a name, or a name and words on how it is set.

    ``right``: numbers. ``text``: wraps between words. ``line``: is cut with an ellipsis. ``extra``:
    is left out where the terminal is too narrow for all, the last such column first. A column
    without ``text`` or ``line`` stays whole.
    """

    def __init__(self, title: str, *columns: str | tuple[str, ...], header: bool = True) -> None:
        self._title = title
        self._columns = [(one,) if isinstance(one, str) else one for one in columns]
        self._header = header
        self._rows: list[tuple[tuple[Cell, ...], str]] = []

    def add_row(self, *cells: Cell, style: str = "") -> None:
        """A cell for each column."""
        shown = (clean_line(one) if isinstance(one, str) else one for one in cells)
        self._rows.append((tuple(shown), style))

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        """See rich's console protocol."""
        widest = [self._widest(i) for i in range(len(self._columns))]
        if console.is_terminal:
            kept = self._kept(widest, options.max_width)
            yield self._table(kept, self._widths(kept, widest, options.max_width))
        else:
            yield from (Segment(f"{line}\n") for line in self._plain(widest))

    def _plain(self, widest: Sequence[int]) -> Iterator[str]:
        """A line per row, which ends with its last word, so that a pager has nothing to wrap."""
        if self._title:
            yield self._title
        header = [tuple(name for name, *_ in self._columns)] if self._header else []
        for cells in [*header, *(row for row, _ in self._rows)]:
            line = []
            for (_, *how), cell, width in zip(self._columns, cells, widest, strict=True):
                space = " " * (width - cell_len(str(cell)))
                line.append(f"{space}{cell}" if "right" in how else f"{cell}{space}")
            yield (" " * GAP).join(line).rstrip()

    def _table(self, kept: Sequence[int], widths: dict[int, int]) -> Table:
        made = Table(
            title=Text(self._title) if self._title else None,
            title_justify="left",
            show_header=self._header,
            box=None,
            pad_edge=False,
        )
        for i in kept:
            name, *how = self._columns[i]
            made.add_column(
                Text(name),
                justify="right" if "right" in how else "left",
                header_style="bold",
                width=widths.get(i),
                no_wrap="line" in how,
                overflow="ellipsis" if "line" in how else "fold",
            )
        for cells, style in self._rows:
            made.add_row(*(cells[i] for i in kept), style=style)
        return made

    def _widest(self, column: int) -> int:
        """Spaces that a column would take if it were alone."""
        header = self._columns[column][0] if self._header else ""
        return max(cell_len(str(one)) for one in (header, *(row[column] for row, _ in self._rows)))

    def _is_flexible(self, column: int) -> bool:
        return not FLEXIBLE.isdisjoint(self._columns[column][1:])

    def _kept(self, widest: Sequence[int], width: int) -> list[int]:
        """The columns that there is room for."""
        kept = list(range(len(self._columns)))
        extra = [i for i in kept if "extra" in self._columns[i][1:]]

        def needed() -> int:
            least = (min(widest[i], LEAST) if self._is_flexible(i) else widest[i] for i in kept)
            return sum(least) + GAP * (len(kept) - 1)

        while extra and needed() > width:
            kept.remove(extra.pop())
        return kept

    def _widths(self, kept: Sequence[int], widest: Sequence[int], width: int) -> dict[int, int]:
        """What each column gets: flexible ones share what the others leave.

        Where that is too little, rich folds the cells of all columns but the cut ones.
        """
        widths = {i: widest[i] for i in kept if not self._is_flexible(i)}
        free = width - sum(widths.values()) - GAP * (len(kept) - 1)
        flexible = sorted((i for i in kept if self._is_flexible(i)), key=widest.__getitem__)
        if free < len(flexible) * LEAST // 2:
            cut = [i for i in flexible if "line" in self._columns[i][1:]]
            return {i: min(widest[i], LEAST // 2) for i in cut}
        for left, i in zip(range(len(flexible), 0, -1), flexible, strict=True):
            widths[i] = min(widest[i], free // left)
            free -= widths[i]
        return widths
