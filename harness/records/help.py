"""What a model is helped by beside its prompts: a condition of a run, and part of its id."""

from __future__ import annotations

from pydantic import Field

from harness.records.base import Record

MOST_REPAIRS, MOST_CANDIDATES = 10, 16


class Help(Record):
    """Without options, none: the plain experiment."""

    steer: bool = False  # statements run while they are written, and failing ones are stepped back
    # Times that a cell which still fails is asked for again.
    repair: int = Field(0, ge=0, le=MOST_REPAIRS)
    # Versions of each step, of which the best goes on.
    candidates: int = Field(1, ge=1, le=MOST_CANDIDATES)

    @property
    def given(self) -> bool:
        """Whether there is any."""
        return bool(self.label)

    @property
    def label(self) -> str:
        """In words, for tables: ``steered, 2 repairs, 4 candidates``; empty where there is none."""
        words = ["steered"] if self.steer else []
        if self.repair:
            words.append(f"{self.repair} repair{'s' * (self.repair > 1)}")
        if self.candidates > 1:
            words.append(f"{self.candidates} candidates")
        return ", ".join(words)
