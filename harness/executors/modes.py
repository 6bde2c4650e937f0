"""Takes from files what would lend its owner's rights to whoever runs them.

A cell may make a program of its own setuid. Inside the sandbox that means nothing; in the folder
that it leaves behind the file belongs to the person who ran the harness.
"""

from __future__ import annotations

import contextlib
import os
import stat
from pathlib import Path

from harness.files import open_folder

ABOVE = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC
ENTRY = os.O_PATH | os.O_NOFOLLOW | os.O_CLOEXEC
LENDING = stat.S_ISUID | stat.S_ISGID | stat.S_ISVTX


def strip(folder: Path) -> None:
    """Clear setuid, setgid and sticky bits in a folder to which nobody writes any more.

    Whatever its depth: one descriptor is open at a time, and no link is followed. Folders that
    their owner may not enter are opened to their owner. What cannot be changed stays as it is.
    """
    with contextlib.suppress(OSError):
        here = open_folder(folder)
        levels = [_stripped(here)]
        try:
            while levels:
                if levels[-1]:
                    with contextlib.suppress(OSError):
                        below = open_folder(levels[-1].pop(), here)
                        os.close(here)
                        here = below
                        levels.append(_stripped(here))
                    continue
                levels.pop()
                if levels:
                    above = os.open("..", ABOVE, dir_fd=here)
                    os.close(here)
                    here = above
        finally:
            os.close(here)


def _stripped(here: int) -> list[str]:
    """Strip an open folder and its files; the names of the folders in it."""
    folders = []
    with contextlib.suppress(OSError), os.scandir(here) as entries:
        own = stat.S_IMODE(os.fstat(here).st_mode)
        if own & LENDING:
            os.fchmod(here, own & ~LENDING)
        for entry in entries:
            mode = entry.stat(follow_symlinks=False).st_mode
            if stat.S_ISDIR(mode):
                folders.append(entry.name)
            elif mode & LENDING and not stat.S_ISLNK(mode):
                with contextlib.suppress(OSError):
                    _strip_file(entry.name, here, stat.S_IMODE(mode) & ~LENDING)
    return folders


def _strip_file(name: str, here: int, mode: int) -> None:
    known = os.open(name, ENTRY, dir_fd=here)
    try:
        # By descriptor: chmod of a name would follow a link.
        os.chmod(f"/proc/self/fd/{known}", mode)  # noqa: PTH101
    finally:
        os.close(known)
