"""Kernels at one sandbox level, one of them started before it is asked for."""

from __future__ import annotations

import contextlib
import sys
from concurrent.futures import Future, ThreadPoolExecutor

from harness import files
from harness.executors.sandbox import NONE, Sandbox
from harness.executors.session import KernelSession
from harness.records import Limits, Workspace

# What a kernel in reserve has read already. Only what cannot show in what a cell does: none of
# these makes a name appear in another package that code could lean on (docs/decisions/0018).
AHEAD = ("numpy", "pandas", "matplotlib", "sklearn")


class KernelExecutor:
    """See ``harness.ports.Executor``. Starting a kernel takes half a second and its imports
    one more; one in reserve takes none.
    """

    def __init__(self, sandbox: Sandbox, python: str = sys.executable) -> None:
        self.sandbox = sandbox
        self._python = python
        self._reserves: list[_Reserve] = []
        # One at a time, so that a core is left to what runs.
        self._starting = ThreadPoolExecutor(1, "kernel in reserve")

    def start(self, workspace: Workspace, limits: Limits) -> KernelSession:
        """A fresh kernel in ``workspace``, from the reserve where it holds one like it.

        Raises SandboxError where it does not come up.
        """
        for reserve in self._reserves:
            if (reserve.workspace, reserve.limits) == (workspace, limits):
                session = reserve.take()
                self._reserves.remove(reserve)  # only now: an interrupt leaves it to close()
                if session is not None:
                    return session
                break
        return KernelSession(self.sandbox, workspace, limits, self._python)

    def prepare(self, workspace: Workspace, limits: Limits) -> None:
        """See ``harness.ports.Executor``. Without a sandbox, a kernel knows its folder by name."""
        held = any(one.workspace.folder == workspace.folder for one in self._reserves)
        if self.sandbox != NONE and not held:
            reserve = _Reserve(self.sandbox, workspace, limits, self._python)
            reserve.session = self._starting.submit(reserve.start)
            self._reserves.append(reserve)

    def close(self) -> None:
        """End the kernels in reserve."""
        while self._reserves:
            self._reserves.pop().discard()


class _Reserve:
    """A kernel for a workspace to come, in a folder that takes the workspace's place."""

    session: Future[KernelSession | None]

    def __init__(self, sandbox: Sandbox, workspace: Workspace, limits: Limits, python: str) -> None:
        self.workspace, self.limits = workspace, limits
        self._sandbox, self._python = sandbox, python
        self._folder = workspace.folder.with_name(f"{workspace.folder.name}.next")

    def start(self) -> KernelSession | None:
        """The kernel. None where it does not start; who starts one in its stead is told why."""
        with contextlib.suppress(Exception):
            files.fresh(self._folder)
            workspace = self.workspace.model_copy(update={"folder": self._folder})
            return KernelSession(self._sandbox, workspace, self.limits, self._python, AHEAD)
        return None

    def take(self) -> KernelSession | None:
        """The kernel, in the workspace it was made for; None where there is none, or it died."""
        if self.session.cancel():
            return None  # its turn has not come
        session, folder = self.session.result(), self.workspace.folder
        if session is not None and session.is_alive():
            with contextlib.suppress(OSError):
                folder.rmdir()
                # The sandbox holds the folder itself, not its name.
                self._folder.rename(folder)
                session.adopt(self.workspace)
                return session
        self.discard()
        folder.mkdir(exist_ok=True)
        return None

    def discard(self) -> None:
        """End it and remove its folder."""
        if not self.session.cancel():
            session = self.session.result()
            if session is not None:
                session.close()
        files.clear(self._folder)
