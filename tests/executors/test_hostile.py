"""The hostile cases of docs/sandbox.md, as root (where the tests run as root) and as anyone else.

What is refused is tried in one kernel, cell after cell. What ends its kernel has one of its own.
"""

from __future__ import annotations

import fcntl
import json
import os
import re
import sys
import tempfile
from pathlib import Path
from typing import Any

import pytest
from hostile import played, run_as

from harness import files
from harness.executors.syscalls import convention
from harness.project import scaffold

PAGE = Path(__file__).parents[2] / "docs/sandbox.md"
USERS = ("root", "ordinary user") if os.geteuid() == 0 else ("ordinary user",)
LIMITS = {"cell_seconds": 15, "stage_seconds": 90, "memory_mb": 1000, "disk_mb": 24}
CALLS = {**convention().refused, "socket": convention().socket}
CALL = f"""
import ctypes, os
numbers = {CALLS}
libc = ctypes.CDLL(None, use_errno=True)
def call(name, *args):
    answer = libc.syscall(numbers[name], *args)
    if answer < 0:
        raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()))
    return answer
"""

# Case in the docs -> (a cell that tries it, the error it gets; "" where its own assertion decides).
REFUSED = {
    "reading the host's files": ("open('/etc/shadow')", "FileNotFoundError"),
    "reading a home folder": (f"open({str(Path.home())!r} + '/.bashrc')", "FileNotFoundError"),
    "reading the host's environment": (
        "import glob, os\nassert 'HOST_SECRET' not in os.environ\n"
        "for path in glob.glob('/proc/*/environ'):\n  try:\n    text = open(path).read()\n"
        "  except OSError:\n    continue\n  assert 'HOST_SECRET' not in text",
        "",
    ),
    "seeing the host's processes": (
        "import os; assert len([p for p in os.listdir('/proc') if p.isdigit()]) < 10",
        "",
    ),
    "writing to the system": ("open('/usr/evil', 'w')", "OSError"),
    "writing to the root folder": ("open('/evil', 'w')", "OSError"),
    "writing to `/dev`": ("open('/dev/evil', 'w')", "OSError"),
    "changing the table": ("import os; os.chmod('table.csv', 0o666)", "OSError"),
    "replacing the table": ("import os; os.rename('table.csv', 'old')", "OSError"),
    "connecting to the network": (
        "import socket; socket.create_connection(('192.0.2.1', 80), 2)",
        "OSError",
    ),
    "connecting to the host's own ports": (
        "import socket; socket.create_connection(('127.0.0.1', 22), 2)",
        "ConnectionRefusedError",
    ),
    "a socket that knows no network namespace (vsock)": (
        "import socket; socket.socket(socket.AF_VSOCK, socket.SOCK_STREAM)",
        "OSError",
    ),
    "connecting to a socket file of the host": (
        "import socket; socket.socket(socket.AF_UNIX).connect({folder!r} + '/socket')",
        "FileNotFoundError",
    ),
    "connecting to an abstract socket of the host": (
        "import socket\nname = '\\0harness-hostile-' + {name!r}\n"
        "socket.socket(socket.AF_UNIX).connect(name)",
        "ConnectionRefusedError",
    ),
    "a descriptor that the host left open": (
        "import os\nfor one in os.listdir('/proc/self/fd'):\n"
        "  try:\n    where = os.readlink('/proc/self/fd/' + one)\n  except OSError:\n    continue\n"
        "  assert 'secret' not in where and 'refusals' not in where, where",
        "",
    ),
    "the terminal (`/dev/tty`)": ("open('/dev/tty')", "OSError"),
    "becoming root": ("import os; os.setuid(0)", "OSError"),
    "a user namespace of its own": (
        "if libc.unshare(0x10000000): raise OSError(ctypes.get_errno(), '')", "OSError",
    ),
    "reading a key of the host's session": (
        "call('keyctl', 10, ctypes.c_int(-3), b'user', b'host-secret', 0)",
        "PermissionError",
    ),
    "taking the user's keyring by its number": (
        "number = int(open('table.csv').readlines()[1])\n"
        "call('keyctl', 8, number, ctypes.c_int(-3))",
        "PermissionError",
    ),
    "leaving a key behind": (
        "for ring in (-3, -4):\n  try:\n"
        "    call('add_key', b'user', b'left-by-a-cell', b'x', 1, ctypes.c_int(ring))\n"
        "  except OSError:\n    continue\n  raise AssertionError(ring)",
        "",
    ),
    "the names of the host's keys": ("open('/proc/keys').read()", "PermissionError"),
    "the kernel's log": ("call('syslog', 3, ctypes.create_string_buffer(9), 9)", "PermissionError"),
    "System V shared memory": ("call('shmget', 0, 1 << 20, 0o1600)", "PermissionError"),
    "`io_uring`": ("call('io_uring_setup', 1, bytes(120))", "PermissionError"),
    "`bpf`": ("call('bpf', 0, bytes(120), 120)", "PermissionError"),
    "calls in another convention (x32)": (
        "assert libc.syscall(numbers['keyctl'] + 0x40000000, 0, -3, 0) == -1\n"
        "raise OSError(ctypes.get_errno(), '')",
        "OSError",
    ),
}  # fmt: skip

