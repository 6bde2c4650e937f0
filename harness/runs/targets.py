"""Which cell of a notebook the model is asked for again, and whether what came is better."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Sequence
from typing import NamedTuple

from harness.notebooks import syntax, tracebacks
from harness.notebooks.notebook import Notebook
from harness.records import Cell, CellResult, CellStatus, CheckResult, StageSpec
from harness.runs import attempts, failures, feedback
from harness.runs.attempts import Repairs

MOST_SAME = 2  # times in a row that the same text comes back
LONGEST_WHY = 200  # characters
SAME, NO_CODE, CUT_OFF = "the same code as before", "no code", "it was cut off at max_tokens"
NAMES = re.compile(r"[^\W\d]\w*")


class Target(NamedTuple):
    """A cell to be asked for again: as it stands or was tried last, and what is against it."""

    cell: Cell
    number: int  # of the attempt, from 1
    source: str
    result: CellResult
    checks: tuple[CheckResult, ...] = ()  # none: it fails by itself

    @property
    def why(self) -> str:
        """In a line."""
        told = (f"{one.name}: {one.message}" for one in self.checks)
        return next(told, tracebacks.error_of(self.result))[:LONGEST_WHY]


def failing(
    notebook: Notebook, done: Repairs, most: int, passed_over: Collection[str]
) -> Target | None:
    """The first cell that fails by itself and was not asked for ``most`` times yet."""
    cells = {one.id: one for one in notebook.code}
    for result in failures.classify(notebook, done.cells):
        is_open = result.failure == "root" and result.cell not in passed_over
        if is_open and _is_left(result.cell, done, most):
            return _target(cells[result.cell], result, done)
    return None


def wanting(
    notebook: Notebook, stage: StageSpec, done: Repairs, most: int, passed_over: Collection[str]
) -> Target | None:
    """The cell to blame of the last step that a check speaks against, and that is left likewise.

    Only cells that ran: what is wrong with others is known.
    """
    results = {one.cell: one for one in done.cells}
    for cell, spoken in _to_blame(notebook, stage, done):
        is_open = results[cell.id].status is CellStatus.OK and cell.id not in passed_over
        if is_open and _is_left(cell.id, done, most):
            return Target(cell, len(done.at(cell.id)) + 1, cell.source, results[cell.id], spoken)
    return None


def worse(before: Sequence[CheckResult], after: Sequence[CheckResult], target: Target) -> str:
    """Why what the checks say of the new cell is not better; empty where it is."""
    lost = feedback.lost(before, after)
    if lost is not None:
        return f"the check '{lost.name}' does not hold any more"
    if target.checks and not feedback.gained(before, after):
        return "no check holds that did not before"
    return ""


def lacks(notebook: Notebook, target: Target, source: str) -> str:
    """Which name the cell defined, and a later one uses, that the new source does not define.

    In words; empty where there is none. What is left out runs, and is no repair.
    """
    gone = syntax.bound_names(target.cell.source) - syntax.bound_names(source)
    for cell in notebook.code[place(notebook, target.cell.id) + 1 :]:
        used = {word for line in attempts.shape(cell.source) for word in NAMES.findall(line)}
        if missing := sorted(gone & used):
            return f"it does not define {missing[0]}, which {cell.id} uses"
    return ""


def others(done: Repairs, target: Target) -> tuple[str, ...]:
    """How versions of the cell failed that are not the one which is shown."""
    made = [one for one in done.at(target.cell.id) if one.source != target.source]
    failed = [one.result for one in made if one.result is not None and one.result.failed]
    return tuple(tracebacks.error_of(one)[:LONGEST_WHY] for one in failed)


def place(notebook: Notebook, cell: str) -> int:
    """Where a cell stands among those of code."""
    return next(i for i, one in enumerate(notebook.code) if one.id == cell)


def _is_left(cell: str, done: Repairs, most: int) -> bool:
    made = done.at(cell)
    same = [one.reason == SAME for one in made[-MOST_SAME:]]
    gave_up = len(same) == MOST_SAME and all(same)
    return len(made) < most and not gave_up


def _target(cell: Cell, result: CellResult, done: Repairs) -> Target:
    """From the version that was tried last where that got further, which its error shows."""
    made = done.at(cell.id)
    number = len(made) + 1
    ran = [one for one in made if one.result is not None and not one.kept]
    last = ran[-1] if ran else None
    if last is not None and last.result is not None and last.result.status is CellStatus.ERROR:
        is_other = (last.result.error, last.result.message) != (result.error, result.message)
        if is_other and syntax.parses(last.source):
            return Target(cell, number, last.source, last.result)
    return Target(cell, number, cell.source, result)


def _to_blame(
    notebook: Notebook, stage: StageSpec, done: Repairs
) -> Iterator[tuple[Cell, tuple[CheckResult, ...]]]:
    """Of each step that a check speaks against, the last first, a cell.

    It is the last one that names a file which is checked, or simply the last one.
    """
    names = [check.artifact for check in stage.checks]
    against = feedback.against(done.feedback or ())
    for step in reversed(stage.steps):
        spoken = tuple(one for one in against if one.tells_against(step))
        cells = [one for one in notebook.code if one.step == step]
        if spoken and cells:
            naming = [one for one in cells if any(name in one.source for name in names)]
            yield (naming or cells)[-1], spoken
