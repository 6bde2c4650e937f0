"""A runner that does the work in this process, one job after another: right for a single run."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from harness.errors import told
from harness.ports import OnWorkerEvent, WorkerEvent


class InlineRunner:
    """See ``harness.ports.Runner``. An interrupt reaches the work itself."""

    def __init__(self, work: Callable[[Any, Callable[[Any], None]], Any]) -> None:
        self._work = work

    def run(self, jobs: Sequence[Any], on_event: OnWorkerEvent) -> None:
        """See ``harness.ports.Runner``."""
        for number, job in enumerate(jobs):
            relay = _Relay(number, on_event)
            try:
                result = self._work(job, relay.event)
            except (KeyboardInterrupt, SystemExit):
                raise
            except BaseException as error:  # a panic of compiled code is no Exception
                if error is relay.failed:
                    raise  # of the caller's own hands, which it wants back
                on_event(WorkerEvent(number, 0, error=told(error)))
            else:
                on_event(WorkerEvent(number, 0, result=result))

    def close(self) -> None:
        """Nothing to end."""


class _Relay:
    """Hands a job's events on, and remembers where that failed."""

    def __init__(self, number: int, on_event: OnWorkerEvent) -> None:
        self._number, self._on_event = number, on_event
        self.failed: BaseException | None = None

    def event(self, event: Any) -> None:
        try:
            self._on_event(WorkerEvent(self._number, 0, event=event))
        except Exception as error:
            self.failed = error
            raise
