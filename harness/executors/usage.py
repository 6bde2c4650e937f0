"""What the processes of a sandbox hold, whether they map it or not.

Beside its own pages a process can hold memory in files that have no name (memfd), in shared memory
that it has let go of for a while, and in the sandbox's own file systems in memory. A file on disk
that was deleted while it is open takes room in no folder. All of it is found in /proc, from
outside, as root and as an ordinary user. What waits in a socket is not told: it counts as full.
"""

from __future__ import annotations

import contextlib
import functools
import os
import stat
from collections.abc import Iterable, Iterator
from pathlib import Path

import psutil

from harness.records import Record

PROC = Path("/proc")
OWN_PAGES = ("RssAnon:", "VmSwap:", "VmPTE:", "HugetlbPages:")  # lines of /proc/PID/status, in kB
FILE_SYSTEMS = ("tmp", "dev/shm")  # in memory; at these places in a sandbox
ENTRY_BYTES = 1024  # of the kernel's memory, for each file of a file system in memory
MEMFD = "/memfd:"

Identity = tuple[int, int]
"""Of a file: device and inode."""


class Held(Record):
    """What a family of processes holds.

    ``memory`` and ``nameless``, files on disk that are in no folder, are in bytes. ``in_flight``:
    open files that were sent over a socket and are not received, so that nobody sees their size.
    """

    memory: int
    nameless: int
    in_flight: int = 0


def held_by(pid: int, *, exact: bool = False) -> Held:
    """What a process and all below it hold now; a file that two of them hold counts once.

    Pages that a process shares with what it forked count for each, until one of them writes to
    them; ``exact`` counts them once, and takes milliseconds for each process.
    """
    memory = nameless = in_flight = 0
    maps: dict[Identity, int] = {}
    seen: set[Identity] = set()
    family = _family(pid)
    for one in family:
        memory += _own_pages(one, exact=exact)
        for where, size in _mapped(one):
            maps[where] = max(size, maps.get(where, 0))
    file_systems = dict(_file_systems(family))
    for descriptor, facts in _open_files(family):
        where = (facts.st_dev, facts.st_ino)
        if where in seen or facts.st_dev in file_systems:
            continue  # the size of its file system says it all
        seen.add(where)
        if stat.S_ISSOCK(facts.st_mode):
            memory += _queue_bytes()
            in_flight += _in_flight(descriptor)
        elif stat.S_ISREG(facts.st_mode) and facts.st_nlink == 0:
            maps.pop(where, None)  # its blocks are known, not only its size
            if _is_memory(descriptor, facts):
                memory += facts.st_blocks * 512
            else:
                nameless += facts.st_blocks * 512
    memory += sum(maps.values()) + sum(file_systems.values())
    return Held(memory=memory, nameless=nameless, in_flight=in_flight)


def _family(pid: int) -> list[int]:
    try:
        below = psutil.Process(pid).children(recursive=True)
    except psutil.Error:
        return []
    return [pid, *(one.pid for one in below)]


def _own_pages(pid: int, *, exact: bool) -> int:
    with contextlib.suppress(OSError):
        counted = _lines(pid, "status", OWN_PAGES)
        if exact:
            shares = _lines(pid, "smaps_rollup", ("Pss_Anon:",))
            counted["RssAnon:"] = shares.get("Pss_Anon:", counted.get("RssAnon:", 0))
        return sum(counted.values())
    return 0  # it has ended


def _lines(pid: int, file: str, names: tuple[str, ...]) -> dict[str, int]:
    """Sizes of a file in /proc/PID, in bytes."""
    text = (PROC / str(pid) / file).read_bytes().decode(errors="replace")
    lines = [line.split() for line in text.splitlines() if line.startswith(names)]
    return {fields[0]: int(fields[1]) << 10 for fields in lines}


def _mapped(pid: int) -> Iterator[tuple[Identity, int]]:
    """Files of the kernel's own memory file system that are mapped, and how much of each.

    A page of them stays when the process that wrote it lets go of it, so it is in no count of its
    pages: the length of the mapping is what it may hold.
    """
    device = _nameless_memory()
    written = f" {os.major(device):02x}:{os.minor(device):02x} ".encode()
    with contextlib.suppress(OSError):
        lengths: dict[int, int] = {}
        for line in (PROC / str(pid) / "maps").read_bytes().splitlines():
            if written in line:
                fields = line.split()
                start, end = (int(address, 16) for address in fields[0].split(b"-"))
                inode = int(fields[4])
                lengths[inode] = lengths.get(inode, 0) + end - start
        for known, length in lengths.items():
            yield (device, known), length


@functools.cache
def _nameless_memory() -> int:
    """The device of memory that has no name in any folder."""
    descriptor = os.memfd_create("harness")
    try:
        return os.fstat(descriptor).st_dev
    finally:
        os.close(descriptor)


def _file_systems(family: Iterable[int]) -> Iterator[tuple[int, int]]:
    """(device, bytes used) of each file system in memory that a sandbox has to itself."""
    seen = {facts.st_dev for place in ("", *FILE_SYSTEMS) if (facts := _facts(Path("/", place)))}
    for pid in family:
        for place in FILE_SYSTEMS:
            path = PROC / str(pid) / "root" / place
            facts = _facts(path)
            if facts is None or facts.st_dev in seen:
                continue
            seen.add(facts.st_dev)
            with contextlib.suppress(OSError):
                of = os.statvfs(path)
                entries = max(0, of.f_files - of.f_ffree) * ENTRY_BYTES
                yield facts.st_dev, (of.f_blocks - of.f_bfree) * of.f_frsize + entries


def _open_files(family: Iterable[int]) -> Iterator[tuple[Path, os.stat_result]]:
    """(/proc/PID/fd/N, its facts) of all that is open; the same file as often as it is."""
    for pid in family:
        with contextlib.suppress(OSError), os.scandir(PROC / str(pid) / "fd") as descriptors:
            for one in descriptors:
                with contextlib.suppress(OSError):  # it was closed meanwhile
                    yield Path(one.path), one.stat()


def _is_memory(descriptor: Path, facts: os.stat_result) -> bool:
    with contextlib.suppress(OSError):
        return facts.st_dev == _nameless_memory() or str(descriptor.readlink()).startswith(MEMFD)
    return False


@functools.cache
def _queue_bytes() -> int:
    """What waits in a socket that nobody reads, at most, unless its owner asked for more."""
    with contextlib.suppress(OSError, ValueError):
        return 2 * int((PROC / "sys/net/core/wmem_default").read_text())
    return 2 * 212_992  # Linux's own default


def _in_flight(descriptor: Path) -> int:
    with contextlib.suppress(OSError):
        facts = descriptor.parents[1] / "fdinfo" / descriptor.name
        for line in facts.read_bytes().splitlines():
            if line.startswith(b"scm_fds:"):
                return int(line.split()[1])
    return 0


def _facts(path: Path) -> os.stat_result | None:
    with contextlib.suppress(OSError):
        return path.stat()
    return None
