"""What is told of a batch while it is done: what became of each run, and what happens meanwhile."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

from harness.batch.matrix import Planned
from harness.batch.worker import ReporterCall
from harness.errors import HarnessError
from harness.records import Run


class Ended(NamedTuple):
    """What became of one run: a record, or the reason why there is none."""

    planned: Planned
    run: Run | None
    error: HarnessError | None = None


class BatchEvent(NamedTuple):
    """Something to show: an event of a worker, what became of a run, or why it goes on elsewhere.

    ``written``: its replies are there, and its notebook comes later. ``left``: what of its folders
    could not be removed.
    """

    worker: int
    planned: Planned
    call: ReporterCall | None = None
    ended: Ended | None = None
    lost: str | None = None
    left: str | None = None
    written: bool = False


OnEvent = Callable[[BatchEvent], None]
