"""Ways that a reply must not take again: what may not be drawn where, and what costs.

What is rejected is a text at a place, and no token: the token that would complete it is impossible
while the reply has followed it so far, however the text is cut into tokens, and nowhere else. So
``corr()`` cannot be written again, and ``corr(numeric_only=True)`` can.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from harness.engines.llama.bindings import Vocabulary

DECAY = 0.9  # of a penalty from one token of a way to the next (ROCODE, arXiv 2411.07112)


class Way(NamedTuple):
    """A text that was written from a token's place on and is rejected there."""

    start: int  # tokens of the reply before it
    tokens: tuple[int, ...]
    text: bytes
    ends: bool  # the end of the reply belongs to it
    penalty: float | None  # logits that the tokens on the way to its last one lose


class Bent(NamedTuple):
    """How scores at a place are bent: what is impossible, and what loses how many logits."""

    impossible: list[npt.NDArray[np.int32]]
    losses: dict[int, float]


class Ways:
    """The rejected ways of one reply."""

    def __init__(self) -> None:
        self._ways: list[Way] = []

    def reject(self, way: Way) -> None:
        """It is not to be taken again."""
        self._ways.append(way)

    def back(self, place: int) -> None:
        """The reply goes on from that place: what was rejected behind it is of another reply."""
        self._ways = [way for way in self._ways if way.start <= place]

    def shift(self, place: int, by: int) -> None:
        """Something was inserted there: what is rejected at that place is so behind it."""
        self._ways = [
            way._replace(start=place + by) if way.start == place else way for way in self._ways
        ]

    def standing(self, place: int) -> int:
        """How many are rejected at a place or before it."""
        return sum(way.start <= place for way in self._ways)

    def bend(self, tokens: list[int], pieces: list[bytes], vocabulary: Vocabulary) -> Bent | None:
        """What a reply of these tokens may not have next; None where all is free.

        ``pieces`` are what the tokens read as.
        """
        bent = Bent([], {})
        for way in self._ways:
            done = _followed(way, pieces)
            if done is not None and way.ends and done == len(way.text):
                bent.impossible.append(vocabulary.ending)
            elif done is not None and not way.ends and done < len(way.text):
                bent.impossible.append(vocabulary.beginning_with(way.text[done:]))
            position = len(tokens) - way.start
            if way.penalty and 0 <= position < len(way.tokens) and _drawn(way, tokens, position):
                token = way.tokens[position]
                lost = bent.losses.get(token, 0.0)
                bent.losses[token] = lost + way.penalty * DECAY**position
        return bent if bent.impossible or bent.losses else None


def _followed(way: Way, pieces: Sequence[bytes]) -> int | None:
    """How many bytes of a way the reply has written; None where it went another way."""
    done = 0
    if len(pieces) < way.start:
        return None
    for i in range(way.start, len(pieces)):
        if not way.text.startswith(pieces[i], done):
            return None
        done += len(pieces[i])
    return done


def _drawn(way: Way, tokens: list[int], position: int) -> bool:
    return tuple(tokens[way.start :]) == way.tokens[:position]
