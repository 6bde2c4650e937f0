"""Sandbox levels: what surrounds a kernel, as a command line in front of it.

Level 3 (``bwrap``) promises that only the work folder is writable, that the host's files,
environment, processes and network are out of reach, and that everything dies with the run. It does
not promise anything against kernel exploits or side channels. Level 0 (``none``) limits resources
only, and is used solely when a person asked for it.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

from harness.errors import SandboxError
from harness.executors import syscalls
from harness.records import Limits, Record, Workspace

UNPRIVILEGED = 65534  # nobody
INSIDE = Path("/workspace")  # where the work folder appears in the sandbox
READABLE_ETC = ("ld.so.cache", "localtime", "fonts", "mime.types", "os-release")
HOST_KEYS = ("/proc/keys", "/proc/key-users")
FILTER_DESCRIPTOR = 9  # of the shell's: one digit
TMPFS_BYTES = 512 << 20
PROBE_SECONDS = 20
INSTALL_HINT = (
    "Install bubblewrap (sudo apt-get install bubblewrap), or pass --unsafe-no-sandbox to run "
    "generated code with your own rights"
)

# Run inside the probe: each line is a promise of the level, checked from within.
PROBE = """
import ctypes, errno, os, socket, sys
assert os.getuid() == {uid}, "runs with the wrong uid"
assert not os.path.exists({canary!r}), "a host file is visible"
assert "HARNESS_PROBE" not in os.environ, "the host's environment leaks"
try:
    environ = open("/proc/1/environ", "rb").read()
except PermissionError:
    environ = b""
assert b"HARNESS_PROBE" not in environ, "the host's environment leaks through /proc"
for folder in ("/usr", "/", "/dev"):
    try:
        open(folder + "/harness-probe", "w")
    except OSError:
        continue
    raise AssertionError(folder + " is writable")
probe = socket.socket()
probe.settimeout(1)
assert probe.connect_ex(("192.0.2.1", 9)) != 0, "the network is reachable"
try:
    socket.socket(38, socket.SOCK_SEQPACKET)  # AF_ALG: as good as any that is not for networks
except OSError as error:
    assert error.errno == errno.EAFNOSUPPORT, "system calls are not filtered"
else:
    raise AssertionError("system calls are not filtered")
