"""Walks a folder that generated code may have filled, and may still be changing.

Only descriptors lead from folder to folder, never a path: no link is followed, no depth is too
large for a path, and a few descriptors are open at a time whatever the depth.
"""

from __future__ import annotations

import contextlib
import os
import stat
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

FOLDER_ONLY = os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC


def open_folder(name: str | Path, above: int | None = None) -> int:
    """A descriptor of the folder ``name`` in the open folder ``above``; a link is refused.

    A folder that its owner may not enter is opened to its owner first. Raises OSError.
    """
    known = os.open(name, os.O_PATH | FOLDER_ONLY, dir_fd=above)
    try:
        mode = stat.S_IMODE(os.fstat(known).st_mode)
        if mode & stat.S_IRWXU != stat.S_IRWXU:
            # By descriptor: under the name there may be a link by now, and chmod follows links.
            with contextlib.suppress(OSError):
                os.chmod(f"/proc/self/fd/{known}", mode | stat.S_IRWXU)  # noqa: PTH101
        return os.open(".", os.O_RDONLY | FOLDER_ONLY, dir_fd=known)
    finally:
        os.close(known)


@dataclass
class _Level:
    """A folder on the way down: its name in the one above, who it is, what is left in it."""

    name: str
    identity: tuple[int, int]
    folders: list[str]


def walk(folder: Path) -> Iterator[os.stat_result]:
    """The facts of every entry below ``folder``, in no order. What cannot be read is left out."""
    try:
        top = open_folder(folder)
    except OSError:
        return
    at = _At(top)
    try:
        yield from at.scan("")
        while at.levels:
            if at.levels[-1].folders:
                if at.down(at.levels[-1].folders.pop()):
                    yield from at.scan(at.came_by)
            else:
                at.up()
    finally:
        at.close()


class _At:
    """Where a walk is: the open folder, and the way to it from the top."""

    def __init__(self, top: int) -> None:
        self._top, self._here = top, os.dup(top)
        self.levels: list[_Level] = []
        self.came_by = ""

    def scan(self, name: str) -> Iterator[os.stat_result]:
        """The entries of the open folder, which becomes the last level."""
        level = _Level(name, _identity(self._here), [])
        self.levels.append(level)
        with contextlib.suppress(OSError), os.scandir(self._here) as entries:
            for entry in entries:
                try:
                    facts = entry.stat(follow_symlinks=False)
                except OSError:
                    continue  # it went meanwhile
                if stat.S_ISDIR(facts.st_mode):
                    level.folders.append(entry.name)
                yield facts

    def down(self, name: str) -> bool:
        """Open a folder of the open one."""
        try:
            below = open_folder(name, self._here)
        except OSError:
            return False
        self._stand(below)
        self.came_by = name
        return True

    def up(self) -> None:
        """Leave the open folder for the one it was reached from, if it is still in that one."""
        self.levels.pop()
        if not self.levels:
            return
        with contextlib.suppress(OSError):
            above = os.open("..", os.O_RDONLY | FOLDER_ONLY, dir_fd=self._here)
            if _identity(above) == self.levels[-1].identity:
                self._stand(above)
                return
            os.close(above)
        self._again()

    def _again(self) -> None:
        """Go from the top to the last level, or as far as the way is still there."""
        self._stand(os.dup(self._top))
        for reached, level in enumerate(self.levels[1:], 1):
            before = os.dup(self._here)
            found = self.down(level.name) and _identity(self._here) == level.identity
            if not found:
                self._stand(before)
                del self.levels[reached:]
                return
            os.close(before)

    def _stand(self, descriptor: int) -> None:
        os.close(self._here)
        self._here = descriptor

    def close(self) -> None:
        """Let go of the folders that are open."""
        os.close(self._here)
        os.close(self._top)


def _identity(descriptor: int) -> tuple[int, int]:
    facts = os.fstat(descriptor)
    return facts.st_dev, facts.st_ino