MEMORY = "held more than 1000 MB of memory"
DISK = "wrote more than 24 MB"
FILES = "made more than 20,000 files"
WAIT = "\nimport time; time.sleep(30)"
DAEMON = """
import os, time
if os.fork() == 0:
    os.setsid()
    if os.fork() == 0:
        time.sleep(1000)
    os._exit(0)
"""
RUNTIME = "import os\nfrom ipykernel.connect import get_connection_file\n"
RUNTIME += "folder = os.path.dirname(get_connection_file())\n"

# Case in the docs -> (a cell that tries it, the status it gets, words of the reason for it).
ENDED = {
    "memory in files without a name (memfd)": (
        "import os\nheld = [os.memfd_create('m') for _ in range(80)]\n"
        "for one in held:\n  for _ in range(20): os.write(one, b'\\1' * (1 << 20))" + WAIT,
        "killed", MEMORY,
    ),
    "shared memory that is let go of": (
        "import mmap, os, time\nfor _ in range(8):\n  if os.fork() == 0:\n"
        "    held = mmap.mmap(-1, 180 << 20)\n"
        "    for at in range(180):\n      held[at << 20:(at + 1) << 20] = b'\\1' * (1 << 20)\n"
        "      held.madvise(mmap.MADV_DONTNEED)\n    time.sleep(30)" + WAIT,
        "killed", MEMORY,
    ),
    "filling `/tmp` and `/dev/shm`": (
        "import os, time\nfor folder in ('/tmp', '/dev/shm'):\n  for name in range(25):\n"
        "    open(f'{folder}/{name}', 'wb').write(b'\\1' * (20 << 20))\n"
        "for _ in range(2):\n  if os.fork() == 0:\n"
        "    held = bytearray(b'\\1') * (150 << 20)\n    time.sleep(30)" + WAIT,
        "killed", MEMORY,
    ),
    "memory sent over a socket and not received": (
        "import os, socket\nhere, there = socket.socketpair()\nfor _ in range(40):\n"
        "  one = os.memfd_create('m')\n  os.write(one, b'\\1' * (20 << 20))\n"
        "  socket.send_fds(here, [b'x'], [one])\n  os.close(one)" + WAIT,
        "killed", "waiting in a socket",
    ),
    "memory in the queues of sockets": (
        "import os, socket, time\nfor _ in range(8):\n  if os.fork() == 0:\n"
        "    held = []\n    for _ in range(400):\n      held += socket.socketpair()\n"
        "      held[-1].setblocking(False)\n      try:\n"
        "        while held[-1].send(bytes(65536)): pass\n      except OSError: pass\n"
        "    time.sleep(30)" + WAIT,
        "killed", MEMORY,
    ),
    "many processes that hold memory": (
        "import os, time\nfor _ in range(6):\n  if os.fork() == 0:\n"
        "    held = bytearray(b'\\1') * (300 << 20)\n    time.sleep(30)" + WAIT,
        "killed", MEMORY,
    ),
    "filling the working folder": (
        "for name in range(6): open(str(name), 'wb').write(b'\\1' * (8 << 20))" + WAIT,
        "killed", DISK,
    ),
    "files on disk that are deleted and held open": (
        "import os\nheld = []\nfor name in range(6):\n  held.append(open('held', 'wb'))\n"
        "  os.unlink('held')\n  held[-1].write(b'\\1' * (8 << 20))\n  held[-1].flush()" + WAIT,
        "killed", DISK,
    ),
    "filling the folder of the sockets": (
        RUNTIME + "for name in range(6):\n"
        "  open(f'{folder}/{name}', 'wb').write(b'\\1' * (8 << 20))" + WAIT,
        "killed", DISK,
    ),
    "too many files": (
        RUNTIME + "for number in range(21):\n"
        "  inside = f'{(folder, \".\")[number % 2]}/{number}'; os.mkdir(inside)\n"
        "  open(f'{inside}/0', 'w').close()\n"
        "  for name in range(1, 1000): os.link(f'{inside}/0', f'{inside}/{name}')" + WAIT,
        "killed", FILES,
    ),
    "a fork bomb": (
        "import os\nwhile True:\n  try: os.fork()\n  except OSError: pass", "timeout|killed", "",
    ),
    "a kernel that stops itself (SIGSTOP)": (
        "import os, signal; os.kill(os.getpid(), signal.SIGSTOP)", "timeout", "over its limit",
    ),
    "killing every process": (
        "import os\ntry: os.kill(-1, 9)\nexcept OSError: pass\nos.kill(os.getpid(), 9)",
        "killed", "died",
    ),
    "closing every descriptor": ("import os; os.closerange(3, 1024)", "timeout|killed", ""),
    "a daemon after setsid": (DAEMON, "ok", ""),
    "folders in folders, 3,000 deep": (
        "import os\nfor _ in range(3000): os.mkdir('d'); os.chdir('d')\nos.chdir('/workspace')",
        "ok", "",
    ),
    "a setuid program": (
        "import os\nopen('evil', 'w').close(); os.chmod('evil', 0o6755)\n"
        "os.makedirs('closed/in'); open('closed/in/evil', 'w').close()\n"
        "os.chmod('closed/in/evil', 0o4755); os.chmod('closed', 0)",
        "ok", "",
    ),
}  # fmt: skip
SHORT = {"a fork bomb", "a kernel that stops itself (SIGSTOP)", "closing every descriptor"}


