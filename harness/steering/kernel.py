"""The kernel beside the writing: statements run in it one by one, and what failed is undone.

A kernel cannot be set back, and a forked one hangs in what trained with threads before. So what
was accepted is run again in a fresh one, as late as possible, and only where a failed statement may
have changed something.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import NamedTuple, Protocol

from pydantic import Field, ValidationError

from harness.notebooks import installs
from harness.ports import Session
from harness.records import CellOutcome, CellStatus, Observation, Record
from harness.steering import observing, programs, undoing

SECONDS = 10.0  # for a question of this module's own; milliseconds, and more beside busy neighbours
MOST_FAILED_RESTORES = 2  # one after another


class FailedAt(NamedTuple):
    """The innermost expression that failed: lines from 1, columns in bytes of UTF-8 from 0."""

    line: int
    column: int
    end_line: int
    end_column: int


class Inner(NamedTuple):
    """Code that had run before and was at work when a piece failed, and where in it."""

    source: str
    place: FailedAt


class Tried(NamedTuple):
    """What came of a piece of code, and where in it the error is, as far as that is known."""

    outcome: CellOutcome
    place: FailedAt | None = None
    inner: Inner | None = None

    @property
    def ok(self) -> bool:
        """Whether it ran."""
        return self.outcome.status is CellStatus.OK


class Kernel(Protocol):
    """What a judge uses of a WorkingKernel."""

    @property
    def accepted(self) -> tuple[str, ...]:
        """The code whose effects it holds."""
        ...

    def begin_cell(self) -> None:
        """What is run from here on are pieces of a cell."""
        ...

    def run(self, source: str) -> Tried:
        """Run code, and accept it where it runs."""
        ...

    def stay(self) -> None:
        """Accept what failed last, as far as it came."""
        ...

    def back(self, count: int) -> None:
        """Hold what the first ``count`` pieces of accepted code left."""
        ...


class _Where(Record):
    ran: bool
    place: tuple[int, int, int, int] | None = None
    inner: tuple[str, int, int, int, int] | None = None


class _State(Record):
    state: str
    own: tuple[str, ...] = Field((), max_length=1_000)


class WorkingKernel:
    """Holds what ``accepted`` code left, and nothing else. Not for use from several threads.

    ``start`` begins a session in a fresh folder; the one before is closed by then. ``inputs`` are
    the names of the files that the folder has from the start.
    """

    def __init__(self, start: Callable[[], Session], inputs: Sequence[str] = ()) -> None:
        self._start, self._inputs = start, tuple(inputs)
        self._session: Session | None = None
        self._accepted: list[str] = []
        self._cells: list[int] = []  # before which pieces of it a cell begins
        self._undone = False  # whether the session holds more than what was accepted
        self._lost: str | None = None  # why nothing can be run any more
        self._tried: str | None = None  # what failed last, and is still in the session
        self.restores = 0

    @property
    def accepted(self) -> tuple[str, ...]:
        """The code whose effects it holds, in order."""
        return tuple(self._accepted)

    def begin_cell(self) -> None:
        """What is run from here on are pieces of a cell: see ``programs/figures.py``.

        Without it, each piece is a cell of its own.
        """
        if self._restored() is not None:
            self._cells.append(len(self._accepted))
            self.ask(programs.source("figures"), None)

    def run(self, source: str, *, stays: bool = False) -> Tried:
        """Run code, and accept it where it runs; ``stays``: also where it fails.

        What fails otherwise is undone before anything else is run or asked. Raises SandboxError
        where no kernel starts.
        """
        session = self._restored()
        if session is None:
            return Tried(CellOutcome(status=CellStatus.NOT_RUN, reason=self._lost))
        before = None if stays else self._state(session)
        outcome = session.run(installs.runnable(source))
        if outcome.status is CellStatus.OK:
            self._accepted.append(source)
            return Tried(outcome)
        if outcome.status is not CellStatus.ERROR:
            self._end()
            return Tried(outcome)
        where = self._where(session)
        place = placed(source, where.place if where else None)
        if stays:
            self._accepted.append(source)
        else:
            self._tried = source
            self._undone = where is None or where.ran
            if self._undone and before is not None:
                changed = undoing.may_change(source, before.own, place)
                self._undone = changed or self._state(session) != before
        return Tried(outcome, place, _inner(where))

    def stay(self) -> None:
        """Accept what failed last, as far as it came; nothing where something else came since."""
        if self._tried is not None:
            self._accepted.append(self._tried)
            self._undone, self._tried = False, None

    def back(self, count: int) -> None:
        """Keep what the first ``count`` pieces of accepted code left."""
        if count < len(self._accepted):
            del self._accepted[count:]
            self._cells = [place for place in self._cells if place <= count]
            self._undone = True
        self._tried = None

    def ask(self, program: str, question: object, seconds: float = SECONDS) -> object | None:
        """See ``harness.ports.Session``; of what was accepted."""
        session = self._restored()
        return None if session is None else session.ask(program, question, seconds)

    def observe(self) -> Observation:
        """What it holds."""
        return observing.observe(self.ask, self._accepted, self._inputs)

    def close(self) -> None:
        """End it. Safe to call twice; it starts anew where it is used again."""
        self._end()

    def _restored(self) -> Session | None:
        """A session that holds what was accepted; None where none can."""
        self._tried = None
        if self._undone:
            self._end()
        for _ in range(MOST_FAILED_RESTORES):
            if self._session is not None or self._lost is not None:
                break
            self._replay()
        if self._session is None and self._lost is None:
            self._lost = "what was accepted does not run again in a fresh kernel"
        return self._session if self._lost is None else None

    def _replay(self) -> None:
        self._session = self._start()
        self._undone = False
        self.restores += bool(self._accepted)
        for place, source in enumerate(self._accepted):
            self._begin(self._session, place)
            outcome = self._session.run(installs.runnable(source))
            if outcome.status not in (CellStatus.OK, CellStatus.ERROR):
                self._end()
                return
        self._begin(self._session, len(self._accepted))

    def _begin(self, session: Session, place: int) -> None:
        if place in self._cells:
            session.ask(programs.source("figures"), None, SECONDS)

    def _end(self) -> None:
        if self._session is not None:
            session, self._session = self._session, None
            session.close()
        self._undone, self._tried = False, None

    def _state(self, session: Session) -> _State | None:
        answer = session.ask(programs.source("state"), {"folder": "."}, SECONDS)
        try:
            return _State.model_validate(answer)
        except ValidationError:
            return None

    def _where(self, session: Session) -> _Where | None:
        try:
            return _Where.model_validate(session.ask(programs.source("where"), {}, SECONDS))
        except ValidationError:
            return None


def _inner(where: _Where | None) -> Inner | None:
    if where is None or where.inner is None:
        return None
    source, *at = where.inner
    line, column, end_line, end_column = at
    place = placed(source, (line, column, end_line, end_column))
    return Inner(source, place) if place is not None else None


def placed(source: str, at: tuple[int, int, int, int] | None) -> FailedAt | None:
    """Where in ``source`` that is, if it can be: IPython drops empty lines before the first."""
    if at is None:
        return None
    lines = source.split("\n")
    dropped = next((at for at, line in enumerate(lines) if line.strip()), 0)
    line, column, end_line, end_column = at
    found = FailedAt(line + dropped, column, end_line + dropped, end_column)
    if not 1 <= found.line <= found.end_line <= len(lines):
        return None
    first, last = lines[found.line - 1].encode(), lines[found.end_line - 1].encode()
    fits = 0 <= column <= len(first) and 0 <= end_column <= len(last)
    return found if fits and found[:2] <= found[2:] else None
