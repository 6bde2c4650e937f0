"""What is read together: rows, whose they are, and where a prompt is cut."""

from __future__ import annotations

from typing import NamedTuple

from harness.engines.llama.bindings import Row
from harness.engines.llama.sequences import Sequence

CHUNK = 128  # rows of a batch that reads a prompt: about a second's, so that progress shows
# llama.cpp's kernels take rows by four, and others take over from eight on; what is left over they
# sum in another order. A lone prompt is read in whole fours and at least eight rows, so that how it
# is cut does not show in the result.
KERNEL_ROWS, WIDE_ROWS = 4, 8


class BatchPart(NamedTuple):
    """What a batch holds of one sequence."""

    sequence: Sequence
    first_row: int  # after which a token is drawn
    guess: list[int]  # the tokens of the rows behind it
    chunk: int = 0  # tokens of its prompt, where that is still being read


def groups(writing: list[Sequence], *, split: bool) -> list[list[Sequence]]:
    """Replies whose rows are read in one batch each; ``split``: eight of them by fours."""
    # From ten rows on, one batch is cheaper again.
    if split and WIDE_ROWS <= len(writing) < WIDE_ROWS + 2:
        return [writing[:KERNEL_ROWS], writing[KERNEL_ROWS:]]
    return [writing] if writing else []


def prompt_chunk(one: Sequence, *, even: bool) -> tuple[list[Row], list[BatchPart]]:
    """The next rows of a prompt; ``even``: with rows of sequence 0 that fill the batch up."""
    chunk = one.tokens[one.read : one.read + CHUNK]
    end = one.read + len(chunk)
    rows = [
        Row(token, at, one.slot, wanted=at + 1 == len(one.tokens))
        for at, token in zip(range(one.read, end), chunk, strict=True)
    ]
    parts = [BatchPart(one, len(rows) - 1, [], len(chunk))]
    if even:
        short = max(WIDE_ROWS - len(rows), -len(rows) % KERNEL_ROWS)
        rows += [Row(rows[0].token, i, 0, wanted=False) for i in range(short)]
    return rows, parts
