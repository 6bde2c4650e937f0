"""On which cells a fix may be used, by how the raw notebook ended and what its checks found.

What other fixes do to a cell does not count. So whether a condition holds depends on no order.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence

import regex

from harness.notebooks.notebook import Notebook
from harness.records import Cell, CellResult, CellStatus, CheckResult, When

REGEX_SECONDS = 0.5  # of the processor, for one expression and one text
LONGEST_TEXT = 4000  # characters of an error that an expression is searched for in
ERROR_NAME = re.compile(r"[A-Z]\w*")  # a class's name is compared, not searched for

_slow: set[str | None] = set()  # expressions that took too long once


class Conditions:
    """How each cell of a raw notebook ended, and which of them work."""

    def __init__(
        self, raw: Notebook, results: Iterable[CellResult], checks: Iterable[CheckResult]
    ) -> None:
        self.outcomes = {result.cell: result for result in results}
        self._working = working(raw, self.outcomes, checks)
        self._cells = {cell.id for cell in raw.cells}

    def usable(self, when: When) -> Usable:
        """The cells that a fix with this condition may touch."""
        if when.word == "always":
            return Usable(when, self._cells, frozenset())
        if when.word == "needed":
            return Usable(when, self._cells - self._working, self._working)
        failed = {name for name, one in self.outcomes.items() if fails_so(when.pattern, one)}
        return Usable(when, failed, None)


class Usable:
    """The cells that a fix may touch."""

    def __init__(self, when: When, cells: Iterable[str], spared: frozenset[str] | None) -> None:
        self._when = when
        self._cells = frozenset(cells)
        # Of the raw cells, as what a fix wrote may be touched by the next; None: all but ``cells``.
        self._spared = spared

    @property
    def is_slow(self) -> bool:
        """Whether its expression takes longer than any text is worth."""
        return self._when.pattern in _slow

    @property
    def reason(self) -> str | None:
        """Why there is no such cell in the raw notebook; None where there is one."""
        if self._cells or self._when.word == "always":
            return None
        if self._when.word == "needed":
            return "every cell ran, and what it made passes its checks"
        return f"no raw cell failed with this error ({self._when})"

    @property
    def spares(self) -> bool:
        """Whether there may be others that work, and are left alone for that."""
        return self._spared is not None

    def __contains__(self, cell: str) -> bool:
        return cell in self._cells if self._spared is None else cell not in self._spared

    def may_touch(self, cells: Sequence[Cell]) -> bool:
        """Whether a hunk may be placed in these cells."""
        if self._spared is None:
            return any(cell.id in self for cell in cells)
        return all(cell.id in self for cell in cells)


def working(
    raw: Notebook, outcomes: Mapping[str, CellResult], checks: Iterable[CheckResult]
) -> frozenset[str]:
    """The cells that ran to their end and of whose steps no check is against; text beside them."""
    steps, judged = {cell.step for cell in raw.cells}, tuple(checks)
    wanting = {step for step in steps if any(check.tells_against(step) for check in judged)}
    unwell = {cell.id for cell in raw.code if not _ended_well(outcomes.get(cell.id))}
    beside = {cell.step for cell in raw.code if cell.id in unwell}

    def those() -> Iterator[str]:
        for cell in raw.cells:
            broken = cell.id in unwell if cell.kind == "code" else cell.step in beside
            if not broken and cell.step not in wanting:
                yield cell.id

    return frozenset(those())


def fails_so(pattern: str | None, result: CellResult | None) -> bool:
    """Whether a cell failed, and with this error if one is given."""
    if result is None or not result.failed:
        return False
    if pattern is None or pattern == result.error:
        return True
    if ERROR_NAME.fullmatch(pattern):
        return False
    return _found(pattern, f"{result.error}: {result.message or ''}"[:LONGEST_TEXT])


def _ended_well(result: CellResult | None) -> bool:
    return result is not None and result.status is CellStatus.OK


def _found(pattern: str, text: str) -> bool:
    if pattern in _slow:
        return False
    try:
        return regex.search(pattern, text, timeout=REGEX_SECONDS) is not None
    except (TimeoutError, MemoryError):
        _slow.add(pattern)
        return False
