"""The disk that generated code uses is counted wherever in its folder it is."""

from __future__ import annotations

import os
from pathlib import Path

from harness.executors import limits


def test_what_lies_too_deep_for_a_path_counts(tmp_path: Path) -> None:
    here = os.open(tmp_path, os.O_RDONLY)
    for _ in range(2200):
        os.mkdir("d", dir_fd=here)
        below = os.open("d", os.O_RDONLY, dir_fd=here)
        os.close(here)
        here = below
    file = os.open("big", os.O_CREAT | os.O_WRONLY, dir_fd=here)
    os.posix_fallocate(file, 0, 1 << 20)
    os.close(file)
    os.close(here)
    size, count = limits.disk_use([tmp_path])
    assert size >= 1 << 20
    assert count == 2201


def test_counting_stops_at_the_cap(tmp_path: Path) -> None:
    for number in range(limits.MOST_FILES + 10):
        os.mknod(tmp_path / f"{number}")
    assert limits.disk_use([tmp_path])[1] == limits.MOST_FILES + 1
