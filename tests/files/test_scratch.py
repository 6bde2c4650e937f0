"""Temporary folders of killed owners are collected; all others stay."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from harness import files
from harness.errors import StoreError

Owner = Callable[[], tuple["subprocess.Popen[str]", Path]]

OWN = """
import pathlib, sys, time
from harness import files
made = files.Scratch(pathlib.Path(sys.argv[2]) if sys.argv[2] else None)
(made.path / "folder").mkdir()
(made.path / "folder" / "file").write_bytes(b"x" * 1000)
print(made.path, flush=True)
time.sleep(100)
"""


def begin(folder: Path, at: str = "") -> tuple[subprocess.Popen[str], Path]:
    """A process that owns a folder, and the folder."""
    process = subprocess.Popen(
        [sys.executable, "-c", OWN, "owner", at],
        env={**os.environ, "TMPDIR": str(folder)},
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    return process, Path(process.stdout.readline().strip())


@pytest.fixture
def owner(tmp_path: Path) -> Iterator[Owner]:
    begun: list[subprocess.Popen[str]] = []

    def run() -> tuple[subprocess.Popen[str], Path]:
        process, path = begin(tmp_path)
        begun.append(process)
        return process, path

    yield run
    for process in begun:
        process.kill()
        process.communicate()


def kill(process: subprocess.Popen[str]) -> None:
    process.send_signal(signal.SIGKILL)
    process.wait()


def test_the_folder_of_a_killed_owner_goes_and_that_of_a_living_one_stays(
    owner: Owner, tmp_path: Path
) -> None:
    (one, left), (_, held) = owner(), owner()
    assert files.collect(tmp_path) == []
    kill(one)
    assert sorted(tmp_path.iterdir()) == sorted([left, held])
    _, new = owner()  # what makes one collects
    assert sorted(tmp_path.iterdir()) == sorted([held, new])
    assert (held / "folder/file").stat().st_size == 1000


def test_a_number_that_another_process_has_by_now_does_not_matter(
    owner: Owner, tmp_path: Path
) -> None:
    process, left = owner()
    kill(process)
    taken = left.rename(left.with_name(f"harness-{os.getpid()}-abcdefgh"))
    assert files.collect(tmp_path) == [taken]


def test_a_cache_is_collected_as_well(tmp_path: Path) -> None:
    process, left = begin(tmp_path, str(tmp_path))
    kill(process)
    process.communicate()
    assert left.name.startswith(".")
    with files.Scratch(tmp_path) as scratch:
        assert list(tmp_path.iterdir()) == [scratch]


def test_what_only_has_such_a_name_is_left_alone(tmp_path: Path) -> None:
    mine = tmp_path / "mine"
    mine.mkdir()
    (mine / "kept").touch()
    (tmp_path / "harness-1-abcdefgh").symlink_to(mine)
    (tmp_path / "harness-2-abcdefgh").touch()
    os.mkfifo(tmp_path / "harness-3-abcdefgh")
    for name in ("harness-abcdefgh", "harness-x-abcdefgh", "harness-1-abcdefgh.txt", "Harness-1-a"):
        (tmp_path / name).mkdir()
    before = sorted(tmp_path.iterdir())
    assert files.collect(tmp_path) == []
    assert sorted(tmp_path.iterdir()) == before
    assert (mine / "kept").exists()


@pytest.mark.skipif(os.geteuid() != 0, reason="needs a folder of another user")
def test_folders_of_others_are_left_alone(tmp_path: Path) -> None:
    theirs = tmp_path / "harness-1-abcdefgh"
    theirs.mkdir()
    os.chown(theirs, 65534, 65534)
    assert files.collect(tmp_path) == []
    assert theirs.exists()


def test_links_in_what_is_collected_are_not_followed(owner: Owner, tmp_path: Path) -> None:
    mine = tmp_path / "mine"
    mine.mkdir()
    (mine / "kept").touch()
    process, left = owner()
    (left / "link").symlink_to(mine)
    (left / "deep/er").mkdir(parents=True)
    (left / "deep/er/link").symlink_to(mine)
    kill(process)
    assert files.collect(tmp_path) == [left]
    assert (mine / "kept").exists()


def test_it_goes_with_its_block_and_may_be_moved(tmp_path: Path) -> None:
    with files.Scratch(tmp_path) as scratch:
        (scratch / "file").touch()
    assert list(tmp_path.iterdir()) == []
    with files.Scratch(tmp_path) as scratch:
        (scratch / "file").touch()
        scratch.rename(tmp_path / "kept")
    assert (tmp_path / "kept/file").exists()


def test_where_none_can_be_made_that_is_one_line(tmp_path: Path) -> None:
    with pytest.raises(StoreError, match="no temporary folder could be made") as caught:
        files.Scratch(tmp_path / "nowhere")
    assert "\n" not in str(caught.value)
    assert files.collect(tmp_path / "nowhere") == []
