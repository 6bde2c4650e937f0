"""The filter, followed step by step: for machines that these tests do not run on too."""

from __future__ import annotations

import errno
import struct

import pytest

from harness.errors import SandboxError
from harness.executors import syscalls
from harness.executors.syscalls import CONVENTIONS

ALLOWED = 0x7FFF0000
READ, SOCKET_OF_VM = 0, 40


def answer(program: bytes, architecture: int, number: int, argument: int = 0) -> int | None:
    """What the kernel would do: None where it allows the call, else the error it gets."""
    data = struct.pack("=IIQ6Q", number, architecture, 0, argument, 0, 0, 0, 0, 0)
    steps = list(struct.iter_unpack("=HBBI", program))
    at = loaded = 0
    while True:
        code, where, where_not, operand = steps[at]
        at += 1
        if code == 0x20:
            (loaded,) = struct.unpack_from("=I", data, operand)
        elif code == 0x06:
            assert operand == ALLOWED or operand >> 16 == 5
            return None if operand == ALLOWED else operand & 0xFFFF
        else:
            holds = loaded >= operand if code == 0x35 else loaded == operand
            at += where if holds else where_not


@pytest.mark.parametrize("machine", CONVENTIONS)
def test_the_filter_refuses_what_it_names_and_nothing_else(machine: str) -> None:
    convention = CONVENTIONS[machine]
    program = syscalls.filter_for(convention)
    for number in range(500):
        if number == convention.socket:
            continue
        refused = number in convention.refused.values()
        expected = errno.EPERM if refused else None
        assert answer(program, convention.architecture, number) == expected, number
    families = {
        family
        for family in range(64)
        if answer(program, convention.architecture, convention.socket, family) is None
    }
    assert families == {1, 2, 10, 16}
    vsock = answer(program, convention.architecture, convention.socket, SOCKET_OF_VM)
    assert vsock == errno.EAFNOSUPPORT


@pytest.mark.parametrize("machine", CONVENTIONS)
def test_no_other_convention_leads_past_it(machine: str) -> None:
    convention = CONVENTIONS[machine]
    program = syscalls.filter_for(convention)
    assert answer(program, 0x40000003, READ) == errno.ENOSYS  # i386, on the same processor
    assert answer(program, convention.architecture, 0x40000000 + READ) == errno.ENOSYS


def test_a_machine_whose_calls_are_not_known_is_refused() -> None:
    with pytest.raises(SandboxError, match="s390x"):
        syscalls.convention("s390x")
