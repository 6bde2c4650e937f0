"""Takes from files what would lend its owner's rights to whoever runs them.

A cell may make a program of its own setuid. Inside the sandbox that means nothing; in the folder
that it leaves behind the file belongs to the person who ran the harness.
"""

from __future__ import annotations

import contextlib
import os
import stat
from pathlib import Path

FOLDER = os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC
ENTRY = os.O_PATH | os.O_NOFOLLOW | os.O_CLOEXEC
LENDING = stat.S_ISUID | stat.S_ISGID | stat.S_ISVTX


def strip(folder: Path) -> None:
    """Clear setuid, setgid and sticky bits of all below a folder to which nobody writes any more.

    Whatever its depth: one descriptor is open at a time, and no link is followed. Folders that
    their owner may not enter are opened to their owner. What cannot be changed stays as it is.
    """
    with contextlib.suppress(OSError):
        here = _open(os.fspath(folder), None)
        levels = [_stripped(here)]
        try:
            while levels:
                if levels[-1]:
                    with contextlib.suppress(OSError):
                        below = _open(levels[-1].pop(), here)
                        os.close(here)
                        here = below
                        levels.append(_stripped(here))
                    continue
                levels.pop()
                if levels:
                    above = os.open("..", os.O_RDONLY | FOLDER, dir_fd=here)
                    os.close(here)
                    here = above
        finally:
            os.close(here)


def _stripped(here: int) -> list[str]:
    """Strip the entries of an open folder; the names of the folders among them."""
    folders = []
    with contextlib.suppress(OSError), os.scandir(here) as entries:
        for entry in entries:
            mode = entry.stat(follow_symlinks=False).st_mode
            if mode & LENDING and not stat.S_ISLNK(mode):
                with contextlib.suppress(OSError):
                    known = os.open(
                        entry.name, os.O_PATH | os.O_NOFOLLOW | os.O_CLOEXEC, dir_fd=here
                    )
                    _change(known, stat.S_IMODE(mode) & ~LENDING)
                    os.close(known)
            if stat.S_ISDIR(mode):
                folders.append(entry.name)
    return folders


def _open(name: str, above: int | None) -> int:
    known = os.open(name, os.O_PATH | FOLDER, dir_fd=above)
    try:
        mode = stat.S_IMODE(os.fstat(known).st_mode)
        if mode & LENDING or mode & stat.S_IRWXU != stat.S_IRWXU:
            with contextlib.suppress(OSError):
                _change(known, mode & ~LENDING | stat.S_IRWXU)
        return os.open(".", os.O_RDONLY | FOLDER, dir_fd=known)
    finally:
        os.close(known)


def _change(known: int, mode: int) -> None:
    # By descriptor: chmod of a name would follow a link.
    os.chmod(f"/proc/self/fd/{known}", mode)  # noqa: PTH101
