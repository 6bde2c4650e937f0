"""What is read is a file of a known size at most; all else is refused at once."""

from __future__ import annotations

import os
import socket
from collections.abc import Callable
from pathlib import Path

import pytest

from harness import files

MOST = 1 << 20


def sparse(path: Path) -> None:
    with path.open("wb") as out:
        out.truncate(3 << 30)


def listening(path: Path) -> None:
    with socket.socket(socket.AF_UNIX) as made:
        made.bind(str(path))


ODD: dict[str, Callable[[Path], object]] = {
    "a folder": Path.mkdir,
    "a pipe": os.mkfifo,
    "a socket": listening,
    "a device": lambda path: path.symlink_to("/dev/zero"),
    "larger than 1 MB": sparse,
    "No such file": lambda path: path.symlink_to("nowhere"),
}


@pytest.mark.parametrize("what", ODD)
def test_anything_but_a_file_of_that_size_is_refused_in_words(tmp_path: Path, what: str) -> None:
    ODD[what](tmp_path / "x")
    with pytest.raises(OSError, match=what) as caught:
        files.read(tmp_path / "x", MOST)
    assert what in str(caught.value.strerror)


def test_a_name_with_a_nul_is_no_file() -> None:
    with pytest.raises(OSError, match="no such file"):
        files.read(Path("a\0b"), MOST)


def test_a_file_and_a_link_to_one_are_read(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"x" * MOST)
    (tmp_path / "link").symlink_to("file")
    assert files.read(tmp_path / "link", MOST) == b"x" * MOST
    with pytest.raises(OSError, match="larger"):
        files.read(tmp_path / "link", MOST - 1)
