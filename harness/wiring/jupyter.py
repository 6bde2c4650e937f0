"""The sandbox as one of the kernels that Jupyter offers, and Jupyter itself, if it is here."""

from __future__ import annotations

import importlib.util
import json
import shutil
import sys
from pathlib import Path

from harness import files
from harness.errors import HarnessError
from harness.records import Limits, Workspace
from harness.wiring.executors import sandbox_problem

KERNEL = "harness-sandbox"
DISPLAY_NAME = "Python (harness sandbox)"
# As modules of this environment, or as commands on the path: the newest interface first.
INTERFACES = (("jupyterlab", "jupyter-lab"), ("notebook", "jupyter-notebook"))


def install_kernel() -> Path:
    """Write the kernel spec into the user's own Jupyter folder; returns its folder.

    Raises StoreError. https://jupyter-client.readthedocs.io/en/stable/kernels.html#kernel-specs
    """
    from jupyter_core.paths import jupyter_data_dir

    folder = Path(jupyter_data_dir()) / "kernels" / KERNEL
    spec = {
        "argv": [sys.executable, "-m", "harness.cli.kernel", "{connection_file}"],
        "display_name": DISPLAY_NAME,
        "language": "python",
        "interrupt_mode": "message",  # a signal would end the sandbox, not the cell
    }
    blob = (json.dumps(spec, indent=1) + "\n").encode()
    path = folder / "kernel.json"
    if not path.is_file() or path.read_bytes() != blob:
        files.write_atomic(path, blob)
    return folder


def interface() -> list[str] | None:
    """The command that opens a notebook in a browser, or None where no Jupyter is installed."""
    for module, command in INTERFACES:
        if importlib.util.find_spec(module) is not None:
            return [sys.executable, "-m", module]
        found = shutil.which(command)
        if found is not None:
            return [found]
    return None


def serve_kernel(workspace: Workspace, limits: Limits, connection: Path) -> None:
    """Run a sandboxed kernel for Jupyter until it ends.

    Raises SandboxError where it cannot, HarnessError where a limit ended it.
    """
    from harness.errors import SandboxError
    from harness.executors import sandbox, served

    problem = sandbox_problem()
    if problem is not None:
        raise SandboxError(f"the kernel cannot run safely: {problem}", sandbox.INSTALL_HINT)
    reason = served.serve(sandbox.BWRAP, workspace, limits, sys.executable, connection)
    if reason is not None:
        raise HarnessError(f"the kernel was stopped: {reason}", "Start it again in Jupyter")
