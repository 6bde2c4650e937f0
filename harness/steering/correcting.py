"""Takes back what runs and is not right: a file that a check is against, a name that is not there.

Code that runs is not yet code that is right. Where a cell ends and something that it made is wrong,
or where the reply ends and something that was asked for is not there, the writing goes back to the
statement that last gave something a name, and then to the beginning of the cell, with what is wrong
in the model's sight.
"""

from __future__ import annotations

import ast
from collections import Counter
from collections.abc import Callable, Sequence
from typing import NamedTuple, Protocol

from harness.notebooks import magics
from harness.records import Level, Steered, StepBack, TakenBack
from harness.steering import levels
from harness.steering.judge import Judge
from harness.steering.places import QUOTED
from harness.steering.reading import Reader, Statement

MOST_TRIES = 3  # in a reply
MOST_OF_SAME = 2  # of one place
MOST_EMPTIED = 2
MOST_NAMED = 3  # things that are wrong, at a time
BY = "checks"
GIVING = ((ast.Assign, ast.AugAssign), (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef))


class Wrong(NamedTuple):
    """Something that is wrong, in a sentence."""

    message: str


class _Place(NamedTuple):
    """Characters of the reply: where it goes on, and the end of what is not written again there."""

    start: int
    end: int | None = None  # nothing is rejected


class WhatIsWrong(Protocol):
    """Says what is wrong with what the kernel holds and with files that were made."""

    @property
    def watches(self) -> bool:
        """Whether ``held`` may say something."""
        ...

    def held(self) -> tuple[Wrong, ...]:
        """What is wrong with what the kernel holds now; asked after each statement."""
        ...

    def wrong(self, *, ended: bool) -> tuple[Wrong, ...]:
        """The same and more; of what is not there only where the reply has ``ended``."""
        ...


