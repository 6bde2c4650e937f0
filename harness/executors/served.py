"""A sandboxed kernel for a Jupyter that a person started: bytes pass, and nothing else does.

Jupyter starts a program and speaks to it over TCP ports of this machine. The kernel has no network,
so it listens on sockets in a folder that it shares with the harness, and what arrives on one side
is passed to the other. Neither side reads or signs anything here.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import math
import os
from asyncio import StreamReader, StreamWriter
from collections.abc import Awaitable, Callable
from pathlib import Path
from subprocess import DEVNULL
from typing import Any

from harness import files
from harness.errors import SandboxError
from harness.executors import limits as watched
from harness.executors import modes, relay
from harness.executors.provisioner import below, gone, kernel_spec
from harness.executors.sandbox import Sandbox, hand_over
from harness.records import Limits, Workspace

# Of a connection file; see "Connection files" in jupyter_client's documentation.
CHANNELS = ("shell_port", "iopub_port", "stdin_port", "control_port", "hb_port")
CHUNK = 1 << 16  # bytes
START_SECONDS = 60
RETRY_SECONDS = 0.05


def serve(
    sandbox: Sandbox, workspace: Workspace, limits: Limits, python: str, connection: Path
) -> str | None:
    """Run one kernel until it ends; ``connection`` is the file that Jupyter wrote for it.

    Memory, disk and processes are limited; time is not, since a person is watching. Returns which
    limit ended it, or None. Raises SandboxError where it cannot be started.
    """
    try:
        wanted = json.loads(connection.read_text())
        ports = {name: int(wanted[name]) for name in CHANNELS}
        address = str(wanted["ip"])
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise SandboxError(
            f"{connection} is no connection file ({type(error).__name__})",
            "Let Jupyter start this kernel",
        ) from error
    with files.Scratch() as folder:
        runtime = folder / "r"  # which becomes the sandbox's user's
        runtime.mkdir()
        inside = {**wanted, **{name: at for at, name in enumerate(CHANNELS, 1)}}
        inside |= {"transport": "ipc", "ip": str(runtime / "k")}
        (runtime / "kernel.json").write_text(json.dumps(inside))
        command, environment = _command(sandbox, workspace, runtime, limits, python)
        return asyncio.run(
            _serve(command, environment, runtime, (address, ports), workspace, limits)
        )


def _command(
    sandbox: Sandbox, workspace: Workspace, runtime: Path, limits: Limits, python: str
) -> tuple[list[str], dict[str, str]]:
    spec = kernel_spec(sandbox, workspace, runtime, limits, python)
    config = spec.metadata["kernel_provisioner"]["config"]
    for name in config["shared"]:
        hand_over(Path(name))
    file = str(runtime / "kernel.json")
    arguments = [part.replace("{connection_file}", file) for part in spec.argv]
    return [*config["wrap"], *arguments], dict(config["env"])


async def _serve(
    command: list[str],
    environment: dict[str, str],
    runtime: Path,
    at: tuple[str, dict[str, int]],
    workspace: Workspace,
    limits: Limits,
) -> str | None:
    address, ports = at
    kernel = await asyncio.create_subprocess_exec(
        *command, env=environment, stdin=DEVNULL, stdout=DEVNULL, stderr=DEVNULL
    )
    servers = [
        await asyncio.start_server(_passing(runtime / f"k-{inside}"), address, ports[name])
        for inside, name in enumerate(CHANNELS, 1)
    ]
    watch = asyncio.ensure_future(
        watched.until_exceeded(
            kernel.pid, (workspace.folder, runtime), limits, math.inf, lambda: False
        )
    )
    ended = asyncio.ensure_future(kernel.wait())
    try:
        await asyncio.wait({watch, ended}, return_when=asyncio.FIRST_COMPLETED)
        return watch.result().reason if watch.done() else None
    finally:
        watch.cancel()
        for server in servers:
            server.close()
        started = below(kernel.pid)
        with contextlib.suppress(ProcessLookupError):
            kernel.kill()
        await ended
        await gone(started)
        modes.strip(workspace.folder)


def _passing(socket: Path) -> Callable[[StreamReader, StreamWriter], Awaitable[None]]:
    """What to do with a connection: one of its own to ``socket``, and bytes both ways."""

    async def handle(reader: StreamReader, writer: StreamWriter) -> None:
        try:
            inner = await asyncio.wait_for(_connect(socket), START_SECONDS)
        except (OSError, TimeoutError, SandboxError):
            writer.close()
            return
        both = [_copy(reader, inner[1]), _copy(inner[0], writer)]
        tasks = [asyncio.ensure_future(one) for one in both]
        await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        for side in (writer, inner[1]):
            side.close()

    return handle


async def _connect(path: Path) -> tuple[StreamReader, StreamWriter]:
    """A connection to the kernel's socket, once it is there; no link is followed."""
    folder = os.open(path.parent, os.O_PATH | os.O_DIRECTORY | os.O_NOFOLLOW)
    try:
        while (kernel := await relay.connect(folder, path.name)) is None:
            await asyncio.sleep(RETRY_SECONDS)
    finally:
        os.close(folder)
    return await asyncio.open_unix_connection(sock=kernel)


async def _copy(source: StreamReader, target: Any) -> None:
    with contextlib.suppress(OSError):
        while block := await source.read(CHUNK):
            target.write(block)
            await target.drain()
