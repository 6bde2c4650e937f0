"""Steering on a problem: its set-up runs in a kernel, and so does each statement of the reply.

What is run and looked at is what the prompt itself tells, its examples included; tests and
references are not at hand. A completion is no notebook's reply yet: it is judged as the rest of a
code cell.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from types import MappingProxyType
from typing import NamedTuple

from harness import files
from harness.ports import Executor, Session
from harness.records import Limits, SteeringKind, StepBack, Workspace
from harness.steering import judge
from harness.steering.correcting import Correcting
from harness.steering.judge import Judge
from harness.steering.kernel import WorkingKernel
from harness.suites.problems import Problem, Style
from harness.suites.shown import Shown

FENCE = "```python\n"
LIMITS = Limits(cell_seconds=20, stage_seconds=600, memory_mb=4096)


class Desk(NamedTuple):
    """Where kernels for replies are started: ``folder`` holds a work folder for each."""

    executor: Executor
    folder: Path
    style: Style
    kind: SteeringKind

    def watch(self, problem: Problem, seed: int) -> SteeredProblem | Unwatched:
        """The watcher of one reply to a problem, with a kernel of its own.

        Where the set-up does not run there, it says nothing: names would be missing to it that the
        reply may count on.
        """
        name = files.text_digest(f"{problem.id} {seed}")[:16]

        def start() -> Session:
            work = files.fresh(self.folder / name)
            return self.executor.start(Workspace(folder=work), LIMITS)

        kernel = WorkingKernel(start)
        if problem.setup.strip() and not kernel.run(problem.setup, stays=True).ok:
            kernel.close()
            return Unwatched()
        watcher, before = judge.of(kernel, self.kind), opening(problem, self.style)
        told = _told(problem, self.style)
        if not (told.examples or told.leaves):
            return SteeredProblem(watcher, before, [kernel])
        corrected = Correcting(watcher, Shown(told, kernel), first=len(before))
        return SteeredProblem(corrected, before, [kernel])


def _told(problem: Problem, style: Style) -> Problem:
    """The problem with what a kernel can be asked: in a chat, nothing opens a function."""
    is_open = style == "completion" or problem.whole or not problem.opening
    return problem if is_open else problem.model_copy(update={"leaves": ()})


def opening(problem: Problem, style: Style) -> str:
    """What stands before a reply, so that it is what a notebook would make a code cell of."""
    return FENCE + problem.opening if style == "completion" else ""


class Unwatched:
    """A Watcher that says nothing."""

    told: Mapping[str, float] = MappingProxyType({"unwatched": 1})

    def look(self, text: str, *, ended: bool) -> StepBack | None:
        """See ``harness.ports.Watcher``."""

    def close(self) -> None:
        """It holds nothing."""


class SteeredProblem:
    """A Watcher of the reply to one problem, whose places are those of the reply."""

    def __init__(
        self, judge: Judge | Correcting, before: str = "", kernels: Sequence[WorkingKernel] = ()
    ) -> None:
        self._judge, self._before, self._kernels = judge, before, kernels

    @property
    def told(self) -> dict[str, float]:
        """What came of it, in numbers."""
        steered = self._judge.steered
        return {
            "steps_back": len(steered.taken_back),
            "characters_back": sum(len(one.text) for one in steered.taken_back),
            "left": len(steered.left),
            "statements": steered.statements,
            "seconds": steered.seconds,
            "fired": sum(one.fired for one in steered.guards),
            "false_alarms": sum(one.false_alarms for one in steered.guards),
        }

    def look(self, text: str, *, ended: bool) -> StepBack | None:
        """See ``harness.ports.Watcher``. What stands before the reply is not taken back."""
        back = self._judge.look(self._before + text, ended=ended)
        if back is None or back.keep < len(self._before):
            return None
        reject = None if back.reject is None else back.reject - len(self._before)
        return back.model_copy(update={"keep": back.keep - len(self._before), "reject": reject})

    def close(self) -> None:
        """End its kernel."""
        for kernel in self._kernels:
            kernel.close()
