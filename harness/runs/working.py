"""The kernel beside the writing of one run: it has run the cells of a step before the next one.

What counts is the notebook's run from top to bottom at the end. This one is there to be looked at.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

from harness.notebooks import artifacts, replies
from harness.ports import Session
from harness.records import Observation, Reply, SteeringKind, TakenBack, Workspace
from harness.runs.execution import NotebookEnvironment
from harness.runs.plans import Plan
from harness.steering import judge, view
from harness.steering.budget import Budget
from harness.steering.correcting import Correcting, WhatIsWrong
from harness.steering.judge import Judge
from harness.steering.kernel import WorkingKernel

Steering = Judge | Correcting
"""A watcher that tells in the end what it did."""


def of(plan: Plan, at: NotebookEnvironment) -> Working | None:
    """The one that a run needs; None where nothing looks at a kernel while it is written."""
    return Working(plan, at) if plan.beside else None


class Working:
    """See the module. It starts with the first cell. Not for use from several threads."""

    def __init__(self, plan: Plan, at: NotebookEnvironment) -> None:
        self._plan, self.at = plan, at
        self._folder: Path | None = None
        self.kernel = WorkingKernel(self._start, tuple(at.inputs))

    def resume(self, done: Sequence[Reply]) -> None:
        """Run what the replies of an earlier, interrupted command hold."""
        for reply in done:
            self.take(reply.step, reply.completion.text)

    def told(self, request: str) -> tuple[str, Observation] | None:
        """The next prompt with what the kernel holds before it, and what that is.

        None where the run's context tells nothing of it, or there is nothing to tell.
        """
        if not self._plan.context.observes or not self.kernel.accepted:
            return None
        seen = self.kernel.observe()
        longest = self._plan.context.observes
        shown = view.render(self._plan.view, seen, longest, request)
        return f"{shown}\n\n{request}" if shown else request, seen

    def watcher(
        self,
        kind: SteeringKind,
        told: Callable[[TakenBack], None] | None = None,
        wrong: WhatIsWrong | None = None,
        budget: Budget = Budget(),  # noqa: B008 - frozen
    ) -> Steering | None:
        """Who judges the next reply while it is written; None where nobody does.

        ``kind``: how the engine can be steered; ``told`` hears of each step back; ``wrong`` says
        what is wrong with what the cells made.
        """
        if not self._plan.help.steer or kind is SteeringKind.NONE:
            return None
        watcher = judge.of(self.kernel, kind, told, budget)
        return watcher if wrong is None else Correcting(watcher, wrong, told)

    def take(self, step: str, text: str) -> None:
        """Run the cells of a finished reply that nothing ran while it was written.

        A cell that fails leaves what it did, as in the notebook.
        """
        for cell in replies.cells_of(step, "", text):
            if cell.kind == "code":
                self.kernel.run(cell.source, stays=True)

    def made(self) -> dict[str, bytes]:
        """The files that the stage promises, as far as they are there now."""
        if self._folder is None:
            return {}
        collected = artifacts.collect(self._folder, self.at.stage.produces)
        return {one.name: blob for one, blob in collected if one.status == "collected"}

    def close(self) -> None:
        """End its kernel. Safe to call twice."""
        self.kernel.close()

    def _start(self) -> Session:
        self._folder = self.at.fresh()
        workspace = Workspace(folder=self._folder, inputs=self.at.inputs)
        executor = self.at.beside or self.at.executor
        session = executor.start(workspace, self.at.stage.limits)
        if self._plan.help.steer or self._plan.help.candidates > 1:
            executor.prepare(workspace, self.at.stage.limits)  # to go back to what was accepted
        return session
