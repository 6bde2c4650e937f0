"""Repairs: cells that the model wrote again, after it was told how they had failed."""

from __future__ import annotations

from harness.records.base import Name, Record, Sha256
from harness.records.cells import CellResult, CellStatus, Execution
from harness.records.steering import Steered
from harness.records.turns import Completion


class Evidence(Record):
    """A fact that a repair's prompt tells, and the module that found it."""

    kind: Name
    text: str


class RepairAttempt(Record):
    """One time that a cell was asked for again."""

    cell: str
    number: int  # from 1
    error: str | None  # what was wrong before; None where a check was
    message: str | None = None
    evidence: tuple[Evidence, ...] = ()
    prompt: str
    completion: Completion
    source: str  # the code that came of it; empty where there was none
    status: CellStatus | None = None  # of the cell then; None where it was not run
    result: CellResult | None = None  # all of how it ended; likewise
    kept: bool = False  # whether it took the cell's place
    reason: str = ""  # why it did not
    steered: Steered | None = None


class Repairing(Record):
    """The pass that made ``repaired.ipynb`` of the raw notebook.

    Where no cell is another, there is no such notebook, and ``execution`` is the raw one's.
    """

    raw_sha256: Sha256
    attempts: tuple[RepairAttempt, ...] = ()
    sources: dict[str, str]  # of the cells that are others now, by id
    cells_sha256: Sha256
    execution: Execution

    @property
    def tokens(self) -> int:
        """That the model wrote for it."""
        return sum(one.completion.completion_tokens for one in self.attempts)
