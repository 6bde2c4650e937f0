"""The decode loop: all replies at work grow together, a batch at a time.

A step reads of each reply its last token (and guesses at the next), and a chunk of a prompt that
is not read yet. A reply that ends frees its slot for the next request that waits. What two prompts
share is read once: a reply begins with a copy of the cells that another one has, and a conversation
goes on upon its own. Which rows a batch holds depends on what was asked and in which order, never
on the clock, so the same requests give the same tokens (docs/decisions/0017-one-decode-loop.md).
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from typing import NamedTuple

from harness.engines.llama.batches import KERNEL_ROWS, BatchPart, groups, prompt_chunk
from harness.engines.llama.bindings import CacheFullError, LlamaContext, Row, Vocabulary
from harness.engines.llama.drawing import draw
from harness.engines.llama.sequences import Request, Sequence
from harness.engines.llama.stepping import Seen, step_back
from harness.errors import EngineError
from harness.records import StepBack


class Cached(NamedTuple):
    """What a slot holds of a reply that ended: of use to a prompt that begins alike."""

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
        self._concurrent, self._single = concurrent, concurrent == 1
        self._stops, self._split = stops, split
        self._free = {1} if self._single else set(range(concurrent))
        self._cached: dict[int, Cached] = {}  # by slot, the least recently used first
        self.active: list[Sequence] = []
        self.waiting: list[Request] = []

    def longest_cached(self, text: str) -> Cached | None:
        """What is cached that the prompt goes on from, word for word; the longest such."""
        going = [one for one in self._cached.values() if one.text and text.startswith(one.text)]
        return max(going, key=lambda one: len(one.text), default=None)

    def cached_length(self, tokens: list[int]) -> int:
        """How many of a prompt's first tokens are in the cache, or about to be."""
        known = [one.tokens for one in self._cached.values()]
        known += [one.tokens for one in self.active]
        return max((common_prefix(one, tokens) for one in known), default=0)

    def restore(self, cached: Cached, fill: Callable[[int], bool]) -> None:
        """Take in what is on disk; ``fill`` loads it into a slot, or says that it cannot."""
        slot = self._slot(None)
        if slot is None:
            return
        if fill(slot):
            self._cached[slot] = cached
        else:
            self._context.cut(slot, 0)
            self._free.add(slot)

    def step(self) -> list[Sequence]:
        """Admit what can be, read a little of everything, draw what comes next.

        Returns the replies that grew or were read further; those that ended have a ``finish``. One
        that is watched stays then, until ``retire`` or ``back``.
        """
        started = time.monotonic()
        self._admit()
        self._compact()
        grown: list[Sequence] = []
        for rows, parts in self._batches():
            self._read(rows)
            for part in parts:
                self._draw(part)
                grown.append(part.sequence)
        for sequence in self.active:
            sequence.own_seconds += (time.monotonic() - started) / len(self.active)
        for sequence in grown:
            if sequence.finish is not None and not sequence.request.watched:
                self.retire(sequence)
        return grown

    def cancel(self, request: int) -> None:
        """Nobody waits for it: forget it where it stands."""
        self.waiting = [one for one in self.waiting if one.id != request]
        for sequence in [one for one in self.active if one.request.id == request]:
            self.retire(sequence)

    def back(self, sequence: Sequence, back: StepBack, seen: Seen) -> int:
        """Step a reply back from where it was ``seen``; how many characters stay.

        The token before is read once more, since its scores are gone. Raises ValueError.
        """
        if not self.steps_back:
            raise ValueError("this model's state cannot be stepped back")
        kept = step_back(sequence, back, seen, self._vocabulary)
        self._context.cut(sequence.slot, sequence.read)
        return kept

    @property
    def steps_back(self) -> bool:
        """Whether replies can be stepped back."""
        return not self._vocabulary.is_recurrent

    def _admit(self) -> None:
        for request in list(self.waiting):
            if len(self.active) >= self._concurrent:
                return
            source, length = self._source(request)
            reading = next((one for one in self.active if one.slot == source), None)
            if reading is not None and reading.read < length:
                continue  # the same words are being read: wait, and share them
            self.waiting.remove(request)
            self._begin(request, source, length)

    def _source(self, request: Request) -> tuple[int | None, int]:
        """The slot whose tokens begin as the request's do for longest, and for how many."""
        best: tuple[int | None, int] = (None, 0)
        most = len(request.tokens) - 1  # the last token's scores are wanted
        holders = [(slot, cached.tokens) for slot, cached in self._cached.items()]
        holders += [(one.slot, one.tokens) for one in self.active]
        for slot, tokens in holders:
            length = min(common_prefix(tokens, request.tokens), most)
            if self._vocabulary.is_recurrent and length < len(tokens):
                continue
            if length > best[1]:
                best = slot, length
        return best

    def _begin(self, request: Request, source: int | None, length: int) -> None:
        cached = self._cached.get(source) if source is not None else None
        whole = cached is not None and length == len(cached.tokens)
        slot = None if whole else self._slot(source)
        if slot is None:  # it goes on from there, or nothing else can make room
            slot, length = self._reuse(source, length)
        elif source is not None:
            self._context.copy(source, slot, length)
        self.active.append(
            Sequence(
                request=request,
                slot=slot,
                tokens=list(request.tokens),
                read=length,
                started=time.monotonic(),
                stops=(*self._stops, *request.sampling.stops),
            )
        )

    def _reuse(self, source: int | None, length: int) -> tuple[int, int]:
        """Go on in the slot that holds the prompt's first tokens; it, and how many stay."""
        if source is None or source not in self._cached:
            raise RuntimeError("more replies at work than slots")
        cached = self._cached.pop(source)
        if length < len(cached.tokens):
            if self._single:  # cut where it makes no difference that it was
                length -= length % KERNEL_ROWS
            self._context.cut(source, length)
        return source, length

    def _slot(self, keep: int | None) -> int | None:
        """An empty slot, by forgetting what was used least recently if need be."""
        if not self._free:
            slot = next((one for one in self._cached if one != keep), None)
            if slot is None:
                return None
            self._forget(slot)
        slot = min(self._free)
        self._free.remove(slot)
        return slot

    def _forget(self, slot: int) -> None:
        del self._cached[slot]
        self._context.cut(slot, 0)
        self._free.add(slot)

    def _compact(self) -> None:
        """Move replies into the gaps that others left: llama.cpp reads only neighbours together."""
        for sequence in sorted(self.active, key=lambda one: one.slot, reverse=True):
            empty = set(range(self._concurrent)) - {one.slot for one in self.active}
            if self._single or min(empty, default=sequence.slot) >= sequence.slot:
                return
            self._move(sequence, min(empty))

    def _move(self, sequence: Sequence, slot: int) -> None:
        if slot in self._cached:
            self._forget(slot)
        self._free.remove(slot)
        self._context.copy(sequence.slot, slot, sequence.read)
        self._context.cut(sequence.slot, 0)
        self._free.add(sequence.slot)
        sequence.slot = slot

    def _batches(self) -> Iterator[tuple[list[Row], list[BatchPart]]]:
        # The last token of a lone prompt is read as the others are, wherever what was read ends.
        active = [one for one in self.active if one.finish is None]
        writing = [one for one in active if one.unread == 1 and (one.written or not self._single)]
        reading = [one for one in active if one not in writing]
        guessing = len(self.active) == 1 and not self._vocabulary.is_recurrent
        writing.sort(key=lambda one: one.slot)
        for group in groups(writing, split=self._split):
            rows: list[Row] = []
            parts: list[BatchPart] = []
            for one in group:
                guess = one.guess() if guessing else []
                parts.append(BatchPart(one, len(rows), guess))
                for i, token in enumerate([one.tokens[-1], *guess]):
                    rows.append(Row(token, one.read + i, one.slot, wanted=True))
            yield rows, parts
        if reading:
            yield prompt_chunk(min(reading, key=lambda one: one.request.order), even=self._single)

    def _read(self, rows: list[Row]) -> None:
        try:
            self._context.read(rows)
        except CacheFullError:
            hint = "Lower max_tokens, or n_ctx, in models.toml"
            raise EngineError("the cache is full", hint) from None
        if self._single:
            self._context.cut(0, 0)

    def _draw(self, part: BatchPart) -> None:
        """Draw what comes after the rows that were read."""
        sequence, guess = part.sequence, part.guess
        before = sequence.read
        sequence.read += part.chunk or 1
        sequence.evaluated += max(0, min(sequence.read, sequence.prompt) - before)
        if sequence.read < len(sequence.tokens):
            return
        true = 0
        for i, expected in enumerate([*guess, None]):
            token = draw(sequence, self._context, part.first_row + i, self._vocabulary)
            if sequence.finish is not None or token != expected:
                break
            true += 1
        sequence.read += true
        if guess:
            sequence.lookup.judge(len(guess), true)  # type: ignore[union-attr]
            self._context.cut(sequence.slot, sequence.read)

    def retire(self, sequence: Sequence) -> None:
        """Take a reply off the loop; what it read stays for those that go on from there."""
        self.active.remove(sequence)
        sequence.close()
        text = sequence.request.text + sequence.text if sequence.says_it_all else ""
        self._cached[sequence.slot] = Cached(sequence.tokens[: sequence.read], text)


def common_prefix(one: list[int], other: list[int]) -> int:
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
