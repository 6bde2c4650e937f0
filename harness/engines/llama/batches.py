"""What is read together: rows, whose they are, and where a prompt is cut."""

from __future__ import annotations

from typing import NamedTuple

from harness.engines.llama.library import Row
from harness.engines.llama.sequences import Sequence

STRETCH = 128  # rows of a batch that reads a prompt: about a second's, so that progress shows
# llama.cpp's kernels take rows by four; what is left over they sum in another order. A lone prompt
# is read in whole fours and at least eight rows, so that how it is cut does not show in the result.
FOUR, EIGHT = 4, 8


class Part(NamedTuple):
    """What a batch holds of one sequence."""

    sequence: Sequence
    first: int  # row after which something is drawn
    guess: list[int]  # behind it
    stretch: int = 0  # tokens of its prompt, where that is still being read


def groups(writing: list[Sequence], *, split: bool) -> list[list[Sequence]]:
    """Replies whose rows are read in one batch each; ``split``: eight of them by fours."""
    if split and EIGHT <= len(writing) < EIGHT + 2:  # from ten on, one batch is cheaper again
        return [writing[:FOUR], writing[FOUR:]]
    return [writing] if writing else []


def stretch(one: Sequence, *, even: bool) -> tuple[list[Row], list[Part]]:
    """The next rows of a prompt; ``even``: with rows of sequence 0 that fill the batch up."""
    piece = one.tokens[one.read : one.read + STRETCH]
    end = one.read + len(piece)
    rows = [
        Row(token, at, one.place, wanted=at + 1 == len(one.tokens))
        for at, token in zip(range(one.read, end), piece, strict=True)
    ]
    parts = [Part(one, len(rows) - 1, [], len(piece))]
    if even:
        short = max(EIGHT - len(rows), -len(rows) % FOUR)
        rows += [Row(rows[0].token, i, 0, wanted=False) for i in range(short)]
    return rows, parts
