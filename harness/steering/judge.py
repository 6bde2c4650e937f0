"""The judge of a reply while it is written: its statements run, and those that fail are taken back.

After each token only cheap things are looked at: whether a statement is finished, and whether a
guard says that the text can be nothing. What failed is stepped back from by ``levels``, as often as
the ``budget`` has it; then it stays, and the writing goes on behind it. What is decided hangs on
places, tries and answers, and never on the clock.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import NamedTuple

from harness.records import (
    CellStatus,
    GuardCount,
    Level,
    Steered,
    SteeringKind,
    StepBack,
    TakenBack,
)
from harness.steering import elsewhere, failing, guards, levels, places, reading
from harness.steering.alarms import Alarm, Alarms
from harness.steering.budget import Budget, Spent
from harness.steering.failing import Failure
from harness.steering.kernel import Kernel, WorkingKernel
from harness.steering.reading import Reader, Statement
from harness.steering.words import words

MOST_EARLIER = 5  # tries of a statement that made a later one fail


def of(
    kernel: WorkingKernel,
    kind: SteeringKind,
    told: Callable[[TakenBack], None] | None = None,
    budget: Budget = Budget(),  # noqa: B008 - frozen
) -> Judge:
    """The judge of a reply whose statements run in ``kernel``, where all guards look too."""
    live = guards.Live(kernel.ask)
    alarms = Alarms(guards.looker(live), guards.names(), live.forget)
    return Judge(kernel, alarms, kind=kind, told=told, budget=budget)


class _Done(NamedTuple):
    source: str
    cell: int
    accepted: int  # pieces of code that the kernel had accepted then
    ends_cell: bool = False  # it failed, and stays
    undid: bool = False  # what ran of its cell was taken back


class Judge:
    """A Watcher of one reply. ``told`` hears of each step back as it happens."""

    def __init__(
        self,
        kernel: Kernel,
        alarms: Alarms | None = None,
        *,
        kind: SteeringKind = SteeringKind.TOKENS,
        budget: Budget = Budget(),  # noqa: B008 - frozen
        told: Callable[[TakenBack], None] | None = None,
    ) -> None:
        self._kernel, self._alarms, self._kind = kernel, alarms or Alarms(None), kind
        self._told = told
        self._reader = Reader()
        self._spent = Spent(budget)
        self._base = len(kernel.accepted)
        self._found: list[Statement] = []
        self._done: list[_Done] = []
        self._failed: dict[tuple[int, tuple[str, ...]], Failure] = {}
        self._wholes: dict[int, int] = {}  # by statement: how often it was taken back whole
        self._inserted: set[tuple[int, str]] = set()  # by cell
        self._given_up: int | None = None  # the statement of which no more is taken back
        self._stopped: int | None = None  # the cell that ends with a statement that failed
        self._taken: list[TakenBack] = []
        self._left: list[TakenBack] = []
        self._seconds = 0.0
        self._ran = 0
        self._closed = False  # the reply is finished: nothing is taken back any more
        self._over = False  # the kernel is lost, and nothing is judged any more

    @property
    def steered(self) -> Steered:
        """What came of it until now."""
        return Steered(
            kind=self._kind,
            taken_back=tuple(self._taken),
            left=tuple(self._left),
            statements=self._ran,
            seconds=round(self._seconds, 3),
            guards=self.guards,
        )

    @property
    def guards(self) -> tuple[GuardCount, ...]:
        """How each guard did."""
        return self._alarms.counts

    @property
    def is_over(self) -> bool:
        """Whether the kernel is lost, and nothing is judged any more."""
        return self._over

    @property
    def done(self) -> int:
        """How many statements of the reply it is done with."""
        return len(self._done)

    def stops(self, cell: int) -> bool:
        """Whether that cell ends with a statement that failed."""
        return self._stopped == cell

    def look(self, text: str, *, ended: bool) -> StepBack | None:
        """See ``harness.ports.Watcher``."""
        if self._over:
            return None
        found = self._found = self._reader.read(text, ended=ended)
        self._agree(found)
        while len(self._done) < len(found) and not self._over:
            if back := self._finished(found[len(self._done)], text):
                return back
        unfinished = None if ended or self._over else self._reader.unfinished()
        return self._unfinished(unfinished, text) if unfinished is not None else None

    def settle(self, text: str) -> None:
        """The reply is this: run what did not run, and take back nothing."""
        self._closed = True
        self.look(text, ended=True)

    def _agree(self, found: list[Statement]) -> None:
        """Take back what ran and is no statement of the reply any more."""
        done = self._done
        if len(done) <= len(found) and (not done or found[len(done) - 1].source == done[-1].source):
            return
        same = 0
        while same < min(len(done), len(found)) and done[same].source == found[same].source:
            same += 1
        undone = {one.cell for one in done[same:] if one.undid}
        while same and done[same - 1].cell in undone:  # they are to run again
            same -= 1
        del done[same:]
        self._kernel.back(done[-1].accepted if done else self._base)
        self._given_up = None
        self._stopped = next((one.cell for one in reversed(done) if one.ends_cell), None)

    def _finished(self, one: Statement, text: str) -> StepBack | None:
        """Judge a whole statement: a step back, or it is done with."""
        number, failure = len(self._done), None
        if not one.is_install and one.cell != self._stopped:
            failure = self._failure(one, number)
        if failure is None:
            self._accept(one)
            return None
        if self._given_up != number and (back := self._back_before(one, failure, text)):
            return back
        if failure.by != failing.RUN:
            failure = self._run(one)  # a guard may be wrong, and a file is written all the same
        if failure is None:
            self._accept(one)
        else:
            self._leave(one, failure)
        return None

    def _failure(self, one: Statement, number: int) -> Failure | None:
        key = number, words(one.source)
        known = self._failed.get(key)
        if known is not None:
            if known.insert:
                known = known._replace(insert="")
            at = places.of_error(one.source, None, None)
            return known._replace(places=at, again=True)
        if not reading.parses(one.source):
            failed: Failure | None = failing.of_syntax(one)
        elif self._given_up != number and (alarm := self._alarms.of(one, number, whole=True)):
            return self._alarmed(one, number, alarm)
        else:
            failed = self._run(one)
        if failed is not None:
            self._failed[key] = failed
        return failed

    def _run(self, one: Statement) -> Failure | None:
        started = time.monotonic()
        if not self._done or self._done[-1].cell != one.cell:
            self._kernel.begin_cell()
        tried = self._kernel.run(one.source)
        self._seconds += time.monotonic() - started
        self._alarms.forget()
        outcome = tried.outcome
        if outcome.status is CellStatus.NOT_RUN:
            self._over = True
            return None
        self._ran += 1
        if outcome.status is CellStatus.OK:
            self._alarms.ran(one, len(self._done))
            return None
        return failing.of_run(one, tried)

    def _accept(self, one: Statement, *, ends_cell: bool = False, undid: bool = False) -> None:
        accepted = len(self._kernel.accepted)
        self._done.append(_Done(one.source, one.cell, accepted, ends_cell, undid))
        self._given_up = None

    def _leave(self, one: Statement, failure: Failure) -> None:
        """A statement that fails, and stays: its cell ends there, as it will in the notebook."""
        self._stopped = one.cell
        if failure.no_python:
            before = (done.accepted for done in reversed(self._done) if done.cell != one.cell)
            self._kernel.back(next(before, self._base))  # nothing of the cell will run
        else:
            self._kernel.stay()
        tried = self._spent.tries[len(self._done)]
        level = self._taken[-1].level if self._taken and tried else Level.STATEMENT
        self._left.append(failing.taken(failure, one.start, one.source, level, tried))
        self._accept(one, ends_cell=True, undid=failure.no_python)

    def _unfinished(self, one: Statement, text: str) -> StepBack | None:
        number = len(self._done)
        if self._given_up == number or self._stopped == one.cell:
            return None
        alarm = self._alarms.of(one, number, whole=False)
        if alarm is None:
            return None
        return self._step_back(one, self._alarmed(one, number, alarm), text)

    def _alarmed(self, one: Statement, number: int, alarm: Alarm) -> Failure:
        failure = failing.of_alarm(one, alarm)
        wrong = one.source[: max(failure.places[0].end, 0)]
        key = number, (alarm.guard, *words(wrong))
        known = key in self._failed
        if (one.cell, failure.insert) in self._inserted:
            failure = failure._replace(insert="")
        self._failed[key] = failure
        return failure._replace(again=known)

    def _back_before(self, one: Statement, failure: Failure, text: str) -> StepBack | None:
        """The same as ``_step_back``; of an earlier statement first, where the cause is there."""
        found = elsewhere.cause(failure, one, self._found[: len(self._done)])
        if found is not None and self._spent.tries[found.number] < MOST_EARLIER:
            earlier = self._found[found.number]
            if back := self._step_back(earlier, found.failure, text, found.number):
                self._failed.pop((len(self._done), words(one.source)), None)
                self._failed[found.number, words(earlier.source)] = found.failure
                return back
        return self._step_back(one, failure, text)

    def _step_back(
        self, one: Statement, failure: Failure, text: str, number: int | None = None
    ) -> StepBack | None:
        """Where the reply goes on from; None where it has been taken back often enough."""
        number = len(self._done) if number is None else number
        if self._closed:
            return None
        made = failing.insertion(one, failure, text) if failure.insert else None
        level = Level.IMPORT
        if made is None:
            first = one.place(failure.places[0].start)
            of_place = self._spent.places[number, first] + failure.again * levels.EACH
            of_statement, wholes = self._spent.tries[number], self._wholes.get(number, 0)
            choice = levels.choose(failure.places, of_place, of_statement, wholes)
            made, level = failing.back(one, choice, failure), choice.level
        else:
            first = made.keep
        taken = text[made.keep :]
        ends = failure.ended_kernel
        if not taken or not self._spent.allows(number, made.keep, len(taken), ended_kernel=ends):
            self._given_up = number
            return None
        tried = self._spent.places[number, first]
        self._spent.spend(number, first, len(taken), ended_kernel=ends)
        if level in (Level.STATEMENT, Level.HINT):
            self._wholes[number] = self._wholes.get(number, 0) + 1
        if level is Level.IMPORT:
            self._inserted.add((one.cell, failure.insert))
        what = failing.taken(failure, made.keep, taken, level, tried)
        self._taken.append(what.model_copy(update={"inserted": made.insert}))
        if self._told is not None:
            self._told(self._taken[-1])
        return made
