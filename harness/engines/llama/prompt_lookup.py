"""Guesses at what comes next, looked up in what was read and written before.

A reply that repeats its prompt (a corrected cell, a quoted column) can be guessed from it: where
the last few tokens stood before, what followed them then is likely to follow now. Guesses are
verified in one batch, so a wrong one costs time and is never written. The method is prompt
lookup decoding, A. Saxena 2023, https://github.com/apoorvumang/prompt-lookup-decoding.
"""

from __future__ import annotations

LONGEST_MATCH, SHORTEST_MATCH = 8, 2  # tokens that must have stood before
# How far to guess. A batch costs by its rows, in steps (docs/log.md); with each guess that came
# true to its end the next reaches further, and falls back to what did come true.
LENGTHS = (3, 7, 15, 31)
TRIAL = 6  # guesses after which their worth is judged
PAYS = 0.5  # share of guessed tokens that must come true
PAUSE = 64  # tokens without a guess, where they do not


class PromptLookup:
    """Guesses for one sequence. Its decisions depend on tokens alone, never on the clock."""

    def __init__(self) -> None:
        self._tokens: list[int] = []
        self._places: dict[tuple[int, ...], int] = {}  # what stood there -> where it ended
        self._reach = 0  # index into LENGTHS
        self._lately: list[tuple[int, int]] = []  # (guessed, came true)
        self._resume = 0  # no guess before so many tokens
        self.drafted = self.accepted = 0

    def take(self, tokens: list[int]) -> None:
        """The sequence's tokens as they are now: longer than last time, or cut back."""
        if tokens[: len(self._tokens)] != self._tokens:
            self._tokens, self._places = [], {}
        for token in tokens[len(self._tokens) :]:
            # A match must end before the last token, so it is entered one token late.
            for size in range(SHORTEST_MATCH, LONGEST_MATCH + 1):
                if len(self._tokens) >= size:
                    self._places[tuple(self._tokens[-size:])] = len(self._tokens)
            self._tokens.append(token)

    def guess(self, most: int) -> list[int]:
        """The tokens that may come next, at most ``most``; none where guessing does not pay."""
        if len(self._tokens) < self._resume:
            return []
        for size in range(LONGEST_MATCH, SHORTEST_MATCH - 1, -1):
            place = self._places.get(tuple(self._tokens[-size:]))
            if place is not None and len(self._tokens) >= size:
                reach = min(most, LENGTHS[self._reach])
                return self._tokens[place : place + reach]
        return []

    def judge(self, guessed: int, true: int) -> None:
        """How a guess fared."""
        self.drafted += guessed
        self.accepted += true
        if true == guessed:
            self._reach = min(self._reach + 1, len(LENGTHS) - 1)
        else:
            self._reach = max([i for i, length in enumerate(LENGTHS) if length <= true], default=0)
        self._lately = [*self._lately[1 - TRIAL :], (guessed, true)]
        if len(self._lately) == TRIAL:
            share = sum(t for _, t in self._lately) / sum(g for g, _ in self._lately)
            if share < PAYS:
                self._resume = len(self._tokens) + PAUSE
                self._lately = []
