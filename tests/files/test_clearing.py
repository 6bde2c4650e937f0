"""Folders that generated code filled: walked and cleared, whatever is in them."""

from __future__ import annotations

import os
import resource
import socket
import stat
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from harness import files
from harness.errors import StoreError

DEPTH = 2200  # more than a path can name
NOBODY = 65534


def deep(folder: Path, depth: int = DEPTH) -> None:
    """Folders in each other, further down than any path reaches, with a file at the bottom."""
    here = os.open(folder, os.O_RDONLY)
    for _ in range(depth):
        os.mkdir("d", dir_fd=here)
        below = os.open("d", os.O_RDONLY, dir_fd=here)
        os.close(here)
        here = below
    file = os.open("bottom", os.O_CREAT | os.O_WRONLY, dir_fd=here)
    os.write(file, b"x" * 10_000)
    os.close(file)
    os.close(here)


@contextmanager
def few_descriptors() -> Iterator[None]:
    """No more than forty descriptors beyond those that are open."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    highest = max(int(one.name) for one in Path("/proc/self/fd").iterdir())
    resource.setrlimit(resource.RLIMIT_NOFILE, (highest + 40, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))


def as_ordinary_user(code: str, folder: Path) -> None:
    """Run code in ``folder`` as a user whom modes bind."""
    if os.geteuid() == 0:
        os.chown(folder, NOBODY, NOBODY)
    before = (
        "import os, pathlib, sys",
        "from harness import files",  # while the source can be read
        "os.chdir(sys.argv[1])",
        f"os.geteuid() or (os.setgid({NOBODY}), os.setuid({NOBODY}))",
    )
    done = subprocess.run(
        [sys.executable, "-c", "\n".join([*before, code]), str(folder)],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr


def test_no_depth_is_too_deep(tmp_path: Path) -> None:
    folder = tmp_path / os.fsdecode(b"no \xff utf-8\n")
    folder.mkdir()
    deep(folder)
    with few_descriptors():
        seen = list(files.walk(folder))
        assert files.clear(folder) is None
    assert len(seen) == DEPTH + 1
    assert sum(one.st_size for one in seen if stat.S_ISREG(one.st_mode)) == 10_000
    assert list(tmp_path.iterdir()) == []


def test_wide_and_deep_at_once(tmp_path: Path) -> None:
    folder = tmp_path / "work"
    folder.mkdir()
    for number in range(20):
        (folder / f"{number}").mkdir()
        deep(folder / f"{number}", 40)
    for number in range(2_000):
        (folder / f"file {number}").touch()
    assert len(list(files.walk(folder))) == 2_000 + 20 * 42
    assert files.clear(folder) is None
    assert list(tmp_path.iterdir()) == []


def test_no_link_is_followed(tmp_path: Path) -> None:
    mine, folder = tmp_path / "mine", tmp_path / "work"
    mine.mkdir()
    (mine / "kept").write_text("mine")
    mine.chmod(0o500)
    for place in (folder, folder / "inner"):
        place.mkdir()
        (place / "link").symlink_to(mine)
        (place / "up").symlink_to("..")
        (place / "nowhere").symlink_to("nothing")
        (place / "file").symlink_to(mine / "kept")
        os.link(mine / "kept", place / "hard")
    assert len(list(files.walk(folder))) == 11
    assert files.clear(folder) is None
    assert (mine / "kept").read_text() == "mine"
    assert stat.S_IMODE(mine.stat().st_mode) == 0o500
    mine.chmod(0o700)


def test_what_stands_in_place_of_the_folder_goes(tmp_path: Path) -> None:
    target = tmp_path / "target"
    target.mkdir()
    (tmp_path / "link").symlink_to(target)
    (tmp_path / "file").touch()
    os.mkfifo(tmp_path / "pipe")
    for name in ("link", "file", "pipe", "nothing", "nothing/below", "file/below"):
        assert files.clear(tmp_path / name) is None
    assert list(tmp_path.iterdir()) == [target]


def test_sockets_pipes_and_odd_names(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = tmp_path / "work"
    folder.mkdir()
    monkeypatch.chdir(folder)
    with socket.socket(socket.AF_UNIX) as made:
        made.bind("socket")
    os.mkfifo("pipe")
    for name in (b"\xff\xfe", b"\x1b]0;x\x07", b"new\nline", b"-rf", b" ", b"x" * 255):
        Path(os.fsdecode(name)).mkdir()
        (Path(os.fsdecode(name)) / "file").touch()
    monkeypatch.chdir(tmp_path)
    assert files.clear(folder) is None
    assert list(tmp_path.iterdir()) == []


def test_folders_that_are_closed_to_their_owner(tmp_path: Path) -> None:
    folder = tmp_path / "work"
    folder.mkdir()
    code = """
os.makedirs("work/1/a/b/c")
pathlib.Path("work/1/a/b/file").write_bytes(b"x" * 5000)
for mode, name in ((0, "/1/a/b/c"), (0, "/1/a/b"), (0o100, "/1/a"), (0o400, "/1"), (0, "")):
    os.chmod("work" + name, mode)
work = pathlib.Path("work")
assert [one.st_size for one in files.walk(work) if one.st_size == 5000] == [5000]
for mode, name in ((0, "/1/a/b/c"), (0, "/1/a/b"), (0o100, "/1/a"), (0o400, "/1"), (0, "")):
    os.chmod("work" + name, mode)
assert files.clear(work) is None
assert os.listdir() == [], os.listdir()
"""
    as_ordinary_user(code, folder)


def test_what_cannot_be_removed_is_told_and_not_raised(tmp_path: Path) -> None:
    folder = tmp_path / "theirs"
    folder.mkdir()
    folder.chmod(0o755)
    code = """
above = pathlib.Path("above")
(above / "work" / "inner").mkdir(parents=True)
(above / "work" / "inner" / "file").touch()
above.chmod(0o500)
left = files.clear(above / "work")
assert left == f"{above / 'work'} could not be cleared (Permission denied)", left
assert list((above / "work").iterdir()) == []
above.chmod(0o700)
"""
    as_ordinary_user(code, folder)


def test_a_fresh_folder_is_empty(tmp_path: Path) -> None:
    deep(tmp_path, 10)
    assert list(files.fresh(tmp_path / "d").iterdir()) == []
    (tmp_path / "file").touch()
    with pytest.raises(StoreError, match="could not be made"):
        files.fresh(tmp_path / "file" / "below")


def test_a_folder_that_moves_while_it_is_walked(tmp_path: Path) -> None:
    work = tmp_path / "work"
    for name in ("a/b/c/d", "a/b/e", "a/f", "g"):
        (work / name).mkdir(parents=True)
    (tmp_path / "outside").mkdir()
    seen = 0
    for _ in files.walk(work):
        seen += 1
        for source, target in (("a/b/c", "moved"), ("a", "elsewhere")):
            if seen == 4 and (work / source).exists():
                (work / source).rename(work / target)
    assert seen < 20
    assert len(list(files.walk(work))) == 7
