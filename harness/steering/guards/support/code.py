"""What a guard is asked about, and what it says."""

from __future__ import annotations

from typing import NamedTuple


class Code(NamedTuple):
    """A cell so far, and the statement in it that is judged; all before that has run."""

    cell: str  # up to the statement's end, or up to the last character where it is not complete
    start: int  # characters of the cell before the statement
    complete: bool


class Alarm(NamedTuple):
    """Something in a statement that cannot be.

    ``at`` and ``end`` are characters of the cell, and what stands there is wrong: it ends where no
    legal text goes on the same way.
    """

    guard: str
    at: int
    end: int
    message: str
    legal: tuple[str, ...] | None = None  # all texts that may stand at that place; None: not known
    insert: str = ""  # a line that makes it right, before anything that is forbidden
    splits: bool = False  # the line stands where it is wrong, and begins a cell of its own


def wrong_until(text: str, legal: tuple[str, ...] | frozenset[str]) -> int:
    """Characters of ``text`` up to the first that no legal text shares.

    Of ``best_params_`` all, beside ``best_params``; of ``applymap`` six, beside ``apply``.
    Where a legal text goes on, as ``groupby`` does behind ``group``, one more than there are: what
    is wrong is that it ends there.
    """
    alike = 0
    for one in legal:
        shared = 0
        for mine, theirs in zip(text, one, strict=False):
            if mine != theirs:
                break
            shared += 1
        alike = max(alike, shared)
    return alike + 1
