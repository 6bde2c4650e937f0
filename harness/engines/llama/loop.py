"""The decode loop: all replies at work grow together, a batch at a time.

A step reads of each reply its last token (and guesses at the next), and a stretch of a prompt that
is not read yet. A reply that ends frees its place for the next request that waits. What two prompts
share is read once: a reply begins with a copy of the cells that another one has, and a conversation
goes on upon its own. Which rows a batch holds depends on what was asked and in which order, never
on the clock, so the same requests give the same tokens (docs/decisions/0017-one-decode-loop.md).
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from typing import NamedTuple

from harness.engines.llama.batches import FOUR, Part, groups, stretch
from harness.engines.llama.library import LlamaContext, NoRoomError, Row, Vocabulary
from harness.engines.llama.sequences import Request, Sequence
from harness.errors import EngineError


class Held(NamedTuple):
    """What a sequence at rest holds in the cache: of use to a prompt that begins alike."""

    tokens: list[int]
    text: str  # that they are the tokens of


class Loop:
    """Replies in the making over one context. Nothing in here waits.

    ``context`` has ``concurrent`` sequences, each with cells of its own; for a single reply it has
    two, of which 0 is for rows that only fill a batch up. ``split``: see ``batches.groups``.
    """

    def __init__(
        self,
        vocabulary: Vocabulary,
        context: LlamaContext,
        *,
        concurrent: int,
        stops: tuple[str, ...],
        split: bool = False,
    ) -> None:
        self._vocabulary, self._context = vocabulary, context
        self._at_once, self._lone = concurrent, concurrent == 1
        self._stops, self._split = stops, split
        self._free = {1} if self._lone else set(range(concurrent))
        self._held: dict[int, Held] = {}  # by place, the least recently used first
        self.active: list[Sequence] = []
        self.waiting: list[Request] = []

    def best(self, text: str) -> Held | None:
        """What is held that the prompt goes on from, word for word; the longest such."""
        going = [held for held in self._held.values() if held.text and text.startswith(held.text)]
        return max(going, key=lambda held: len(held.text), default=None)

    def known(self, tokens: list[int]) -> int:
        """How many of a prompt's first tokens are in the cache, or about to be."""
        held = [one.tokens for one in self._held.values()]
        held += [one.tokens for one in self.active]
        return max((common(one, tokens) for one in held), default=0)

    def adopt(self, held: Held, fill: Callable[[int], bool]) -> None:
        """Take in what was kept elsewhere; ``fill`` loads it into a place, or says it cannot."""
        place = self._place(None)
        if place is None:
            return
        if fill(place):
            self._held[place] = held
        else:
            self._context.cut(place, 0)
            self._free.add(place)

    def step(self) -> list[Sequence]:
        """Admit what can be, read a little of everything, draw what comes next.

        Returns the replies that grew or were read further; those that ended have a ``finish``.
        """
        started = time.monotonic()
        self._admit()
        self._close_up()
        grown: list[Sequence] = []
        for rows, parts in self._batches():
            self._read(rows)
            for part in parts:
                self._grow(part)
                grown.append(part.sequence)
        for sequence in self.active:
            sequence.own += (time.monotonic() - started) / len(self.active)
        for sequence in grown:
            if sequence.finish is not None:
                self._settle(sequence)
        return grown

    def drop(self, request: int) -> None:
        """Nobody waits for it: forget it where it stands."""
        self.waiting = [one for one in self.waiting if one.id != request]
        for sequence in [one for one in self.active if one.request.id == request]:
            self._settle(sequence)

    def back(self, sequence: Sequence, length: int, forbid: set[int]) -> None:
        """Step a reply back to its first ``length`` tokens, prompt included, and forbid what next.

        The token before is read once more, since its scores are gone. Raises ValueError.
        """
        if self._vocabulary.carries_state:
            raise ValueError("this model's state cannot be stepped back")
        sequence.back(length, forbid)
        self._context.cut(sequence.place, sequence.read)

    def _admit(self) -> None:
        for request in list(self.waiting):
            if len(self.active) >= self._at_once:
                return
            source, length = self._source(request)
            reading = next((one for one in self.active if one.place == source), None)
            if reading is not None and reading.read < length:
                continue  # the same words are being read: wait, and share them
            self.waiting.remove(request)
            self._begin(request, source, length)

    def _source(self, request: Request) -> tuple[int | None, int]:
        """The place whose tokens begin as the request's do for longest, and for how many."""
        best: tuple[int | None, int] = (None, 0)
        most = len(request.tokens) - 1  # the last token's scores are wanted
        holders = [(place, held.tokens) for place, held in self._held.items()]
        holders += [(one.place, one.tokens) for one in self.active]
        for place, tokens in holders:
            length = min(common(tokens, request.tokens), most)
            if self._vocabulary.carries_state and length < len(tokens):
                continue
            if length > best[1]:
                best = place, length
        return best

    def _begin(self, request: Request, source: int | None, length: int) -> None:
        held = self._held.get(source) if source is not None else None
        whole = held is not None and length == len(held.tokens)
        place = None if whole else self._place(source)
        if place is None:  # it goes on from there, or nothing else can make room
            place, length = self._take_over(source, length)
        elif source is not None:
            self._context.copy(source, place, length)
        self.active.append(
            Sequence(
                request=request,
                place=place,
                tokens=list(request.tokens),
                read=length,
                started=time.monotonic(),
                stops=self._stops,
            )
        )

    def _take_over(self, source: int | None, length: int) -> tuple[int, int]:
        """Go on in the place that holds the prompt's first tokens; it, and how many stay."""
        if source is None or source not in self._held:
            raise RuntimeError("more replies at work than places")
        held = self._held.pop(source)
        if length < len(held.tokens):
            if self._lone:  # cut where it makes no difference that it was
                length -= length % FOUR
            self._context.cut(source, length)
        return source, length

    def _place(self, keep: int | None) -> int | None:
        """An empty place, by forgetting what was used least recently if need be."""
        if not self._free:
            place = next((one for one in self._held if one != keep), None)
            if place is None:
                return None
            self._forget(place)
        place = min(self._free)
        self._free.remove(place)
        return place

    def _forget(self, place: int) -> None:
        del self._held[place]
        self._context.cut(place, 0)
        self._free.add(place)

    def _close_up(self) -> None:
        """Move replies into the gaps that others left: llama.cpp reads only neighbours together."""
        for sequence in sorted(self.active, key=lambda one: one.place, reverse=True):
            empty = set(range(self._at_once)) - {one.place for one in self.active}
            if self._lone or min(empty, default=sequence.place) >= sequence.place:
                return
            self._move(sequence, min(empty))

    def _move(self, sequence: Sequence, place: int) -> None:
        if place in self._held:
            self._forget(place)
        self._free.remove(place)
        self._context.copy(sequence.place, place, sequence.read)
        self._context.cut(sequence.place, 0)
        self._free.add(sequence.place)
        sequence.place = place

    def _batches(self) -> Iterator[tuple[list[Row], list[Part]]]:
        # The last token of a lone prompt is read as the others are, wherever what was read ends.
        writing = [
            one for one in self.active if one.unread == 1 and (one.written or not self._lone)
        ]
        reading = [one for one in self.active if one not in writing]
        guessing = len(self.active) == 1 and not self._vocabulary.carries_state
        writing.sort(key=lambda one: one.place)
        for group in groups(writing, split=self._split):
            rows: list[Row] = []
            parts: list[Part] = []
            for one in group:
                guess = one.guess() if guessing else []
                parts.append(Part(one, len(rows), guess))
                for i, token in enumerate([one.tokens[-1], *guess]):
                    rows.append(Row(token, one.read + i, one.place, wanted=True))
            yield rows, parts
        if reading:
            yield stretch(min(reading, key=lambda one: one.request.order), even=self._lone)

    def _read(self, rows: list[Row]) -> None:
        try:
            self._context.read(rows)
        except NoRoomError:
            hint = "Lower max_tokens, or n_ctx, in models.toml"
            raise EngineError("the cache is full", hint) from None
        if self._lone:
            self._context.cut(0, 0)

    def _grow(self, part: Part) -> None:
        """Draw what comes after the rows that were read."""
        sequence, guess = part.sequence, part.guess
        sequence.evaluated += part.stretch or sequence.written == 0
        sequence.read += part.stretch or 1
        if sequence.read < len(sequence.tokens):
            return
        true = 0
        for i, expected in enumerate([*guess, None]):
            forbidden = sequence.forbidden.get(len(sequence.tokens))
            if forbidden:
                self._context.forbid(part.first + i, sorted(forbidden))
            token = sequence.chain.draw(self._context, part.first + i)
            sequence.add(token, self._vocabulary)
            if sequence.finish is not None or token != expected:
                break
            true += 1
        sequence.read += true
        if guess:
            sequence.lookup.judge(len(guess), true)  # type: ignore[union-attr]
            self._context.cut(sequence.place, sequence.read)

    def _settle(self, sequence: Sequence) -> None:
        """Take a reply off the loop; what it read stays for those that go on from there."""
        self.active.remove(sequence)
        sequence.chain.close()
        text = sequence.request.text + sequence.text if sequence.whole else ""
        self._held[sequence.place] = Held(sequence.tokens[: sequence.read], text)


def common(one: list[int], other: list[int]) -> int:
    """How many tokens two lists begin alike with."""
    low, high = 0, min(len(one), len(other))
    if one[:high] == other[:high]:
        return high
    while low + 1 < high:
        middle = (low + high) // 2
        if one[low:middle] == other[low:middle]:
            low = middle
        else:
            high = middle
    return low
