"""What is read together: rows, whose they are, and how prompts fill a batch up."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import NamedTuple

from harness.engines.llama.library import Row
from harness.engines.llama.sequences import Sequence

STRETCH = 128  # rows of a batch that reads prompts: about a second's, so that progress shows
# llama.cpp's kernels take rows by four; what is left over they sum in another order. Prompts are
# read in whole fours and at least eight rows, so that how one is cut does not show in the result.
FOUR, EIGHT = 4, 8


class Part(NamedTuple):
    """What a batch holds of one sequence."""

    sequence: Sequence
    first: int  # row after which something is drawn
    guess: list[int]  # behind it
    stretch: int = 0  # tokens of its prompt, where that is still being read


@dataclass
class Batch:
    """Rows to be read together."""

    rows: list[Row] = field(default_factory=list)
    parts: list[Part] = field(default_factory=list)


def fill(batch: Batch, reading: list[Sequence]) -> None:
    """Fill a batch up with prompts that are not read yet, in order."""
    rows = batch.rows
    for one in reading:
        piece = one.tokens[one.read : one.read + max(0, STRETCH - len(rows))]
        last = one.read + len(piece) == len(one.tokens)
        for i, token in enumerate(piece):
            wanted = last and i == len(piece) - 1
            rows.append(Row(token, one.read + i, one.place, wanted=wanted))
        if piece:
            batch.parts.append(Part(one, len(rows) - 1, [], len(piece)))
    if reading:
        short = max(EIGHT - len(rows), -len(rows) % FOUR)
        rows += [Row(rows[0].token, i, 0, wanted=False) for i in range(short)]
