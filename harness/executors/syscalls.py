"""A filter for system calls that no namespace answers for, as the kernel's own bytecode.

Keys, the kernel's log and a few kinds of socket belong to the whole machine: a process reaches them
from inside every namespace that bubblewrap can make. Others hold memory that belongs to no process,
so no limit would see it. The filter refuses them, and calls in another machine's convention, by
which a program could go round it.
"""

from __future__ import annotations

import errno
import platform
import struct
from collections.abc import Sequence

from harness.errors import SandboxError
from harness.records import Record

# AF_UNIX, AF_INET, AF_INET6, AF_NETLINK: others (AF_VSOCK, AF_ALG) know no network namespace.
SOCKET_FAMILIES = (1, 2, 10, 16)
X32 = 0x40000000  # added to the number of a call by programs of 32-bit pointers
LOAD, EQUAL, AT_LEAST, RETURN = 0x20, 0x15, 0x35, 0x06  # of linux/bpf_common.h
NUMBER, ARCHITECTURE, FIRST_ARGUMENT = 0, 4, 16  # offsets in struct seccomp_data
ALLOW, REFUSE = 0x7FFF0000, 0x00050000  # SECCOMP_RET_ALLOW, SECCOMP_RET_ERRNO
GENERIC = {
    "add_key": 217,
    "request_key": 218,
    "keyctl": 219,
    "syslog": 116,
    "shmget": 194,
    "msgget": 186,
    "semget": 190,
    "bpf": 280,
    "perf_event_open": 241,
    "userfaultfd": 282,
    "io_uring_setup": 425,  # opens sockets past every filter
}
Step = tuple[int, int, int, int]
"""An instruction: its code, how far to jump where it holds and where not, its operand."""


class Convention(Record):
    """How programs of one kind of machine call the kernel: AUDIT_ARCH_*, and numbers by name."""

    architecture: int
    refused: dict[str, int]
    socket: int


CONVENTIONS = {
    "x86_64": Convention(
        architecture=0xC000003E,
        refused={
            "add_key": 248,
            "request_key": 249,
            "keyctl": 250,
            "syslog": 103,
            "shmget": 29,
            "msgget": 68,
            "semget": 64,
            "bpf": 321,
            "perf_event_open": 298,
            "userfaultfd": 323,
            "io_uring_setup": 425,
        },
        socket=41,
    ),
    "aarch64": Convention(architecture=0xC00000B7, refused=GENERIC, socket=198),
    "riscv64": Convention(architecture=0xC00000F3, refused=GENERIC, socket=198),
}


def convention(machine: str = "") -> Convention:
    """That of a machine, as ``platform.machine()`` names it; of this one, where it is left out.

    Raises SandboxError for a machine whose calls are not known here.
    """
    machine = machine or platform.machine()
    if machine not in CONVENTIONS:
        raise SandboxError(
            f"the system calls of {machine} are not known, so none can be refused",
            f"Run generated code on {', '.join(CONVENTIONS)}, or pass --unsafe-no-sandbox",
        )
    return CONVENTIONS[machine]


def filter_for(convention: Convention) -> bytes:
    """What ``bwrap --seccomp`` reads: one ``struct sock_filter`` after the other."""
    return b"".join(struct.pack("=HBBI", *step) for step in _steps(convention))


def _steps(convention: Convention) -> list[Step]:
    other = _refuse(errno.ENOSYS)
    steps: list[Step] = [(LOAD, 0, 0, ARCHITECTURE), (EQUAL, 1, 0, convention.architecture), other]
    steps += [(LOAD, 0, 0, NUMBER), (AT_LEAST, 0, 1, X32), other]
    steps += _where(tuple(convention.refused.values()), _refuse(errno.EPERM))
    families = _where(SOCKET_FAMILIES, (RETURN, 0, 0, ALLOW))
    sockets = [(LOAD, 0, 0, FIRST_ARGUMENT), *families, _refuse(errno.EAFNOSUPPORT)]
    steps += [(EQUAL, 0, len(sockets), convention.socket), *sockets]
    return [*steps, (RETURN, 0, 0, ALLOW)]


def _where(values: Sequence[int], answer: Step) -> list[Step]:
    """``answer`` where the loaded value is one of ``values``; else what follows."""
    last = len(values) - 1
    tests = [
        (EQUAL, last - place, 1 if place == last else 0, value)
        for place, value in enumerate(values)
    ]
    return [*tests, answer]


def _refuse(error: int) -> Step:
    return (RETURN, 0, 0, REFUSE | error)
