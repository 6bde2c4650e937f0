"""What a run ran on: facts for the record."""

from __future__ import annotations

import importlib.metadata
import os
import platform
import re
import subprocess
from pathlib import Path

import psutil

from harness import __version__

DISTRIBUTION = "notebook-harness"
READERS = ("openpyxl", "pyarrow")  # which pandas reads tables with; no workflow imports them itself


def facts() -> dict[str, str | int]:
    """Operating system, processor, cores, memory in bytes, Python. Nothing that names a person."""
    return {
        "system": f"{platform.system()} {platform.release()}",
        "processor": _processor(),
        "cores": psutil.cpu_count(logical=False) or os.cpu_count() or 1,
        "memory": psutil.virtual_memory().total,
        "python": platform.python_version(),
    }


def workflow_packages() -> dict[str, str]:
    """Installed versions of what generated code may import: the ``workflow`` extra.

    Without ``READERS``, which pandas finds by itself.
    """
    versions = {}
    for requirement in importlib.metadata.requires(DISTRIBUTION) or []:
        if "workflow" in requirement.partition(";")[2]:
            match = re.match(r"[A-Za-z0-9._-]+", requirement)
            name = match.group() if match else requirement
            if name not in READERS and (version := _installed(name)):
                versions[name] = version
    return dict(sorted(versions.items()))


def engine_packages() -> dict[str, str]:
    """Versions of what makes and runs a notebook, and of what reads its tables."""
    names = ("llama-cpp-python", "nbclient", "ipykernel", "jupyter-client", *READERS)
    return {name: version for name in names if (version := _installed(name))}


def _installed(name: str) -> str | None:
    try:
        return importlib.metadata.version(name)
    except importlib.metadata.PackageNotFoundError:
        return None


def code_revision() -> str | None:
    """The commit of the harness's own source, with ``-dirty``; None outside a checkout."""
    try:
        done = subprocess.run(
            ["git", "describe", "--always", "--dirty", "--abbrev=12"],
            cwd=Path(__file__).parent,
            capture_output=True,
            text=True,
            timeout=10,
            check=True,
        )
    except (OSError, subprocess.SubprocessError):
        return None
    return done.stdout.strip() or None


def version() -> str:
    """The harness's own version."""
    return __version__


def _processor() -> str:
    try:
        for line in Path("/proc/cpuinfo").read_text().splitlines():
            if line.startswith("model name"):
                return line.partition(":")[2].strip()
    except OSError:
        pass
    return platform.processor() or platform.machine()
