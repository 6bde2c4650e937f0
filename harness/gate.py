"""Notebooks and the model take turns on the cores.

llama.cpp's threads wait for each other at every step, so one busy core beside them costs the model
far more than a core (docs/log.md). While a notebook runs, the model rests; notebooks run side by
side, one per core at most.
"""

from __future__ import annotations

import threading

from harness.ports import Engine, Executor, Session
from harness.records import CellOutcome, Limits, Workspace


class Gate:
    """An executor whose sessions hold an engine while they live."""

    def __init__(
        self, executor: Executor, engine: Engine, kernels: threading.BoundedSemaphore
    ) -> None:
        self._executor, self._engine, self._kernels = executor, engine, kernels
        self.sandbox = executor.sandbox

    def start(self, workspace: Workspace, limits: Limits) -> Session:
        """See ``harness.ports.Executor``; waits for a core."""
        self._kernels.acquire()
        self._engine.hold(on=True)
        try:
            return _Held(self._executor.start(workspace, limits), self)
        except BaseException:
            self.leave()
            raise

    def prepare(self, workspace: Workspace, limits: Limits) -> None:
        """See ``harness.ports.Executor``; only where a core is free, and the model rests."""
        if self._kernels.acquire(blocking=False):
            self._kernels.release()
            self._executor.prepare(workspace, limits)

    def close(self) -> None:
        """See ``harness.ports.Executor``."""
        self._executor.close()

    def leave(self) -> None:
        """A session ended."""
        self._engine.hold(on=False)
        self._kernels.release()


class _Held:
    """A session that leaves the gate when it is closed."""

    def __init__(self, session: Session, gate: Gate) -> None:
        self._session, self._gate = session, gate
        self._open = True

    def run(self, source: str) -> CellOutcome:
        """See ``harness.ports.Session``."""
        return self._session.run(source)

    def close(self) -> None:
        """See ``harness.ports.Session``."""
        try:
            self._session.close()
        finally:
            if self._open:
                self._open = False
                self._gate.leave()