libc = ctypes.CDLL(None, use_errno=True)
libc.syscall({keyctl}, 6, ctypes.c_int(-3), None, 0)  # KEYCTL_DESCRIBE of the session's keyring
assert ctypes.get_errno() == errno.EPERM, "the host's keys are reachable"
open("here", "w").close()
"""


class Sandbox(Record):
    """A level, by number and name."""

    level: int
    name: str

    def __str__(self) -> str:
        return f"{self.level} {self.name}"


BWRAP = Sandbox(level=3, name="bwrap")
NONE = Sandbox(level=0, name="none")


def clean_environment(home: Path) -> dict[str, str]:
    """All that generated code learns of the environment; nothing is inherited."""
    return {
        "PATH": f"{Path(sys.prefix) / 'bin'}:/usr/bin:/bin",
        "HOME": str(home),
        "TMPDIR": "/tmp",  # noqa: S108 - the sandbox's own tmpfs
        "LANG": "C.UTF-8",
        "IPYTHONDIR": str(home / ".ipython"),
        "JUPYTER_PLATFORM_DIRS": "1",
        "MPLCONFIGDIR": str(home / ".matplotlib"),
        "PYTHONDONTWRITEBYTECODE": "1",
        "PYTHONHASHSEED": "0",
        # Threads that spin while they wait stand still when a neighbour needs the core.
        "OMP_WAIT_POLICY": "PASSIVE",
        # The limit on memory counts addresses that are only reserved, as Arrow's own allocator does
        # by the gigabyte and malloc for each thread.
        "ARROW_DEFAULT_MEMORY_POOL": "system",
        "MALLOC_ARENA_MAX": "2",
    }


def resource_limits(limits: Limits) -> list[str]:
    """``prlimit`` in front of a command: memory, file size and processes, and no core dumps."""
    prlimit = shutil.which("prlimit")
    if prlimit is None:
        raise SandboxError("prlimit was not found", "Install util-linux")
    return [
        prlimit,
        f"--as={limits.memory_mb << 20}",
        f"--fsize={limits.disk_mb << 20}",
        f"--nproc={limits.processes}",
        "--nofile=1024",
        "--core=0",
        "--",
    ]


def wrap(
    sandbox: Sandbox, command: Sequence[str], workspace: Workspace, runtime: Path, limits: Limits
) -> list[str]:
    """The full command line that runs ``command`` at this level.

    ``runtime`` is a short-named folder shared with the kernel (connection file and sockets).
    Changes the owner of ``workspace.folder`` and ``runtime`` where this process is root.
    """
    limited = [*resource_limits(limits), *command]
    if sandbox == NONE:
        setpriv = shutil.which("setpriv")  # it shall not outlive who watches it
        return [setpriv, "--pdeathsig", "KILL", *limited] if setpriv else limited
    bwrap = shutil.which("bwrap")
    if bwrap is None:
        raise SandboxError("bubblewrap was not found", INSTALL_HINT)
    mounts = _mounts(workspace, runtime)
    refusals = runtime / "refusals"
    refusals.write_bytes(syscalls.filter_for(syscalls.convention()))
    filtered = ["--seccomp", str(FILTER_DESCRIPTOR)]
    opening = ["/bin/sh", "-c", f'exec "$@" {FILTER_DESCRIPTOR}<"$0"', str(refusals)]
    namespaces = ["--unshare-pid", "--unshare-net", "--unshare-ipc", "--unshare-uts"]
    ending = ["--die-with-parent", "--hostname", "sandbox"]
    if os.geteuid() != 0:
        user = ["--unshare-user", "--disable-userns", "--uid", str(UNPRIVILEGED)]
        user += ["--gid", str(UNPRIVILEGED), "--cap-drop", "ALL", "--chdir", str(INSIDE)]
        return [*opening, bwrap, *user, *namespaces, *ending, *mounts, *filtered, "--", *limited]
    outer = [*opening, bwrap, *_as_root(namespaces, ending, mounts)]
    return [*outer, *_drop_privileges(bwrap), *filtered, "--", *limited]


def _as_root(namespaces: list[str], ending: list[str], mounts: list[str]) -> list[str]:
    # Without a drop, root keeps every capability inside and can remount the host writable.
    kept = ["CAP_SETUID", "CAP_SETGID", "CAP_SETPCAP"]
    capabilities = ["--cap-drop", "ALL"] + [arg for cap in kept for arg in ("--cap-add", cap)]
    # Not yet nobody, and no longer able to enter nobody's folder: the inner bwrap does that.
    return [*namespaces, *ending, *capabilities, "--chdir", "/", *mounts, "--"]


def _drop_privileges(bwrap: str) -> list[str]:
    # Root's uid still reads root's files in any bind, and escapes RLIMIT_NPROC: become nobody.
    setpriv = shutil.which("setpriv")
    if setpriv is None:
        raise SandboxError("setpriv was not found", "Install util-linux")
    who = [f"--reuid={UNPRIVILEGED}", f"--regid={UNPRIVILEGED}", "--clear-groups"]
    nothing = ["--bounding-set=-all", "--inh-caps=-all", "--no-new-privs"]
    inner = ["--dev-bind", "/", "/", "--unshare-user", "--disable-userns", "--cap-drop", "ALL"]
    inner += ["--die-with-parent", "--chdir", str(INSIDE)]
    return [setpriv, *who, *nothing, bwrap, *inner]


def _mounts(workspace: Workspace, runtime: Path) -> list[str]:
    """An allow-list root: system and interpreter read-only, work and runtime folder writable."""
    hand_over(workspace.folder)
    hand_over(runtime)
    passwd = runtime / "passwd"
    passwd.write_text(f"nobody:x:{UNPRIVILEGED}:{UNPRIVILEGED}:nobody:/tmp:/usr/sbin/nologin\n")
    passwd.chmod(0o444)
    size = ["--size", str(TMPFS_BYTES)]
    args = ["--proc", "/proc", *_hidden(), "--dev", "/dev"]
    args += [*size, "--perms", "1777", "--tmpfs", "/dev/shm"]  # noqa: S108 - joblib needs it
    args += [*size, "--perms", "1777", "--tmpfs", "/tmp"]  # noqa: S108
    made: set[Path] = {Path("/"), Path("/tmp")}  # noqa: S108
    for name in ("/usr", "/bin", "/sbin", "/lib", "/lib32", "/lib64"):
        args += _system_folder(Path(name))
    for prefix in sorted({Path(sys.prefix), Path(sys.base_prefix)}):
        if not prefix.is_relative_to("/usr"):
            args += [*_parents(prefix, made), "--ro-bind", str(prefix), str(prefix)]
    args += ["--perms", "0755", "--dir", "/etc", "--ro-bind", str(passwd), "/etc/passwd"]
    for name in READABLE_ETC:
        args += ["--ro-bind-try", f"/etc/{name}", f"/etc/{name}"]
    args += [*_parents(runtime, made), "--bind", str(runtime), str(runtime)]
    args += ["--bind", str(workspace.folder), str(INSIDE)]
    for name, source in workspace.inputs.items():
        args += ["--ro-bind", str(_readable(source, runtime)), str(INSIDE / name)]
    # bubblewrap's /dev is a tmpfs as large as half the memory, and an ordinary user owns it inside.
    return [*args, "--remount-ro", "/dev", "--remount-ro", "/"]


def _hidden() -> list[str]:
    """What /proc tells of the whole machine: the names of keys, whose owner nobody may be."""
    listed = [path for path in HOST_KEYS if Path(path).exists()]
    return [arg for path in listed for arg in ("--ro-bind", os.devnull, path)]


def _system_folder(path: Path) -> list[str]:
    if path.is_symlink():
        return ["--symlink", str(path.readlink()), str(path)]
    return ["--ro-bind", str(path), str(path)] if path.is_dir() else []


def _parents(path: Path, made: set[Path]) -> list[str]:
    # bwrap makes missing parents of a bind 0700, which nobody could pass.
    args = []
    for parent in reversed(path.parents):
        if parent not in made:
            made.add(parent)
            args += ["--perms", "0755", "--dir", str(parent)]
    return args


def hand_over(path: Path) -> None:
    """Make it the unprivileged user's, where this process is root and the sandbox is not."""
    if os.geteuid() == 0:
        os.chown(path, UNPRIVILEGED, UNPRIVILEGED)


