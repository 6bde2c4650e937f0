"""The notebooks of a stored run: what they are called, and the cells of the raw one."""

from __future__ import annotations

from harness.errors import EditedError
from harness.notebooks import replies
from harness.records import Cell, Execution, Run

RAW, PATCHED = "raw.ipynb", "patched.ipynb"


def raw_cells(run: Run) -> tuple[Cell, ...]:
    """The raw notebook's cells, from the stored replies."""
    return replies.raw_cells(run.prompts[1:], run.replies)


def executed(run: Run) -> Execution:
    """A run's raw execution. Raises EditedError where there is none yet."""
    if run.raw is None:
        raise EditedError(
            f"run {run.run_id} has no executed notebook yet", "Finish it: harness generate"
        )
    return run.raw
