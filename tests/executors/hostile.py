"""Runs hostile cells as another user would: a process of its own plays the host.

As a program it reads a job from standard input: a folder, and sessions of a few cells each. It
has what a host has (secrets in its environment, in its keyrings, behind an open descriptor;
sockets that answer; processes), runs each session in the sandbox, and writes what became of them
as JSON.
"""

from __future__ import annotations

import contextlib
import ctypes
import json
import os
import socket
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import psutil

from harness.executors.kernels import KernelExecutor
from harness.executors.sandbox import BWRAP, probe
from harness.executors.syscalls import convention
from harness.records import CellOutcome, Limits, Workspace

ORDINARY = 54321  # a user id that nobody has
SECONDS = 200


def played(job: dict[str, Any], *, ordinary: bool) -> dict[str, Any]:
    """Run a job in a process of its own, where ``ordinary`` as a user without any rights.

    Its folder is ``job["folder"]``, which is handed over to that user.
    """
    folder = Path(job["folder"])
    done = run_as([sys.executable, __file__], folder, ordinary=ordinary, given=json.dumps(job))
    assert done.returncode == 0, done.stderr
    result: dict[str, Any] = json.loads(done.stdout)
    return result


def run_as(
    command: list[str], folder: Path, *, ordinary: bool, given: str = "", **env: str
) -> subprocess.CompletedProcess[str]:
    """Run a command in ``folder``, where ``ordinary`` as a user without any rights but to it."""
    if ordinary:
        for path in (folder, *folder.rglob("*")):
            os.chown(path, ORDINARY, ORDINARY)
        command = [*_visible(), *_unprivileged(), *command]
    path = os.pathsep.join(str(Path(__file__).parents[at]) for at in (2, 1))
    return subprocess.run(
        command,
        input=given,
        env={"PATH": os.environ["PATH"], "PYTHONPATH": path, "HOME": str(folder), **env},
        cwd=folder,
        capture_output=True,
        text=True,
        timeout=SECONDS,
        check=False,
    )


def _unprivileged() -> list[str]:
    who = [f"--reuid={ORDINARY}", f"--regid={ORDINARY}", "--clear-groups"]
    return ["setpriv", *who, "--bounding-set=-all", "--inh-caps=-all"]


def _visible() -> list[str]:
    """In front of a command: the interpreter is within reach of everyone, wherever it lies."""
    shown, covered = ["bwrap", "--die-with-parent", "--dev-bind", "/", "/"], set[Path]()
    for prefix in {Path(sys.prefix), Path(sys.base_prefix), Path(__file__).parents[2]}:
        closed = [one for one in reversed(prefix.parents) if not one.stat().st_mode & 0o001]
        if not closed:
            continue
        if closed[0] not in covered:
            shown += ["--perms", "0755", "--tmpfs", str(closed[0])]
            covered.add(closed[0])
        for parent in reversed(prefix.parents):
            if closed[0] in parent.parents:
                shown += ["--perms", "0755", "--dir", str(parent)]
        shown += ["--ro-bind", str(prefix), str(prefix)]
    return shown


def main() -> None:
    job = json.loads(sys.stdin.read())
    folder = Path(job["folder"])
    with _host(folder) as facts:
        facts["probe"] = probe(BWRAP, _made(folder / "probe"))
        facts["sessions"] = {
            name: _session(folder / name, session) for name, session in job["sessions"].items()
        }
        facts["left in the keyrings"] = [
            keyring for keyring in KEYRINGS if _key("search", keyring, b"left-by-a-cell") > 0
        ]
    json.dump(facts, sys.stdout)


def _session(folder: Path, session: dict[str, Any]) -> dict[str, Any]:
    table = folder.with_suffix(".csv")
    table.write_text(f"a\n{_serial(KEYRINGS[1])}\n")  # which a cell could find out by trying
    workspace = Workspace(folder=_made(folder), inputs={"table.csv": table})
    before = _below()
    opened = KernelExecutor(BWRAP).start(workspace, Limits(**session["limits"]))
    try:
        outcomes = [_plain(opened.run(cell)) for cell in session["cells"]]
    finally:
        opened.close()
    left = [one for one in psutil.Process().children(recursive=True) if one.pid not in before]
    _, alive = psutil.wait_procs(left, timeout=5)
    return {
        "outcomes": outcomes,
        "alive": [" ".join(one.cmdline()) for one in alive],
        "runtime": opened._runtime.exists(),
        "modes": {
            str(path.relative_to(folder)): path.lstat().st_mode & 0o7777
            for path in [folder, *folder.glob("*"), *folder.glob("*/*/*")][:20]
        },
    }


def _plain(outcome: CellOutcome) -> dict[str, Any]:
    text = "".join(one.get("text", "") for one in outcome.outputs)
    return {
        "status": str(outcome.status),
        "error": outcome.error,
        "message": outcome.message,
        "reason": outcome.reason or "",
        "seconds": outcome.seconds,
        "text": text,
    }


def _below() -> set[int]:
    return {one.pid for one in psutil.Process().children(recursive=True)}


def _made(folder: Path) -> Path:
    folder.mkdir()
    return folder


# What a host has that a cell would like to have.


@contextlib.contextmanager
def _host(folder: Path) -> Any:
    os.environ["HOST_SECRET"] = "in the environment"
    secret = folder / "secret"
    secret.write_text("in a file")
    descriptor = os.open(secret, os.O_RDONLY)
    os.set_inheritable(descriptor, True)
    _own_keyring()
    for keyring in KEYRINGS:
        _key("add", keyring, b"host-secret")
    with _listening(str(folder / "socket")), _listening("\0harness-hostile-" + folder.name):
        yield {"started": time.time()}
    os.close(descriptor)


def _listening(address: str) -> socket.socket:
    made = socket.socket(socket.AF_UNIX)
    made.bind(address)
    made.listen()
    return made


KEYRINGS = (-3, -4)  # of this session, of this user
libc = ctypes.CDLL(None, use_errno=True)


def _own_keyring() -> None:
    # So that nothing of this is left in the keyring of whoever runs the tests.
    libc.syscall(convention().refused["keyctl"], 1, None)


def _serial(keyring: int) -> int:
    return int(libc.syscall(convention().refused["keyctl"], 0, ctypes.c_int(keyring), 0))


def _key(what: str, keyring: int, name: bytes) -> int:
    where = ctypes.c_int(keyring)
    if what == "add":
        return int(
            libc.syscall(convention().refused["add_key"], b"user", name, b"hidden", 6, where)
        )
    return int(libc.syscall(convention().refused["keyctl"], 10, where, b"user", name, 0))


if __name__ == "__main__":
    main()
