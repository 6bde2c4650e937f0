"""Stand-ins for steering: a kernel that answers by source, and an engine that plays texts."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import NamedTuple

from harness.ports import Watcher
from harness.records import CellOutcome, CellStatus, StepBack
from harness.steering.kernel import FailedAt, Inner, Tried


def failed(
    error: str,
    message: str,
    place: tuple[int, int, int, int] | None = None,
    inner: tuple[str, int, int, int, int] | None = None,
) -> Tried:
    """A statement that raised, at a place; ``inner``: code that it called, and where in that."""
    outcome = CellOutcome(status=CellStatus.ERROR, error=error, message=message)
    within = Inner(inner[0], FailedAt(*inner[1:])) if inner is not None else None
    return Tried(outcome, FailedAt(*place) if place is not None else None, within)


def ended(status: CellStatus, reason: str) -> Tried:
    """A statement under which the kernel ended, or that took all of its time."""
    return Tried(CellOutcome(status=status, error=reason, reason=reason), None)


class FakeKernel:
    """A WorkingKernel whose statements end as ``answers`` say, and else well."""

    def __init__(
        self, answers: Mapping[str, Tried] | Callable[[str], Tried | None] | None = None
    ) -> None:
        given = answers or {}
        self._answer = given if callable(given) else given.get
        self.ran: list[str] = []
        self.stayed: list[str] = []
        self._accepted: list[str] = []

    @property
    def accepted(self) -> tuple[str, ...]:
        return tuple(self._accepted)

    def begin_cell(self) -> None:
        pass

    def run(self, source: str) -> Tried:
        self.ran.append(source)
        tried = self._answer(source) or Tried(CellOutcome(status=CellStatus.OK))
        if tried.ok:
            self._accepted.append(source)
        return tried

    def stay(self) -> None:
        if self.ran:
            self.stayed.append(self.ran[-1])

    def back(self, count: int) -> None:
        del self._accepted[count:]


class Played(NamedTuple):
    """What came of a play: the reply, and the steps back."""

    text: str
    backs: list[StepBack]


def play(watcher: Watcher, *texts: str, size: int = 3) -> Played:
    """Write the first text, and behind each step back the next one; the last, again and again.

    ``size``: characters of a token.
    """
    return play_on(watcher, _with_last(texts), size)


def _with_last(texts: Iterable[str]) -> Iterator[str]:
    text = ""
    for text in texts:
        yield text
    while True:
        yield text


def play_on(watcher: Watcher, texts: Iterator[str], size: int = 3, most: int = 200) -> Played:
    """The same with texts that may depend on what happens."""
    text, backs, rest = "", list[StepBack](), next(texts)
    while len(backs) < most:
        piece, rest = rest[:size], rest[size:]
        text += piece
        back = watcher.look(text, ended=not piece)
        if back is not None:
            backs.append(back)
            text = text[: back.keep] + ("" if back.hidden else back.insert)
            rest = next(texts)
        elif not piece:
            break
    return Played(text, backs)
