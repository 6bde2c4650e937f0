"""Bits that lend rights are taken from whatever generated code left, and from nothing else."""

from __future__ import annotations

import os
from pathlib import Path

from harness import files
from harness.executors import modes
from harness.executors.limits import disk_use


def bits(path: Path) -> int:
    return path.lstat().st_mode & 0o7777


def test_bits_are_taken_from_files_and_folders_and_links_are_left(tmp_path: Path) -> None:
    outside, work = tmp_path / "outside", tmp_path / "work"
    outside.mkdir()
    work.mkdir()
    for path, mode in {"a": 0o4755, "b": 0o2711, "c": 0o1644, "plain": 0o640}.items():
        (work / path).write_text("")
        (work / path).chmod(mode)
    (work / "folder").mkdir()
    (work / "folder/in").write_text("")
    (work / "folder/in").chmod(0o6755)
    (work / "folder").chmod(0o3000)
    os.mkfifo(work / "fifo")
    (work / "fifo").chmod(0o4600)
    (outside / "kept").write_text("")
    (outside / "kept").chmod(0o4755)
    (work / "link").symlink_to(outside / "kept")
    (work / "to-folder").symlink_to(outside)
    modes.strip(work)
    found = {path: bits(work / path) for path in ("a", "b", "c", "plain", "fifo", "folder/in")}
    expected = {"a": 0o755, "b": 0o711, "c": 0o644, "plain": 0o640, "fifo": 0o600}
    assert found == {**expected, "folder/in": 0o755}
    assert bits(work / "folder") == 0o700
    assert bits(outside / "kept") == 0o4755


def test_no_depth_is_too_large(tmp_path: Path) -> None:
    work = tmp_path / "work"
    work.mkdir()
    here = os.open(work, os.O_PATH)
    for _ in range(1500):  # more than a recursion takes, and longer than a path may be
        os.mkdir("ddd", dir_fd=here)
        below = os.open("ddd", os.O_PATH, dir_fd=here)
        os.close(here)
        here = below
    try:
        os.close(os.open("evil", os.O_CREAT | os.O_WRONLY, 0o755, dir_fd=here))
        os.chmod("evil", 0o4755, dir_fd=here)
        modes.strip(work)
        assert os.stat("evil", dir_fd=here).st_mode & 0o7777 == 0o755
        assert disk_use([work])[1] == 1501
    finally:
        os.close(here)
        files.clear(work)  # pytest's own clearing knows a depth


def test_what_is_not_there_is_no_failure(tmp_path: Path) -> None:
    modes.strip(tmp_path / "nowhere")
    (tmp_path / "file").write_text("")
    modes.strip(tmp_path / "file")
