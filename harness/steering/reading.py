"""The statements of a growing reply: only what ``replies`` would make code of, and only once whole.

While a reply grows, fences at the margin that say Python are read line by line, and others that may
hold Python when they close. Where the reply has ended, ``replies.cells_of`` decides; what it sees
and the growing text did not show (code in other dress, a fence inside a string) is found then.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import NamedTuple

from harness.notebooks import fences, installs, marks, pieces, reasoning, replies, syntax
from harness.notebooks.pieces import PROMPT
from harness.steering.cutting import Cutter, Rows


class Row(NamedTuple):
    """A line of a cell, and the characters of the reply before its first one."""

    text: str
    at: int


class Statement(NamedTuple):
    """A top-level statement, or a whole cell under a cell magic."""

    source: str  # its lines, joined by LF
    rows: tuple[Row, ...]
    cell: int  # among the code cells of the reply, from 0
    first: int  # row of the cell, from 0
    around: list[Row]  # the cell's rows as far as they are known, which may grow

    @property
    def before(self) -> str:
        """The cell's source up to it, an LF at its end."""
        return "".join(f"{row.text}\n" for row in self.around[: self.first])

    @property
    def start(self) -> int:
        """Characters of the reply before it."""
        return self.rows[0].at

    @property
    def end(self) -> int:
        """Characters of the reply up to its end."""
        return self.rows[-1].at + len(self.rows[-1].text)

    def place(self, at: int) -> int:
        """Characters of the reply before the place that is ``at`` characters into the source.

        Less than 0: before it, in the same cell.
        """
        rows, left = (self.rows, at) if at >= 0 else (self.around, len(self.before) + at)
        for row in rows:
            if left <= len(row.text):
                return row.at + left
            left -= len(row.text) + 1
        return self.end

    @property
    def is_install(self) -> bool:
        """Whether it does nothing but install packages, and so is never run."""
        if not installs.install_lines(self.source):
            return False
        said = installs.runnable(self.source).split("\n")
        return all(line.strip().startswith(("pass", "#")) or not line.strip() for line in said)


class _Cell:
    """Code that was found, and its statements so far."""

    def __init__(self, number: int) -> None:
        self.number = number
        self.rows: list[Row] = []
        self.cutter = Cutter()

    def add(self, row: Row) -> Iterator[Statement]:
        self.rows.append(row)
        yield from self._made(self.cutter.add(row.text))

    def end(self) -> Iterator[Statement]:
        yield from self._made(self.cutter.end())

    def _made(self, found: Sequence[Rows]) -> Iterator[Statement]:
        for first, last in found:
            yield self.statement(first, self.rows[first : last + 1])

    def statement(self, first: int, rows: Sequence[Row]) -> Statement:
        """The one that begins at a row of the cell."""
        source = "\n".join(row.text for row in rows)
        return Statement(source, tuple(rows), self.number, first, self.rows)

    @property
    def source(self) -> str:
        """As ``replies`` has it."""
        return "\n".join(row.text for row in self.rows).rstrip("\n")


class _Fence:
    """A fence that is open."""

    def __init__(self, opened: marks.Opening, cell: _Cell | None) -> None:
        self.opened = opened
        self.cell = cell  # where it is read line by line
        self.rows: list[Row] = []  # where it is not, its opening line among them
        self.depth = 0  # of fences inside, where they count


