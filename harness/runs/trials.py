"""A kernel in which versions of cells are tried: restored by running again what stood before them.

One session at a time, as on one core there may be only one.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

from harness.notebooks import artifacts, installs, printed
from harness.ports import Session
from harness.records import Cell, CellOutcome, CellStatus, Workspace
from harness.runs.execution import NotebookEnvironment

ASK_SECONDS = 5.0


class Made(NamedTuple):
    """What a notebook left: the files that its stage promised, and what its cells printed."""

    artifacts: dict[str, bytes]
    printed: str


class Bench:
    """Where cells are tried."""

    def __init__(self, at: NotebookEnvironment) -> None:
        self._at = at
        self._session: Session | None = None
        self._folder = Path()
        self._ran: list[tuple[str, CellOutcome]] = []  # sources, and how they ended

    def reach(self, cells: Sequence[Cell], total: int) -> tuple[CellOutcome, ...]:
        """How each of these cells ends, run one after another, with nothing else before them.

        ``total`` are the cells of the notebook. Raises SandboxError.
        """
        sources = [source for source, _ in self._ran]
        if self._session is None or sources != [one.source for one in cells[: len(sources)]]:
            self.close()
            self._folder = self._at.fresh()
            workspace = Workspace(folder=self._folder, inputs=self._at.inputs)
            self._session = self._at.executor.start(workspace, self._at.stage.limits)
        for number in range(len(self._ran), len(cells)):
            cell = cells[number]
            self._at.reporter.cell(number + 1, total, cell)
            self._ran.append((cell.source, self._session.run(installs.runnable(cell.source))))
        return tuple(outcome for _, outcome in self._ran)

    def ask(self, program: str, question: object) -> object | None:
        """What a program finds in the kernel as it stands."""
        is_alive = self._ran and self._ran[-1][1].status in (CellStatus.OK, CellStatus.ERROR)
        if self._session is None or not is_alive:
            return None
        return self._session.ask(program, question, ASK_SECONDS)

    def made(self) -> Made:
        """What was left by all that ran; the kernel is let go, for what judges it needs one."""
        self.close(keep=True)
        collected = artifacts.collect(self._folder, self._at.stage.produces)
        blobs = {one.name: blob for one, blob in collected if one.status == "collected"}
        shown = printed.of_outputs(outcome.outputs for _, outcome in self._ran)
        self._ran = []
        return Made(blobs, shown)

    def rest(self) -> None:
        """Let the core go while a model writes; a kernel can start meanwhile for what it writes."""
        self.close()
        self._at.prepare()

    def close(self, *, keep: bool = False) -> None:
        """End the kernel. Safe to call twice."""
        session, self._session = self._session, None
        self._ran = self._ran if keep else []
        if session is not None:
            session.close()
