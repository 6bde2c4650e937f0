"""A jupyter_client kernel provisioner that starts its kernel inside a sandbox.

Registered as the entry point ``harness-sandbox``, so a kernel spec can name it.
"""

from __future__ import annotations

import asyncio
import contextlib
import shutil
import time
from collections.abc import Sequence
from pathlib import Path
from subprocess import DEVNULL
from typing import Any

import psutil
from jupyter_client.connect import KernelConnectionInfo
from jupyter_client.kernelspec import KernelSpec, KernelSpecManager
from jupyter_client.provisioning.local_provisioner import LocalProvisioner
from traitlets import Dict, List, Unicode

from harness.executors import asking, sandbox
from harness.records import Limits, Workspace

KERNEL_NAME = "harness"
GONE_SECONDS = 5.0  # what is killed is gone within milliseconds, beside busy neighbours later
# By itself the kernel throws outputs away, and says nothing, where a thousand of them wait to be
# read. They are its own memory, which is limited. Run in a namespace that no cell sees.
KEEP_OUTPUTS = (
    "exec('from ipykernel.kernelapp import IPKernelApp\\n"
    "thread = IPKernelApp.instance().iopub_thread\\n"
    'thread.schedule(lambda: setattr(thread.socket, "sndhwm", 0))\', {})'
)


class SandboxProvisioner(LocalProvisioner):
    """Runs the kernel command it is given with ``wrap`` around it and ``env`` as all it inherits.

    ``shared`` names files that must belong to the unprivileged user before the kernel starts.
    """

    wrap = List(Unicode(), config=True)
    env = Dict(config=True)
    shared = List(Unicode(), config=True)

    async def pre_launch(self, **kwargs: Any) -> dict[str, Any]:
        """Replace the environment wholesale, and keep the kernel off the user's terminal."""
        prepared: dict[str, Any] = await super().pre_launch(**kwargs)
        # jupyter_client's launcher adds this variable after us; inside a pid namespace the number
        # belongs to nobody, and a kernel that polls it ends itself.
        prepared["cmd"] = ["/usr/bin/env", "-u", "JPY_PARENT_PID", *self.wrap, *prepared["cmd"]]
        prepared["env"] = dict(self.env)
        prepared |= {"stdin": DEVNULL, "stdout": DEVNULL, "stderr": DEVNULL}
        return prepared

    async def launch_kernel(self, cmd: list[str], **kwargs: Any) -> KernelConnectionInfo:
        """Hand the connection file over to the unprivileged user, then start."""
        for name in self.shared:
            sandbox.hand_over(Path(name))
        return await super().launch_kernel(cmd, **kwargs)

    async def kill(self, restart: bool = False) -> None:
        """End the kernel and all it started, and wait for it: its folder is nobody's from here."""
        started = below(self.pid or 0)
        await super().kill(restart)
        await gone(started)


def below(pid: int) -> list[psutil.Process]:
    """All that a process started and that lives."""
    with contextlib.suppress(psutil.Error):
        return list(psutil.Process(pid).children(recursive=True)) if pid else []
    return []


async def gone(processes: Sequence[psutil.Process]) -> None:
    """End processes, and wait until they are; they need not be of one group, nor our children."""
    for one in processes:
        with contextlib.suppress(psutil.Error):
            one.kill()
    until = time.monotonic() + GONE_SECONDS
    while any(_lives(one) for one in processes) and time.monotonic() < until:
        await asyncio.sleep(0.005)


def _lives(one: psutil.Process) -> bool:
    with contextlib.suppress(psutil.Error):
        return bool(one.is_running() and one.status() != psutil.STATUS_ZOMBIE)
    return False


class OneSpec(KernelSpecManager):
    """Knows exactly one kernel spec; what is installed on the machine is not consulted."""

    def __init__(self, spec: KernelSpec) -> None:
        super().__init__()
        self._spec = spec

    def get_kernel_spec(self, kernel_name: str) -> KernelSpec:
        """The one spec, whatever the name."""
        return self._spec


def kernel_spec(
    level: sandbox.Sandbox,
    workspace: Workspace,
    runtime: Path,
    limits: Limits,
    python: str,
    ahead: Sequence[str] = (),
) -> KernelSpec:
    """A spec whose kernel runs at ``level``; its connection file is ``runtime/kernel.json``.

    ``ahead`` are modules to import at its start, into a namespace that no cell sees.
    """
    command = [python, "-m", "ipykernel_launcher", "-f", "{connection_file}"]
    command += ["--HistoryManager.enabled=False"]
    command += [f"--IPKernelApp.exec_lines={KEEP_OUTPUTS}"]
    command += [f"--IPKernelApp.exec_lines={asking.opening()}"]
    command += [f"--IPKernelApp.exec_lines=exec('import {name}', {{}})" for name in ahead]
    if level == sandbox.NONE:
        home, shared = workspace.folder, []
        for name, source in workspace.inputs.items():
            target = workspace.folder / name
            target.unlink(missing_ok=True)
            shutil.copyfile(source, target)
            target.chmod(0o444)
    else:
        home, shared = Path("/tmp"), [str(runtime / "kernel.json")]  # noqa: S108
    config = {
        "wrap": sandbox.wrap(level, [], workspace, runtime, limits),
        "env": sandbox.clean_environment(home),
        "shared": shared,
    }
    return KernelSpec(
        argv=command,
        display_name="harness",
        language="python",
        interrupt_mode="message",  # a signal would end bwrap, not the cell
        metadata={"kernel_provisioner": {"provisioner_name": "harness-sandbox", "config": config}},
    )
