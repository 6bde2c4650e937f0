"""Whose turn it is, so that the same requests are always read in the same batches.

Conversations that belong together begin together, and one that got its reply is given a moment to
ask the next thing before the loop goes on: it takes milliseconds to store a reply, which the clock
would otherwise turn into a step more or less for the others. Requests outside any conversation are
served as they come.
"""

from __future__ import annotations

from collections.abc import Iterator

from harness.engines.llama.messages import BeginConversation, Generate

GATHER_SECONDS = 5.0  # for all that begin together to have come
THINK_SECONDS = 2.0  # between a reply and the next request
PATIENCE_SECONDS = 3600.0  # likewise, where something runs in between


class Scheduler:
    """Who is served: ``concurrent`` conversations, in order; the others wait until one ends."""

    def __init__(self, concurrent: int) -> None:
        self._concurrent = concurrent
        self._order: dict[int, int] = {}  # conversation -> order
        self._admitted: set[int] = set()
        self._deadlines: dict[int, float] = {}  # of those admitted, for their next request
        self._patient: set[int] = set()  # conversations that are waited for longer
        self._pending: dict[int, Generate] = {}  # by conversation
        self._outside: list[Generate] = []  # of no conversation
        self._missing = 0  # conversations of a group that have not begun
        self._missing_until = 0.0

    def begin(self, conversation: BeginConversation, now: float) -> None:
        """One will ask; the first of its group makes the loop wait for the others."""
        if conversation.group_size > 1:  # one that comes alone keeps nobody waiting
            if self._missing == 0:
                self._missing = conversation.group_size
                self._missing_until = now + GATHER_SECONDS
            self._missing -= 1
        self._order[conversation.conversation] = conversation.order
        if conversation.patient:
            self._patient.add(conversation.conversation)

    def end(self, conversation: int) -> None:
        """It asks no more: its turn is another's."""
        self._order.pop(conversation, None)
        self._admitted.discard(conversation)
        self._patient.discard(conversation)
        self._deadlines.pop(conversation, None)
        self._pending.pop(conversation, None)

    def submit(self, command: Generate) -> None:
        """Replies are asked for."""
        if command.conversation in self._order:
            self._pending[command.conversation] = command
        else:
            self._outside.append(command)

    def replied(self, conversation: int, now: float) -> None:
        """It got its reply."""
        if conversation in self._admitted:
            patient = conversation in self._patient
            self._deadlines[conversation] = now + (PATIENCE_SECONDS if patient else THINK_SECONDS)

    def order(self, conversation: int) -> int:
        """Where its rows stand in a batch."""
        return self._order.get(conversation, 0)

    def ready(self, now: float) -> Iterator[Generate]:
        """What is to be served now."""
        yield from self._outside
        self._outside = []
        if self._missing and now <= self._missing_until:
            return
        self._missing = 0
        for conversation in sorted(self._order, key=self._order.__getitem__):
            if conversation not in self._admitted and len(self._admitted) < self._concurrent:
                self._admitted.add(conversation)
                self._deadlines[conversation] = now + GATHER_SECONDS
        for conversation in sorted(self._admitted, key=self._order.__getitem__):
            if conversation in self._pending:
                self._deadlines.pop(conversation, None)
                yield self._pending.pop(conversation)

    def awaits(self, now: float) -> bool:
        """Whether the loop must wait for somebody."""
        # Whoever asks this goes to sleep for long where it is false: only ``ready``, which serves,
        # may find that the others do not come.
        return self._missing > 0 or any(until > now for until in self._deadlines.values())
