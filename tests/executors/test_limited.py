"""Notebooks run side by side up to a number, and always let go."""

from __future__ import annotations

import threading
from pathlib import Path

import pytest

from harness.errors import SandboxError
from harness.executors.limited import LimitedExecutor
from harness.records import CellOutcome, CellStatus, Limits, Workspace

AT = Workspace(folder=Path("/nowhere"))


class Executor:
    """Sessions that do nothing; ``broken`` ones do not start, or do not close."""

    sandbox = "none"

    def __init__(self, broken: str = "") -> None:
        self.broken = broken
        self.prepared: list[Workspace] = []

    def start(self, workspace: Workspace, limits: Limits) -> Executor:
        if self.broken == "start":
            raise SandboxError("no")
        return self

    def prepare(self, workspace: Workspace, limits: Limits) -> None:
        self.prepared.append(workspace)

    def run(self, source: str) -> CellOutcome:
        return CellOutcome(status=CellStatus.OK)

    def ask(self, program: str, question: object, seconds: float) -> object | None:
        return None

    def close(self) -> None:
        if self.broken == "close":
            raise SandboxError("no")


def test_a_session_closed_twice_lets_go_once() -> None:
    kernels = threading.BoundedSemaphore(2)
    gate = LimitedExecutor(Executor(), kernels)
    one, two = gate.start(AT, Limits()), gate.start(AT, Limits())
    assert not kernels.acquire(blocking=False)
    assert one.run("1").status is CellStatus.OK
    one.close()
    one.close()
    assert kernels.acquire(blocking=False)
    assert not kernels.acquire(blocking=False)
    two.close()


@pytest.mark.parametrize("broken", ["start", "close"])
def test_what_fails_lets_go_too(broken: str) -> None:
    kernels = threading.BoundedSemaphore(1)
    gate = LimitedExecutor(Executor(broken), kernels)
    with pytest.raises(SandboxError):
        gate.start(AT, Limits()).close()
    assert kernels.acquire(blocking=False)


def test_one_more_than_there_are_cores_waits() -> None:
    gate = LimitedExecutor(Executor(), threading.BoundedSemaphore(1))
    first = gate.start(AT, Limits())
    second = threading.Thread(target=lambda: gate.start(AT, Limits()).close())
    second.start()
    second.join(0.2)
    assert second.is_alive()
    first.close()
    second.join(5)
    assert not second.is_alive()


def test_a_kernel_is_prepared_only_where_a_core_is_free() -> None:
    executor = Executor()
    gate = LimitedExecutor(executor, threading.BoundedSemaphore(2))
    first = gate.start(AT, Limits())
    gate.prepare(AT, Limits())
    second = gate.start(AT, Limits())
    gate.prepare(AT, Limits())
    assert executor.prepared == [AT]
    first.close()
    second.close()


def test_a_kernel_beside_the_writing_holds_no_core_while_it_waits() -> None:
    kernels = threading.BoundedSemaphore(1)
    gate = LimitedExecutor(Executor(), kernels)
    one, two = gate.beside().start(AT, Limits()), gate.beside().start(AT, Limits())
    assert one.run("1").status is CellStatus.OK
    notebook = gate.start(AT, Limits())  # none of the two keeps it from running
    waiting = threading.Thread(target=lambda: two.run("1"))
    waiting.start()
    waiting.join(0.2)
    assert waiting.is_alive()
    assert two.ask("", None, 1) is None  # which takes no core
    notebook.close()
    waiting.join(5)
    assert not waiting.is_alive()
    one.close()
    two.close()
    assert kernels.acquire(blocking=False)