def _readable(source: Path, runtime: Path) -> Path:
    """``source`` itself where nobody can read it, else a copy that nobody can."""
    if os.geteuid() != 0 or source.stat().st_mode & 0o004:
        return source
    copy = runtime / f"input-{source.name}"
    shutil.copyfile(source, copy)
    copy.chmod(0o444)
    return copy


def probe(sandbox: Sandbox, scratch: Path) -> str | None:
    """Run a command at this level and check its promises from inside.

    Returns None where they hold, else one line saying what does not. ``scratch`` is an empty
    folder; the probe leaves a file in it.
    """
    folder, runtime = scratch / "work", scratch / "run"
    folder.mkdir()
    runtime.mkdir()
    canary = scratch / "canary"
    canary.write_text("host")
    expected = UNPRIVILEGED if sandbox == BWRAP else os.getuid()
    environment = clean_environment(Path("/tmp"))  # noqa: S108
    try:
        keyctl = syscalls.convention().refused["keyctl"]
        code = PROBE.format(uid=expected, canary=str(canary), keyctl=keyctl)
        command = wrap(
            sandbox, [sys.executable, "-c", code], Workspace(folder=folder), runtime, Limits()
        )
        done = subprocess.run(
            command,
            env=environment,
            capture_output=True,
            timeout=PROBE_SECONDS,
            check=False,
        )
    except SandboxError as error:
        return str(error)
    except (OSError, subprocess.TimeoutExpired) as error:
        return f"bubblewrap could not be run: {error}"
    if done.returncode == 0 and (folder / "here").exists():
        return None
    lines = done.stderr.decode(errors="replace").strip().splitlines() or ["no output"]
    return f"bubblewrap does not hold here: {lines[-1]}"
