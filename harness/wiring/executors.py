"""The safest executor that holds on this machine; never a weaker one by itself."""

from __future__ import annotations

import functools
import shutil
import threading
from typing import TYPE_CHECKING

from harness import files
from harness.errors import SandboxError

if TYPE_CHECKING:
    from harness.ports import Executor

_trying = threading.Lock()


def executor(*, unsafe: bool, kernels: threading.BoundedSemaphore | None = None) -> Executor:
    """The safest executor that holds here. Raises SandboxError; never downgrades by itself.

    ``kernels``: shared by executors of which only so many sessions may run at a time.
    """
    from harness.notebooks import jupyter  # noqa: F401 - first, so that nbclient is quick to import

    # isort: split
    from harness.executors import sandbox
    from harness.executors.kernels import KernelExecutor
    from harness.executors.limited import LimitedExecutor

    problem = None if unsafe else sandbox_problem()
    if problem is not None:
        raise SandboxError(f"generated code cannot be run safely: {problem}", sandbox.INSTALL_HINT)
    safest = KernelExecutor(sandbox.NONE if unsafe else sandbox.BWRAP)
    return safest if kernels is None else LimitedExecutor(safest, kernels)


def beside(executor: Executor) -> Executor:
    """The same for kernels that wait for a model between their cells."""
    from harness.executors.limited import LimitedExecutor

    return executor.beside() if isinstance(executor, LimitedExecutor) else executor


def sandbox_problem() -> str | None:
    """One line saying why the sandbox does not hold on this machine, or None where it does.

    Once it held it is not tried again: a batch asks for every run, from several threads, beside a
    model that would have to wait.
    """
    try:
        with _trying:
            _try_sandbox()
    except SandboxError as error:
        return error.message
    return None


@functools.cache  # which keeps no exceptions: what did not hold is tried again
def _try_sandbox() -> None:
    from harness.executors import sandbox

    if shutil.which("bwrap") is None:
        raise SandboxError("bubblewrap is not installed")
    with files.Scratch() as scratch:
        problem = sandbox.probe(sandbox.BWRAP, scratch)
    if problem is not None:
        raise SandboxError(problem)
