"""How often a reply may be stepped back. Places and tries are counted and never seconds, so that
the same seeds give the same decisions on any machine."""

from __future__ import annotations

from collections import Counter
from typing import NamedTuple


class Budget(NamedTuple):
    """What a step may spend. ``share``: what is taken back, of what stays, in characters."""

    of_statement: int = 8  # tries
    of_step: int = 24
    lost_kernels: int = 3  # statements that ended the kernel, or took all of their time
    share: float = 0.6
    free: int = 1_500  # characters that may be taken back whatever stays


# Where another version is written, it is likelier to be right than the ninth try of this one.
OF_VERSION = Budget(of_statement=4, of_step=10, share=0.4, free=800)


class Spent:
    """What was spent of it."""

    def __init__(self, budget: Budget) -> None:
        self.budget = budget
        self.tries: Counter[int] = Counter()  # by the number of the statement
        self.places: Counter[tuple[int, int]] = Counter()  # and by the place in it
        self.characters = 0
        self.kernels = 0

    def allows(self, statement: int, kept: int, taken: int, *, ended_kernel: bool = False) -> bool:
        """Whether so many characters may be taken back, where so many stay."""
        most = self.budget
        return (
            self.tries[statement] < most.of_statement
            and self.tries.total() < most.of_step
            and self.characters + taken <= most.free + most.share * kept
            and not (ended_kernel and self.kernels >= most.lost_kernels)
        )

    def spend(self, statement: int, place: int, taken: int, *, ended_kernel: bool = False) -> None:
        """Count one step back, from a place of a statement."""
        self.tries[statement] += 1
        self.places[statement, place] += 1
        self.characters += taken
        self.kernels += ended_kernel