class Reader:
    """Reads a reply again and again as it grows; what it has read is not read again."""

    def __init__(self) -> None:
        self._begin("")

    def _begin(self, text: str) -> None:
        self._text = text
        self._at = 0  # characters in whole lines that were read
        self._fence: _Fence | None = None
        self._thinks = False
        self._cells: list[_Cell] = []
        self.statements: list[Statement] = []

    def read(self, text: str, *, ended: bool = False) -> list[Statement]:
        """All statements that are finished, in order. ``text``: the reply so far."""
        if not text.startswith(self._text) or ended:
            self._begin("")
        self._text = text
        while (found := replies.LINE_END.search(text, self._at)) is not None:
            if found.end() == len(text) and found.group() == "\r" and not ended:
                break  # it may be half of a CRLF
            row = Row(text[self._at : found.start()], self._at)
            self._at = found.end()
            self._line(row)
        if ended:
            self._end(text)
        elif (cell := self._read_now()) is not None and cell.cutter.ends_before(text[self._at :]):
            self.statements += cell.end()
        return self.statements

    @property
    def closed(self) -> int:
        """How many cells have ended."""
        return len(self._cells)

    def unfinished(self) -> Statement | None:
        """The statement that is being written, up to the last character."""
        cell = self._read_now()
        if cell is None:
            return None
        last = Row(self._text[self._at :].rstrip("\r"), self._at)
        first = cell.cutter.first
        if first is None:
            if not last.text.strip() or last.text.lstrip().startswith("#"):
                return None
            first = len(cell.rows)
        return cell.statement(first, [*cell.rows[first:], last])

    def _read_now(self) -> _Cell | None:
        return self._fence.cell if self._fence is not None else None

    def _end(self, text: str) -> None:
        if self._at < len(text):
            self._line(Row(text[self._at :], self._at))
        if self._fence is not None:
            self._close(self._fence)
        cells = [c.source for c in replies.cells_of("x", "", text) if c.kind == "code"]
        if [cell.source for cell in self._cells] != cells:
            self._found_otherwise(text, cells)

    def _found_otherwise(self, text: str, cells: Sequence[str]) -> None:
        rows, at = [], 0
        for found in replies.LINE_END.finditer(text):
            rows.append(Row(text[at : found.start()], at))
            at = found.end()
        rows.append(Row(text[at:], at))
        self.statements, self._cells, begin = [], [], 0
        for source in cells:
            begin = self._take(source.split("\n"), rows, begin)

    def _line(self, row: Row) -> None:
        fence = self._fence
        if fence is None:
            self._prose(row)
        elif self._closes(fence, row):
            self._close(fence)
            text, _ = marks.inside(row.text, fence.opened)
            rest = (text or "").lstrip(fence.opened.mark)
            if text is None or marks.language(rest) in marks.PYTHON:
                self._prose(row)
        elif fence.cell is None:
            fence.rows.append(row)
        elif not fence.cell.rows and row.text.startswith((" ", "\t", PROMPT)):
            fence.cell, fence.rows = None, [*fence.rows, row]  # it is told when it has closed
        else:
            self.statements += fence.cell.add(row)

    def _prose(self, row: Row) -> None:
        if "<" in row.text or "[" in row.text or "◁" in row.text:
            if reasoning.END.search(row.text):
                self._begin_behind()
            elif reasoning.START.search(row.text):
                self._thinks = True
        opened = None if self._thinks else marks.opening(row.text)
        if opened is None:
            return
        is_plain = not (opened.quotes or opened.indent or opened.before)
        says_python = marks.language(opened.info) in marks.PYTHON
        is_read = is_plain and says_python and len(opened.info.split()) < 2
        self._fence = _Fence(opened, _Cell(len(self._cells)) if is_read else None)
        self._fence.rows.append(row)

    def _begin_behind(self) -> None:
        """All until here was reasoning."""
        self.statements, self._cells, self._thinks = [], [], False

    def _closes(self, fence: _Fence, row: Row) -> bool:
        opened, cell = fence.opened, fence.cell
        text, column = marks.inside(row.text, opened)
        if text is None:
            return True
        is_whole = cell is not None and cell.cutter.is_whole
        if is_whole or marks.language(opened.info) in fences.MARKDOWN:
            return self._closes_nested(fence, row)
        if cell is not None and cell.cutter.in_string:
            return False
        if marks.closes(text, column, opened):
            return True
        return cell is not None and row.text.startswith(opened.mark * opened.size)

    def _closes_nested(self, fence: _Fence, row: Row) -> bool:
        """Whether a fence around text with fences of its own ends here."""
        inner = marks.opening(row.text)
        if inner is None or inner.before or inner.mark != fence.opened.mark:
            return False
        if inner.size < fence.opened.size:
            return False
        if not inner.info and not fence.depth:
            return True
        fence.depth += 1 if inner.info else -1
        return False

    def _close(self, fence: _Fence) -> None:
        self._fence = None
        if fence.cell is not None:
            if fence.cell.source.strip():
                self.statements += fence.cell.end()
                self._cells.append(fence.cell)
            return
        language = marks.language(fence.opened.info)
        if language and language not in marks.PYTHON:
            return
        opened = fence.opened
        lines = [row.text for row in fence.rows]
        if opened.before and opened.before != lines[0]:
            lines[0] = lines[0][len(opened.before) :]
        begin = 0
        for cell in pieces.dressed([*lines, opened.mark * opened.size]):
            if cell.kind == "code":
                begin = self._take(cell.source.split("\n"), fence.rows, begin)

    def _take(self, lines: Sequence[str], rows: Sequence[Row], begin: int) -> int:
        """A cell that is whole, found among rows of the reply: the row behind it."""
        cell = _Cell(len(self._cells))
        placed, behind = _placed(lines, rows, begin)
        for row in placed:
            self.statements += cell.add(row)
        self.statements += cell.end()
        self._cells.append(cell)
        return behind


def _placed(lines: Sequence[str], rows: Sequence[Row], begin: int) -> tuple[list[Row], int]:
    """Where the lines of a cell stand, whatever stands before and between them.

    Lines that are nowhere (those of a notebook's JSON) are placed at the end, where nothing is.
    """
    made, at = list[Row](), begin
    for line in lines:
        text = line.strip()
        found = at
        while text and found < len(rows) and text not in rows[found].text:
            found += 1
        if found >= len(rows):
            end = rows[-1].at + len(rows[-1].text) if rows else 0
            return [Row(one, end) for one in lines], begin
        column = rows[found].text.find(text) if text else 0
        made.append(Row(line, rows[found].at + column - (len(line) - len(line.lstrip()))))
        at = found + 1 if text else at
    return made, at


def statements(text: str, *, ended: bool) -> tuple[Statement, ...]:
    """The finished statements of a reply, installs left out; see ``Reader``."""
    return tuple(one for one in Reader().read(text, ended=ended) if not one.is_install)


def parses(source: str) -> bool:
    """Whether IPython can run it; lines that ask for help are its own."""
    return syntax.parses(source) or source.strip().startswith("?") or source.rstrip().endswith("?")
