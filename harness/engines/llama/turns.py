"""Whose turn it is, so that the same requests are always read in the same batches.

Conversations that belong together begin together, and one that got its reply is given a moment to
ask the next thing before the loop goes on: it takes milliseconds to store a reply, which the clock
would else turn into a step more or less for the others. Requests outside any conversation are
served as they come.
"""

from __future__ import annotations

from collections.abc import Iterator

from harness.engines.llama.messages import Ask, Open

GATHER_SECONDS = 5.0  # for all that begin together to have come
THINK_SECONDS = 2.0  # between a reply and the next request


class Turns:
    """Who may ask: ``concurrent`` conversations, in order; the others wait until one rests."""

    def __init__(self, concurrent: int) -> None:
        self._at_once = concurrent
        self._order: dict[int, int] = {}  # conversation -> order
        self._holding: set[int] = set()
        self._due: dict[int, float] = {}  # of those holding: until when its request is awaited
        self._parked: dict[int, Ask] = {}
        self._loose: list[Ask] = []
        self._missing = 0
        self._missing_until = 0.0

    def open(self, opened: Open, now: float) -> None:
        """A conversation will ask; the first of ``among`` makes the loop wait for the others."""
        if opened.among > 1:  # one that comes alone keeps nobody waiting
            if self._missing == 0:
                self._missing, self._missing_until = opened.among, now + GATHER_SECONDS
            self._missing -= 1
        self._order[opened.conversation] = opened.order

    def rest(self, conversation: int) -> None:
        """It asks no more: its turn is another's."""
        self._order.pop(conversation, None)
        self._holding.discard(conversation)
        self._due.pop(conversation, None)
        self._parked.pop(conversation, None)

    def ask(self, ask: Ask) -> None:
        """A request came."""
        if ask.conversation in self._order:
            self._parked[ask.conversation] = ask
        else:
            self._loose.append(ask)

    def answered(self, conversation: int, now: float) -> None:
        """It got its reply."""
        if conversation in self._holding:
            self._due[conversation] = now + THINK_SECONDS

    def order(self, conversation: int) -> int:
        """Where its rows stand in a batch."""
        return self._order.get(conversation, 0)

    def ready(self, now: float) -> Iterator[Ask]:
        """The requests whose turn it is."""
        yield from self._loose
        self._loose = []
        if self._missing and now <= self._missing_until:
            return
        self._missing = 0
        for conversation in sorted(self._order, key=self._order.__getitem__):
            if conversation not in self._holding and len(self._holding) < self._at_once:
                self._holding.add(conversation)
                self._due[conversation] = now + GATHER_SECONDS
        for conversation in sorted(self._holding, key=self._order.__getitem__):
            if conversation in self._parked:
                self._due.pop(conversation, None)
                yield self._parked.pop(conversation)

    def awaited(self, now: float) -> bool:
        """Whether the loop must wait for somebody."""
        # Whoever asks this goes to sleep for long where it is false: only ``ready``, which serves,
        # may find that the others do not come.
        return self._missing > 0 or any(until > now for until in self._due.values())
