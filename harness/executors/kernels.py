"""Kernels at one sandbox level, one of them started before it is asked for."""

from __future__ import annotations

import contextlib
import shutil
import sys
import threading

from harness.errors import SandboxError
from harness.executors.sandbox import NONE, Sandbox
from harness.executors.session import KernelSession
from harness.records import Limits, Workspace

# What a kernel in reserve has read already. Only what cannot show in what a cell does: none of
# these makes a name appear in another package that code could lean on (docs/decisions/0018).
AHEAD = ("numpy", "pandas", "matplotlib", "sklearn")


class KernelExecutor:
    """See ``harness.ports.Executor``. Starting a kernel takes a second; one in reserve, none."""

    def __init__(self, sandbox: Sandbox, python: str = sys.executable) -> None:
        self.sandbox = sandbox
        self._python = python
        self._reserve: _Reserve | None = None

    def start(self, workspace: Workspace, limits: Limits) -> KernelSession:
        """A fresh kernel in ``workspace``, from the reserve where it holds one like it.

        Raises SandboxError where it does not come up.
        """
        reserve = self._reserve
        if reserve is not None and reserve.is_for(workspace, limits):
            self._reserve = None
            session = reserve.take()
            if session is not None:
                return session
        return KernelSession(self.sandbox, workspace, limits, self._python)

    def prepare(self, workspace: Workspace, limits: Limits) -> None:
        """See ``harness.ports.Executor``. Without a sandbox, a kernel knows its folder by name."""
        if self.sandbox != NONE and self._reserve is None:
            self._reserve = _Reserve(self.sandbox, workspace, limits, self._python)

    def close(self) -> None:
        """End the kernel in reserve."""
        reserve, self._reserve = self._reserve, None
        if reserve is not None:
            reserve.discard()


class _Reserve:
    """A kernel for a workspace to come, in a folder that takes the workspace's place."""

    def __init__(self, sandbox: Sandbox, workspace: Workspace, limits: Limits, python: str) -> None:
        self._wanted, self._limits = workspace, limits
        self._folder = workspace.folder.with_name(f"{workspace.folder.name}.next")
        self._session: KernelSession | None = None
        self._thread = threading.Thread(
            target=self._start, args=(sandbox, python), name="kernel in reserve"
        )
        self._thread.start()

    def _start(self, sandbox: Sandbox, python: str) -> None:
        # Whatever is wrong, the kernel that is started in its stead says it to someone.
        with contextlib.suppress(SandboxError, OSError):
            shutil.rmtree(self._folder, ignore_errors=True)
            self._folder.mkdir()
            workspace = self._wanted.model_copy(update={"folder": self._folder})
            self._session = KernelSession(sandbox, workspace, self._limits, python, AHEAD)

    def is_for(self, workspace: Workspace, limits: Limits) -> bool:
        """Whether it is what is asked for; a check asks for another kernel in between."""
        return (workspace, limits) == (self._wanted, self._limits)

    def take(self) -> KernelSession | None:
        """The kernel, in the workspace it was made for; None where there is none, or it died."""
        self._thread.join()
        folder = self._wanted.folder
        if self._session is not None and self._session.is_alive():
            with contextlib.suppress(OSError):
                folder.rmdir()
                # The sandbox holds the folder itself, not its name.
                self._folder.rename(folder)
                self._session.adopt(self._wanted)
                return self._session
        self.discard()
        folder.mkdir(exist_ok=True)
        return None

    def discard(self) -> None:
        """End it and remove its folder."""
        self._thread.join()
        if self._session is not None:
            self._session.close()
        shutil.rmtree(self._folder, ignore_errors=True)
