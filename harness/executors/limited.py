"""Notebooks run side by side, one per core at most.

Beside one busy core a model writes at half its speed (decision 0017), so none runs while it writes
(see ``batch``), but for kernels whose cells the writing itself waits for: ``BesideExecutor``.
"""

from __future__ import annotations

import threading
from collections.abc import Mapping
from typing import Any

from harness.ports import Executor, Session
from harness.records import CellOutcome, Limits, Workspace


class LimitedExecutor:
    """An executor that lets so many sessions live at a time; ``kernels`` is shared by all of it."""

    def __init__(self, executor: Executor, kernels: threading.BoundedSemaphore) -> None:
        self._executor, self._kernels = executor, kernels
        self.sandbox = executor.sandbox

    def start(self, workspace: Workspace, limits: Limits) -> Session:
        """See ``harness.ports.Executor``; waits for a core."""
        self._kernels.acquire()
        try:
            return _Held(self._executor.start(workspace, limits), self._kernels)
        except BaseException:
            self._kernels.release()
            raise

    def prepare(self, workspace: Workspace, limits: Limits) -> None:
        """See ``harness.ports.Executor``; only where a core is free."""
        if self._kernels.acquire(blocking=False):
            self._kernels.release()
            self._executor.prepare(workspace, limits)

    def close(self) -> None:
        """See ``harness.ports.Executor``."""
        self._executor.close()

    def beside(self) -> BesideExecutor:
        """For kernels that mostly wait for a model."""
        return BesideExecutor(self, self._executor, self._kernels)


class BesideExecutor:
    """An executor whose sessions hold a core only while a cell runs.

    They wait for a model between cells, and a model waits for them: with a core for its whole life
    each, as many as there are cores would keep all notebooks from running. They are held by no
    one that waits for a core himself, so that they never wait for each other in a circle.
    """

    def __init__(
        self, limited: LimitedExecutor, executor: Executor, kernels: threading.BoundedSemaphore
    ) -> None:
        self._limited, self._executor, self._kernels = limited, executor, kernels
        self.sandbox = executor.sandbox

    def start(self, workspace: Workspace, limits: Limits) -> Session:
        """See ``harness.ports.Executor``; waits for no core."""
        return _Sharing(self._executor.start(workspace, limits), self._kernels)

    def prepare(self, workspace: Workspace, limits: Limits) -> None:
        """See ``harness.ports.Executor``; only where a core is free."""
        self._limited.prepare(workspace, limits)

    def close(self) -> None:
        """Nothing: it is the other's to close."""


class _Sharing:
    """A session that waits at the gate with every cell."""

    def __init__(self, session: Session, kernels: threading.BoundedSemaphore) -> None:
        self._session, self._kernels = session, kernels

    def run(self, source: str) -> CellOutcome:
        """See ``harness.ports.Session``."""
        with self._kernels:
            return self._session.run(source)

    def updated(self) -> Mapping[int, tuple[dict[str, Any], ...]]:
        """See ``harness.ports.Session``."""
        return self._session.updated()

    def ask(self, program: str, question: object, seconds: float) -> object | None:
        """See ``harness.ports.Session``; it takes too little to wait for."""
        return self._session.ask(program, question, seconds)

    def close(self) -> None:
        """See ``harness.ports.Session``."""
        self._session.close()


class _Held:
    """A session that leaves the gate when it is closed."""

    def __init__(self, session: Session, kernels: threading.BoundedSemaphore) -> None:
        self._session, self._kernels = session, kernels
        self._open = True

    def run(self, source: str) -> CellOutcome:
        """See ``harness.ports.Session``."""
        return self._session.run(source)

    def updated(self) -> Mapping[int, tuple[dict[str, Any], ...]]:
        """See ``harness.ports.Session``."""
        return self._session.updated()

    def ask(self, program: str, question: object, seconds: float) -> object | None:
        """See ``harness.ports.Session``."""
        return self._session.ask(program, question, seconds)

    def close(self) -> None:
        """See ``harness.ports.Session``."""
        try:
            self._session.close()
        finally:
            if self._open:
                self._open = False
                self._kernels.release()
