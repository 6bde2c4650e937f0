"""A runner that does the work in this process, one job after another; for tests and debugging."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any

from harness.ports import WorkerEvent


class InlineRunner:
    """See ``harness.ports.Runner``. Events arrive in a heap when a job is done."""

    def __init__(self, work: Callable[[Any, Callable[[Any], None]], Any]) -> None:
        self._work = work

    def run(self, jobs: Sequence[Any]) -> Iterator[WorkerEvent]:
        """See ``harness.ports.Runner``."""
        for number, job in enumerate(jobs):
            events: list[Any] = []
            try:
                result = self._work(job, events.append)
            except Exception as error:
                yield from (WorkerEvent(number, 0, event=event) for event in events)
                yield WorkerEvent(number, 0, error=error)
                continue
            yield from (WorkerEvent(number, 0, event=event) for event in events)
            yield WorkerEvent(number, 0, result=result)

    def close(self) -> None:
        """Nothing to end."""
