"""What is told of replies as they grow, and what waits for the answers of those who watch them."""

from __future__ import annotations

import time
from collections import deque
from dataclasses import dataclass, field
from typing import NamedTuple

from harness.engines.llama.loop import Loop
from harness.engines.llama.messages import ReplyProgress, Verdict
from harness.engines.llama.sequences import Sequence
from harness.engines.llama.stepping import Seen
from harness.records import Completion, Progress


class Clock:
    """Seconds that pass; none do while it is stopped. Whoever is given time is given no less."""

    def __init__(self) -> None:
        self._lost = 0.0
        self._stopped: float | None = None

    def now(self) -> float:
        """The time by this clock."""
        return (time.monotonic() if self._stopped is None else self._stopped) - self._lost

    def run(self, *, on: bool) -> None:
        """Stop it, or let it go on."""
        if not on and self._stopped is None:
            self._stopped = time.monotonic()
        elif on and self._stopped is not None:
            self._lost += time.monotonic() - self._stopped
            self._stopped = None


class _Asked(NamedTuple):
    """A look that was asked for and is not answered."""

    number: int
    written: tuple[int, ...]  # tokens of the reply at each place that is looked at
    ended: bool  # and at its end, behind those
    told: int  # characters


@dataclass
class _Told:
    """How much of a reply its owner knows."""

    sequence: Sequence
    chars: int = 0
    written: int = 0  # tokens
    kept: int | None = None  # characters of what was told before that stay, where some do not
    looks: int = 0
    backs: int = 0
    asked: deque[_Asked] = field(default_factory=deque)


class Reports:
    """What is told of each reply of a loop. A watched one waits where it was not answered yet.

    One that is alone goes on for ``ahead`` tokens; the answer takes them back where it steps back.
    Nobody else's batches depend on that, and how many rows its own have does not either.
    """

    def __init__(self, loop: Loop, ahead: int) -> None:
        self._loop, self._ahead = loop, ahead
        self._told: dict[int, _Told] = {}

    @property
    def awaited(self) -> bool:
        """Whether an answer is not there yet."""
        return any(told.asked for told in self._told.values())

    @property
    def wait(self) -> bool:
        """Whether the loop must wait for an answer."""
        return self.awaited and not self._may_go_on()

    def _may_go_on(self) -> bool:
        if self._loop.waiting or len(self._loop.active) != 1:
            return False
        (one,) = self._loop.active
        told = self._told.get(one.request.id)
        if told is None or one.finish is not None or one.request.repeats:
            return False
        seen = told.asked[0].written if told.asked else ()
        return bool(seen) and one.written - seen[-1] < self._ahead

    def of(self, sequence: Sequence) -> ReplyProgress:
        """What is new of a reply that grew, and where it is to be looked at."""
        told = self._told.setdefault(sequence.request.id, _Told(sequence))
        if told.chars > len(sequence.text):  # a string that ends replies was found in it
            told.chars = told.kept = len(sequence.text)
        progress = Progress(
            sample=0,
            text=sequence.text[told.chars :],
            kept=told.kept,
            tokens=sequence.written,
            taken_back=sequence.taken_back,
            prompt_done=min(sequence.read, sequence.prompt),
            prompt_total=sequence.prompt,
        )
        new, ended = range(told.written, sequence.written), sequence.finish is not None
        told.chars, told.written, told.kept = len(sequence.text), sequence.written, None
        report = ReplyProgress(request=sequence.request.id, progress=progress, backs=told.backs)
        if not sequence.request.watched or not (new or ended):
            return report
        told.looks += 1
        written = tuple(place + 1 for place in new)
        told.asked.append(_Asked(told.looks, written, ended, told.chars))
        marks = [sequence.marks[place] for place in new]
        looks = tuple(min(mark.end - (not mark.whole), told.chars) for mark in marks)
        return report.model_copy(update={"look": told.looks, "looks": looks, "ended": ended})

    def take(self, verdict: Verdict) -> Sequence | None:
        """Do what a watcher says; the reply where it is complete with that."""
        told = self._told.get(verdict.request)
        if told is None or not told.asked or told.asked[0].number != verdict.look:
            return None  # nobody waits for it any more
        asked = told.asked.popleft()
        if verdict.back is None:
            return told.sequence if asked.ended else None
        told.asked.clear()
        ended = verdict.place >= len(asked.written)
        written = asked.written[verdict.place] if not ended else None
        seen = Seen(told.sequence.written if written is None else written, ended)
        kept = self._loop.back(told.sequence, verdict.back, seen)
        told.chars = asked.told
        if kept < told.chars:
            told.chars = told.kept = kept
        told.written = told.sequence.written
        told.backs += 1
        return told.sequence if told.sequence.finish is not None else None

    def forget(self, request: int) -> None:
        """It is done, or nobody waits for it."""
        self._told.pop(request, None)


def completion(sequence: Sequence) -> Completion:
    """A reply that is complete."""
    lookup = sequence.lookup
    return Completion(
        text=sequence.text,
        finish=sequence.finish or "length",
        prompt_tokens=sequence.prompt,
        completion_tokens=sequence.written,
        seconds=round(time.monotonic() - sequence.started, 3),
        own_seconds=round(sequence.own_seconds, 3),
        seed=sequence.request.seed,
        evaluated=sequence.evaluated,
        drafted=lookup.drafted if lookup else None,
        accepted=lookup.accepted if lookup else None,
        notes=(*sequence.request.notes, *sequence.notes),
        taken_back=sequence.taken_back if sequence.request.watched else None,
        forbidden=tuple(sequence.forbidden()),
        likelihood=sequence.likelihood() if sequence.request.scored else None,
    )