def _job(folder: Path) -> dict[str, Any]:
    filled = [
        source.replace("{folder!r}", repr(str(folder))).replace("{name!r}", repr(folder.name))
        for source, _ in REFUSED.values()
    ]
    sessions = {"refused": {"limits": LIMITS, "cells": [CALL, *filled]}}
    for number, (case, (source, *_)) in enumerate(ENDED.items()):
        seconds = 2 if case in SHORT else 40
        kept = {**LIMITS, "cell_seconds": seconds, "processes": 100}
        sessions[str(number)] = {"limits": kept, "cells": [source]}
    return {"folder": str(folder), "sessions": sessions}


@pytest.fixture(scope="module", params=USERS)
def host(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> dict[str, Any]:
    """What became of every case, tried by one user in one process; workers of pytest share it."""
    ordinary = request.param != "root" and os.geteuid() == 0
    shared = tmp_path_factory.getbasetemp()
    shared = shared.parent if "PYTEST_XDIST_WORKER" in os.environ else shared
    known = shared / f"hostile-{request.param}.json"
    with known.with_suffix(".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not known.exists():
            folder = Path(tempfile.mkdtemp(prefix="hostile-"))  # where an ordinary user can go
            try:
                known.write_text(json.dumps(played(_job(folder), ordinary=ordinary)))
            finally:
                files.clear(folder)
    result: dict[str, Any] = json.loads(known.read_text())
    return result


def test_the_probe_finds_every_promise_kept(host: dict[str, Any]) -> None:
    assert host["probe"] is None


@pytest.mark.parametrize("case", REFUSED)
def test_what_is_refused(host: dict[str, Any], case: str) -> None:
    place = 1 + list(REFUSED).index(case)
    got, error = host["sessions"]["refused"]["outcomes"][place], REFUSED[case][1]
    assert (got["status"], got["error"]) == (("error", error) if error else ("ok", None)), got


@pytest.mark.parametrize("case", ENDED)
def test_what_is_ended(host: dict[str, Any], case: str) -> None:
    _, status, words = ENDED[case]
    session = host["sessions"][str(list(ENDED).index(case))]
    [got] = session["outcomes"]
    assert re.fullmatch(status, got["status"]), got
    assert words in got["reason"]
    assert session["alive"] == []
    assert not session["runtime"]


def test_no_key_is_left_behind(host: dict[str, Any]) -> None:
    assert host["left in the keyrings"] == []


def test_no_mode_that_lends_rights_outlives_its_run(host: dict[str, Any]) -> None:
    modes = host["sessions"][str(list(ENDED).index("a setuid program"))]["modes"]
    assert (modes["evil"], modes["closed"], modes["closed/in/evil"]) == (0o755, 0o700, 0o755)


def test_read_only_generated_is_one_line() -> None:
    folder = Path(tempfile.mkdtemp(prefix="hostile-"))
    try:
        scaffold.write(folder / "project")
        (folder / "script.json").write_text('["```python\\n1\\n```"]')
        with (folder / "project/models.toml").open("a") as models:
            models.write('\n[models.script]\nscript = "../script.json"\n')
        (folder / "project/generated").chmod(0o555)
        command = [sys.executable, "-m", "harness", "generate", "--stage", "eda"]
        command += ["--model", "script", "--project", "project"]
        before = sorted((folder / "project/generated").iterdir())
        ordinary = os.geteuid() == 0  # whom no mode stops
        done = run_as(command, folder, ordinary=ordinary, HARNESS_CACHE=str(folder / "cache"))
        assert done.returncode == 1, done
        assert "Traceback" not in done.stderr + done.stdout
        assert "cannot be written (Permission denied)" in done.stderr
        assert done.stderr.count("\n") == 1
        assert sorted((folder / "project/generated").iterdir()) == before
    finally:
        files.clear(folder)


def test_the_page_has_a_row_for_every_case() -> None:
    rows = [
        [cell.strip() for cell in line.strip("| ").split("|")]
        for line in PAGE.read_text().splitlines()
        if line.startswith("| ") and "`test_" in line
    ]
    named = {case: tests for case, *_, tests in rows}
    for cases, test in ((REFUSED, "test_what_is_refused"), (ENDED, "test_what_is_ended")):
        assert [case for case in named if f"`{test}`" in named[case]] == list(cases)
    tests = "\n".join(path.read_text() for path in PAGE.parents[1].glob("tests/**/test_*.py"))
    for row in rows:
        assert len(row) == 5, row
        for name in re.findall(r"`(test_\w+)`", row[-1]):
            assert f"def {name}(" in tests, name