class Correcting:
    """A Watcher of one reply, which does as ``judge`` says and looks at what came of its cells.

    ``told`` hears of each step back; none goes to before the character ``first``.
    """

    def __init__(
        self,
        judge: Judge,
        wrong: WhatIsWrong,
        told: Callable[[TakenBack], None] | None = None,
        first: int = 0,
    ) -> None:
        self._judge, self._wrong, self._told, self._first = judge, wrong, told, first
        self._reader = Reader()
        self._cells = 0  # that were closed when it last looked
        self._held: list[tuple[Wrong, ...]] = []  # after each statement
        self._before = wrong.held() if wrong.watches else ()
        self._tries: Counter[int] = Counter()  # by the place that was gone back to
        self._taken: list[TakenBack] = []
        self._emptied = 0  # times that nothing was written in the place of what was taken back

    @property
    def steered(self) -> Steered:
        """What came of it until now."""
        made = self._judge.steered
        return made.model_copy(update={"taken_back": (*made.taken_back, *self._taken)})

    def look(self, text: str, *, ended: bool) -> StepBack | None:
        """See ``harness.ports.Watcher``."""
        back = self._judge.look(text, ended=ended)
        if back is None:
            back = self._corrected(text, ended=ended)
        if back is not None:
            stay = sum(one.end <= back.keep for one in self._reader.statements)
            del self._held[stay:]
        return back

    def settle(self, text: str) -> None:
        """The reply is this: run what did not run, and take back nothing."""
        self._judge.settle(text)

    def _corrected(self, text: str, *, ended: bool) -> StepBack | None:
        found = self._reader.read(text, ended=ended)
        before, self._cells = self._cells, self._reader.closed
        if self._judge.is_over:
            return None
        if self._wrong.watches:
            while len(self._held) < self._judge.done:
                self._held.append(self._wrong.held())
        if not (ended or self._cells > before):
            return None
        return self._look_back(found, text, ended=ended)

    def _look_back(self, found: Sequence[Statement], text: str, *, ended: bool) -> StepBack | None:
        if self._taken and not any(one.end > self._taken[-1].at for one in found):
            return self._refilled(text, ended=ended)
        # A reply that breaks off, or goes on from a prompt's code, leaves its last cell open.
        last = found[-1].cell if ended and found else self._cells - 1
        cell = [one for one in found if one.cell == last and not one.is_install]
        if not cell or self._judge.stops(last) or self._tries.total() >= MOST_TRIES:
            return None
        wrong = self._wrong.wrong(ended=ended)
        at = self._place(found, cell, wrong)
        at = at._replace(start=max(at.start, self._first))
        if self._tries[at.start] >= MOST_OF_SAME:
            # And what was right in the cell may come again.
            at = _Place(max(_first(cell[0]), self._first))
        if not wrong or self._tries[at.start] >= MOST_OF_SAME:
            return None
        tried = self._tries[at.start]
        self._tries[at.start] += 1
        said = "; ".join(one.message for one in wrong[:MOST_NAMED])
        insert = levels.hint("Wrong", said)
        taken = TakenBack(
            at=at.start,
            text=text[at.start :],
            level=Level.HINT,
            tried=tried,
            by=BY,
            message=said,
            inserted=insert,
        )
        self._taken.append(taken)
        if self._told is not None:
            self._told(taken)
        # With the line's end: what is rejected may be right where it goes on, as with `.fillna(0)`.
        reject = None if at.end is None else text.find("\n", at.end) + 1 or len(text)
        penalty = levels.PENALTY * tried if tried and reject is not None else None
        return StepBack(keep=at.start, reject=reject, insert=insert, hidden=True, penalty=penalty)

    def _refilled(self, text: str, *, ended: bool) -> StepBack | None:
        """Nothing is no answer: it may not end there, and then what was there comes back."""
        last = self._taken[-1]
        self._emptied += 1
        if self._emptied == 1:
            written = len(text.rstrip())
            closed = written if written > last.at else len(text) + 1
            return StepBack(keep=last.at, reject=closed, insert=last.inserted, hidden=True)
        if self._emptied > MOST_EMPTIED or not last.text:
            return None
        self._tries[last.at] += MOST_TRIES  # and nothing more is taken back
        said = "nothing was written in its place"
        update = {"text": text[last.at :], "message": said, "inserted": last.text}
        self._taken.append(last.model_copy(update=update))
        if self._told is not None:
            self._told(self._taken[-1])
        return StepBack(keep=last.at, insert=last.text)

    def _place(
        self, found: Sequence[Statement], cell: Sequence[Statement], wrong: Sequence[Wrong]
    ) -> _Place:
        """The first statement since which something is wrong; else the last that gives a name."""
        for one in wrong:
            since = len(self._held)
            while since and one in self._held[since - 1]:
                since -= 1
            if since < len(self._held) and (since or one not in self._before):
                first = found[since]
                if first.cell == cell[0].cell:
                    return _Place(first.start, first.end)
        if cell[0].source.startswith("%%"):
            return _in_file(cell[0], " ".join(one.message for one in wrong))
        return _giving(cell)


def _first(one: Statement) -> int:
    """Where the first of a cell begins; of a file that it writes, the text behind the magic."""
    is_file = one.source.startswith("%%") and len(one.rows) > 1
    return one.rows[1].at if is_file else one.start


def _in_file(one: Statement, said: str) -> _Place:
    """The last line with something that was quoted; else all of the text.

    A name that nothing binds is used there, and missing further up.
    """
    if "NameError" in said:
        return _Place(_first(one))
    quoted = {text for mark in QUOTED for text in mark.findall(said) if len(text) > 1}
    for row in reversed(one.rows[1:]):
        if any(text in row.text for text in quoted):
            return _Place(row.at, row.at + len(row.text))
    return _Place(_first(one))


def _giving(cell: Sequence[Statement]) -> _Place:
    """The last statement that gives something a name; else the last function; else the first."""
    for kinds in GIVING:
        for one in reversed(cell):
            tree = magics.plain_python(one.source)
            if tree and any(isinstance(node, kinds) for node in tree.body):
                return _Place(one.start, one.end)
    return _Place(cell[0].start, cell[0].end)
