"""What guards say of code that has not run, and whether they were right."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable
from typing import NamedTuple, Protocol

from harness.records import GuardCount
from harness.steering import places
from harness.steering.reading import Statement
from harness.steering.words import words


class Alarm(Protocol):
    """See ``harness.steering.guards``."""

    @property
    def guard(self) -> str:
        """Who says it."""
        ...

    @property
    def at(self) -> int:
        """Characters of the cell before what is wrong."""
        ...

    @property
    def end(self) -> int:
        """Characters of the cell up to its end."""
        ...

    @property
    def message(self) -> str:
        """Why."""
        ...

    @property
    def insert(self) -> str:
        """A line that mends it; mostly nothing."""
        ...

    @property
    def splits(self) -> bool:
        """Whether that line begins a cell of its own, where it is wrong."""
        ...


Look = Callable[[str, int, bool], Alarm | None]
"""Asks all guards of a cell's source, where the statement begins in it, and whether it is whole."""


class _Raised(NamedTuple):
    guard: str
    statement: int
    code: tuple[str, ...]  # of the statement, up to the end of what was wrong


class Alarms:
    """Asks guards, and keeps count. ``guards``: the names of those who are asked.

    ``forget`` is called where something ran, so that nothing they knew need hold.
    """

    def __init__(
        self,
        look: Look | None,
        guards: Iterable[str] = (),
        forget: Callable[[], object] | None = None,
    ) -> None:
        self._look, self._forget = look, forget
        self._guards = tuple(guards)
        self._asked = 0
        self._fired: Counter[str] = Counter()
        self._false: Counter[str] = Counter()
        self._raised: set[_Raised] = set()

    def of(self, one: Statement, number: int, *, whole: bool) -> Alarm | None:
        """The alarm over a statement, the ``number``-th of its reply."""
        if self._look is None:
            return None
        self._asked += whole
        before = one.before
        alarm = self._look(before + one.source, len(before), whole)
        if alarm is None:
            return None
        self._fired[alarm.guard] += 1
        at = max(alarm.at - len(before), 0)
        end = max(alarm.end - len(before), 0)
        is_of_it = not alarm.insert and alarm.at >= len(before)
        if is_of_it and not places.runs_later(one.source[:end], at):
            self._raised.add(_Raised(alarm.guard, number, words(one.source[:end])))
        return alarm

    def forget(self) -> None:
        """Something ran, whatever came of it."""
        if self._forget is not None:
            self._forget()

    def ran(self, one: Statement, number: int) -> None:
        """A statement ran: who had an alarm over the same code was wrong."""
        if not self._raised:
            return
        code = words(one.source)
        wrong = {
            raised
            for raised in self._raised
            if raised.statement == number and code[: len(raised.code)] == raised.code
        }
        self._raised -= wrong
        for guard in {raised.guard for raised in wrong}:
            self._false[guard] += 1

    @property
    def counts(self) -> tuple[GuardCount, ...]:
        """How each guard did."""
        return tuple(
            GuardCount(
                guard=name,
                asked=self._asked,
                fired=self._fired[name],
                false_alarms=self._false[name],
            )
            for name in sorted({*self._guards, *self._fired})
        )
