"""Cells to outcomes: a notebook run from top to bottom in a fresh kernel."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import NamedTuple

from harness.findings import Finder
from harness.notebooks import artifacts, installs, printed
from harness.notebooks.notebook import Notebook
from harness.ports import Executor, Reporter
from harness.records import (
    Cell,
    CellOutcome,
    CellResult,
    CellStatus,
    CheckResult,
    Execution,
    FindingKind,
    StageSpec,
    TableProfile,
    Workspace,
)

FIRST_LINE = 120  # characters

Outcomes = dict[str, CellOutcome]
Check = Callable[[Mapping[str, bytes], str], tuple[CheckResult, ...]]
"""Judges artifacts, by name, and what the cells that made them printed."""


class NotebookEnvironment(NamedTuple):
    """Where the notebooks of a run are executed. ``fresh`` makes the empty work folder."""

    executor: Executor
    fresh: Callable[[], Path]
    inputs: dict[str, Path]  # files put into it, read-only: name -> source
    stage: StageSpec
    check: Check
    prepare_check: Callable[[], None]  # it will be called before long
    limits_sha256: str
    checks_sha256: str
    reporter: Reporter
    beside: Executor | None = None  # for kernels beside the writing, where it is another
    feedback: Check = lambda made, printed: ()  # the same on rows of its own, see ``feedback``
    profile: TableProfile | None = None  # of the visible table
    finders: Mapping[FindingKind, Finder] | None = None  # who looks for findings; None: all

    def prepare(self) -> None:
        """A notebook will be executed here before long: its kernel can start."""
        workspace = Workspace(folder=self.fresh(), inputs=self.inputs)
        self.executor.prepare(workspace, self.stage.limits)


class Executed(NamedTuple):
    """What came of it; the values are the caller's to store."""

    execution: Execution
    outcomes: Outcomes
    artifacts: dict[str, bytes]  # of those that were collected


def execute(
    form: str,
    notebook: Notebook,
    at: NotebookEnvironment,
    outcomes: Outcomes,
    *,
    more: bool = False,
) -> Executed:
    """Run the code cells in order, then fetch what the stage promised. Raises SandboxError.

    ``outcomes`` is filled as cells finish, and completed with ``not run`` where the caller is
    interrupted, so that what was done can be kept. ``more``: another notebook follows here,
    whose kernel can start meanwhile.
    """
    results: list[CellResult] = []
    folder = at.fresh()
    at.reporter.executing(form)
    started = time.monotonic()
    try:
        workspace = Workspace(folder=folder, inputs=at.inputs)
        session = at.executor.start(workspace, at.stage.limits)
        try:
            if more:
                at.executor.prepare(workspace, at.stage.limits)
            at.prepare_check()
            for number, cell in enumerate(notebook.code, 1):
                at.reporter.cell(number, len(notebook.code), cell)
                outcomes[cell.id] = session.run(installs.runnable(cell.source))
                for index, outputs in session.updated().items():
                    shows = notebook.code[index].id
                    outcomes[shows] = outcomes[shows].model_copy(update={"outputs": outputs})
                results.append(result_of(cell, outcomes[cell.id]))
                at.reporter.executed(results[-1])
        finally:
            session.close()
    finally:
        for cell in notebook.code:
            missing = CellOutcome(status=CellStatus.NOT_RUN, reason="the command was interrupted")
            outcomes.setdefault(cell.id, missing)
    collected = list(artifacts.collect(folder, at.stage.produces))
    blobs = {a.name: blob for a, blob in collected if a.status == "collected"}
    seconds = round(time.monotonic() - started, 3)
    execution = Execution(
        sandbox=str(at.executor.sandbox),
        seconds=seconds,
        cells=tuple(results),
        artifacts=tuple(artifact for artifact, _ in collected),
        checks=at.check(blobs, printed.of_outputs(one.outputs for one in outcomes.values())),
        limits_sha256=at.limits_sha256,
        checks_sha256=at.checks_sha256,
    )
    return Executed(execution, outcomes, blobs)


def result_of(cell: Cell, outcome: CellOutcome) -> CellResult:
    """A code cell's line in the record."""
    lines = [line.strip() for line in cell.source.splitlines() if line.strip()]
    # Most cells begin with the same comment and imports; the first line that acts tells them apart.
    telling = (line for line in lines if not line.startswith(("#", "import ", "from ")))
    first = next(telling, next(iter(lines), ""))
    return CellResult(
        cell=cell.id,
        step=cell.step,
        first_line=first[:FIRST_LINE],
        installs=cell.installs,
        found=cell.found,
        **outcome.model_dump(exclude={"outputs"}),
    )
