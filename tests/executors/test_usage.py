"""What a process holds is seen from outside, whether it maps it or not, and counts once."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from harness.executors import usage
from harness.executors.limits import disk_use

MB = 1 << 20
Hold = Callable[[str], usage.Held]


@pytest.fixture
def hold(tmp_path: Path) -> Iterator[Hold]:
    """Run a program until it prints; what it holds, beyond what Python does."""
    begun: list[subprocess.Popen[bytes]] = []

    def run(source: str, *, exact: bool = False) -> usage.Held:
        source = f"import mmap, os, sys, time\n{source}\nprint('.', flush=True); time.sleep(60)"
        process = subprocess.Popen(
            [sys.executable, "-I", "-S", "-c", source],
            cwd=tmp_path,
            stdout=subprocess.PIPE,
            start_new_session=True,
        )
        begun.append(process)
        assert process.stdout is not None
        process.stdout.readline()
        return usage.held_by(process.pid, exact=exact)

    yield run
    for process in begun:
        os.killpg(process.pid, signal.SIGKILL)
        process.communicate()


@pytest.mark.parametrize(
    "source",
    [
        "held = os.urandom(40 << 20)",
        "one = os.memfd_create('m'); os.write(one, bytes(40 << 20))",
        "one = os.memfd_create('m'); os.write(one, bytes(40 << 20)); os.dup(one)",
        "one = os.memfd_create('m'); os.write(one, bytes(40 << 20)); held = mmap.mmap(one, 0)",
        "held = mmap.mmap(-1, 40 << 20)\nheld.write(bytes(40 << 20))\n"
        "held.madvise(mmap.MADV_DONTNEED)",
        "one = os.memfd_create('m'); os.write(one, bytes(40 << 20)); held = mmap.mmap(one, 0)\n"
        "os.fork(); held[0]",
    ],
)
def test_memory_is_counted_once_however_it_is_held(hold: Hold, source: str) -> None:
    bare = hold("")
    held = hold(source)
    assert 38 * MB < held.memory - bare.memory < 60 * MB  # the kernel counts pages in batches
    assert held.nameless == 0


def test_pages_that_forked_processes_share_count_once_where_it_matters(hold: Hold) -> None:
    source = "held = os.urandom(40 << 20)\nfor _ in range(3): os.fork() or time.sleep(60)"
    assert hold(source).memory > 150 * MB
    assert hold(source, exact=True).memory < 100 * MB


def test_a_deleted_file_counts_as_disk_while_it_is_open(hold: Hold, tmp_path: Path) -> None:
    source = "one = open('f', 'wb'); one.write(bytes(8 << 20)); one.flush(); os.unlink('f')"
    assert 8 * MB <= hold(source).nameless < 9 * MB
    assert disk_use([tmp_path]) == (0, 0)


def test_what_is_on_its_way_through_a_socket_is_told(hold: Hold) -> None:
    source = "import _socket\n"
    source += "here, there = _socket.socketpair(1, 1)\n"
    source += "rights = [(1, 1, (1).to_bytes(4, sys.byteorder))]\n"
    assert hold(source).in_flight == 0
    assert hold(source + "here.sendmsg([b'x'], rights)").in_flight == 1
    taken = "here.sendmsg([b'x'], rights); there.recvmsg(1, 64)"
    assert hold(source + taken).in_flight == 0


def test_a_sparse_file_counts_as_much_as_it_takes(hold: Hold) -> None:
    held = hold("one = os.memfd_create('m'); os.ftruncate(one, 1 << 40)")
    assert held.memory < 100 * MB


def test_a_process_that_has_ended_holds_nothing() -> None:
    with subprocess.Popen([sys.executable, "-c", ""]) as process:
        process.wait()
    assert usage.held_by(process.pid) == usage.Held(memory=0, nameless=0)


def test_folders_count_together(tmp_path: Path) -> None:
    for name in ("a", "b"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "file").write_bytes(bytes(MB))
    (tmp_path / "b/link").symlink_to(tmp_path / "a")
    size, files = disk_use([tmp_path / "a", tmp_path / "b"])
    assert 2 * MB <= size < 2.1 * MB
    assert files == 3
    assert disk_use([tmp_path / "nowhere"]) == (0, 0)
