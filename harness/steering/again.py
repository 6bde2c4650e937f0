"""Keeps a cell that is written again from going the way that failed.

A cell that begins as one did that failed, up to and with the line that failed, fails again: nothing
that could mend it has changed. So that line is stepped back from, and nothing else: the same line
behind other code may be right.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import NamedTuple

from harness.notebooks import syntax
from harness.ports import Watcher
from harness.records import Level, StepBack, TakenBack
from harness.steering import levels, reading

MOST_TRIES = 4  # of one way; what comes again then is judged as a whole
PENALTY = 2.0  # logits, more with each try; see ``StepBack``
BY = "again"


class Way(NamedTuple):
    """How code went until it failed: whole statements, and lines of the one that failed.

    ``error`` and ``message`` say what was wrong, in the model's sight where it goes that way again.
    """

    before: tuple[tuple[str, ...], ...]
    lines: tuple[str, ...]
    error: str | None = None
    message: str = ""
    is_wrong: bool = True  # whether its last line cannot be right there; else it is only told so


def way(source: str, number: int | None) -> Way | None:
    """The way to a line of a cell, counted from 1; to its end where no line is known.

    None where it is no code that can be read so.
    """
    found = reading.statements(f"```python\n{source}\n```", ended=True)
    if not found:
        return None
    last = found[-1]
    if number is not None:
        last = next((one for one in found if one.first + len(one.rows) >= number), last)
    lines = syntax.logical_lines(last.source)
    if number is not None:
        within = number - 1 - last.first
        lines = [line for line in lines if line.first <= within] or lines
    before = tuple(_shape(one.source) for one in found[: found.index(last)])
    return Way(before, tuple(line.text for line in lines))


class Again:
    """A Watcher that steps back from the ways, and otherwise does as ``other`` says.

    ``told`` hears of each step back.
    """

    def __init__(
        self,
        ways: Sequence[Way],
        other: Watcher | None = None,
        told: Callable[[TakenBack], None] | None = None,
    ) -> None:
        self._told = told
        self._ways, self._other = tuple(dict.fromkeys(ways)), other
        self._reader = reading.Reader()
        self._tries = dict.fromkeys(self._ways, 0)
        self.taken_back: list[TakenBack] = []

    def look(self, text: str, *, ended: bool) -> StepBack | None:
        """See ``harness.ports.Watcher``."""
        found = [one for one in self._reader.read(text, ended=ended) if not one.is_install]
        shapes = [_shape(one.source) for one in found] if self._ways else []
        for one in self._ways:
            at, most = len(one.before), MOST_TRIES if one.is_wrong else 1
            if len(found) <= at or self._tries[one] >= most:
                continue
            if tuple(shapes[:at]) == one.before and shapes[at][: len(one.lines)] == one.lines:
                return self._back(one, found[at], text)
        return None if self._other is None else self._other.look(text, ended=ended)

    def _back(self, one: Way, statement: reading.Statement, text: str) -> StepBack:
        line = syntax.logical_lines(statement.source)[len(one.lines) - 1]
        first, last = statement.rows[line.first], statement.rows[line.last]
        keep, reject = first.at, last.at + len(last.text)
        tried = self._tries[one]
        self._tries[one] += 1
        said = levels.hint(one.error, one.message)
        taken = TakenBack(
            at=keep,
            text=text[keep:],
            level=Level.HINT,
            tried=tried,
            by=BY,
            error=one.error,
            message=one.message,
            inserted=said,
        )
        self.taken_back.append(taken)
        if self._told is not None:
            self._told(taken)
        return StepBack(
            keep=keep,
            reject=reject if one.is_wrong else None,
            penalty=PENALTY * tried if tried else None,
            insert=said,
            hidden=True,
        )


def _shape(source: str) -> tuple[str, ...]:
    return tuple(line.text for line in syntax.logical_lines(source))
