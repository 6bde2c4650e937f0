"""What is left to do of a run: the one place that decides, for one run and for many."""

from __future__ import annotations

from collections.abc import Sequence
from enum import StrEnum
from typing import NamedTuple

from harness.project import stages
from harness.records import Execution, Fix, Run
from harness.runs import attempts, patching
from harness.runs.plans import Plan


class Remaining(StrEnum):
    """The first thing that is left; what stands behind it follows from it.

    ``execute``: all replies are there, and the raw notebook has to run. ``repair``: the model is to
    be asked again for what fails in it. ``patch``: the fixes are
    others than those that were applied. ``check``: the artifacts have to be judged again.
    """

    WRITE = "write"
    EXECUTE = "execute"
    REPAIR = "repair"
    PATCH = "patch"
    CHECK = "check"
    NOTHING = "nothing"


class RunState(NamedTuple):
    """A run as it stands: its plan, its record so far, the fixes it is to have, what is left.

    Without ``series``, fixes are left as they are.
    """

    plan: Plan
    run: Run | None
    series: tuple[Fix, ...] | None
    left: Remaining


def remaining(plan: Plan, run: Run | None, replies: int, series: Sequence[Fix] | None) -> Remaining:
    """What is left of ``plan`` where ``run`` is its record and so many ``replies`` are stored.

    Without ``series``, fixes are left as they are.
    """
    if run is None or replies < len(plan.stage.steps):
        return Remaining.WRITE
    reads_others = [one.sha256 for one in run.needs] != [one.sha256 for one in plan.needs]
    limits = stages.limits_digest(plan.stage)
    if run.raw is None or reads_others or is_other(run.raw.limits_sha256, limits):
        return Remaining.EXECUTE
    if plan.help.repair and not attempts.is_current(run):
        return Remaining.REPAIR
    if series is not None and not patching.is_current(run, series):
        return Remaining.PATCH
    if any(is_judged_otherwise(done, plan) for done in run.executions.values()):
        return Remaining.CHECK
    return Remaining.NOTHING


def is_judged_otherwise(done: Execution, plan: Plan) -> bool:
    """Whether the checks are others than those that judged it."""
    return is_other(done.checks_sha256, stages.checks_digest(plan.stage, plan.dataset))


def is_other(recorded: str | None, now: str) -> bool:
    """Whether a digest is another one now; one that was never recorded is not."""
    return recorded is not None and recorded != now
