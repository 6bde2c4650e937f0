"""What the processes of a sandbox hold, whether they map it or not.

Beside its own pages a process can hold memory in files that have no name (memfd), in shared memory
that it has let go of for a while, and in the sandbox's own file systems in memory. A file on disk
that was deleted while it is open takes room in no folder. All of it is found in /proc, from
outside, as root and as an ordinary user.
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
    """What a family of processes holds, in bytes: memory, and files on disk without a name."""

    memory: int
    nameless: int


def held_by(pid: int) -> Held:
    """What a process and all below it hold now; what two of them share counts once."""
    memory = nameless = 0
    maps: dict[Identity, int] = {}
    seen: set[Identity] = set()
    family = _family(pid)
    for one in family:
        memory += _own_pages(one)
        for where, size in _mapped(one):
            maps[where] = max(size, maps.get(where, 0))
    file_systems = dict(_file_systems(family))
    for facts, is_memory in _nameless(family):
        where = (facts.st_dev, facts.st_ino)
        if where in seen or facts.st_dev in file_systems:
            continue  # the size of its file system says it all
        seen.add(where)
        maps.pop(where, None)  # its blocks are known, not only its size
        if is_memory:
            memory += facts.st_blocks * 512
        else:
            nameless += facts.st_blocks * 512
    memory += sum(maps.values()) + sum(file_systems.values())
    return Held(memory=memory, nameless=nameless)


def _family(pid: int) -> list[int]:
    try:
        below = psutil.Process(pid).children(recursive=True)
    except psutil.Error:
        return []
    return [pid, *(one.pid for one in below)]


def _own_pages(pid: int) -> int:
    with contextlib.suppress(OSError):
        lines = (PROC / str(pid) / "status").read_bytes().decode(errors="replace").splitlines()
        return sum(int(line.split()[1]) << 10 for line in lines if line.startswith(OWN_PAGES))
    return 0  # it has ended


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


def _nameless(family: Iterable[int]) -> Iterator[tuple[os.stat_result, bool]]:
    """Files that are open and in no folder, and whether each is memory; the same one many times."""
    for pid in family:
        with contextlib.suppress(OSError), os.scandir(PROC / str(pid) / "fd") as descriptors:
            for one in descriptors:
                with contextlib.suppress(OSError):  # it was closed meanwhile
                    facts = one.stat()
                    if stat.S_ISREG(facts.st_mode) and facts.st_nlink == 0:
                        known = facts.st_dev == _nameless_memory()
                        yield facts, known or str(Path(one.path).readlink()).startswith(MEMFD)


def _facts(path: Path) -> os.stat_result | None:
    with contextlib.suppress(OSError):
        return path.stat()
    return None
