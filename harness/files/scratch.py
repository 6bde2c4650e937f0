"""Temporary folders that go with their owner, even one that was killed.

The owner holds a lock on its folder, which the system lets go of however the owner ends. So the
next to make one knows which are left over: no number can be taken for another process, and another
container's folder is held as well as ours.
"""

from __future__ import annotations

import contextlib
import fcntl
import os
import re
import tempfile
import threading
from pathlib import Path
from types import TracebackType

from harness.errors import StoreError
from harness.files.clearing import clear
from harness.files.walking import FOLDER_ONLY

PREFIX = "harness-"
# As mkdtemp names folders. Under NEW a folder is not locked yet, and so never collected.
NAME = re.compile(rf"\.?{PREFIX}[0-9]+-[a-z0-9_]{{8}}")
NEW = ".new-"

_collected: set[Path] = set()  # by this process
_collecting = threading.Lock()


class Scratch:
    """A fresh folder, as a context manager or until ``close``. Raises StoreError.

    ``at`` is where it is made, by default the system's folder for temporary files; elsewhere its
    name is hidden. The first one that a process makes somewhere collects what was left there.
    """

    def __init__(self, at: Path | None = None) -> None:
        above = _temporary() if at is None else at
        with _collecting:
            if above not in _collected:
                _collected.add(above)
                collect(above)
        name = f"{NEW}{'' if at is None else '.'}{PREFIX}{os.getpid()}-"
        try:
            made = Path(tempfile.mkdtemp(prefix=name, dir=above))
            self._lock = os.open(made, os.O_RDONLY | FOLDER_ONLY)
            with contextlib.suppress(OSError):  # a file system without locks: never collected
                fcntl.flock(self._lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            self.path = made.rename(above / made.name.removeprefix(NEW))
        except OSError as error:
            raise StoreError(
                f"no temporary folder could be made in {above} ({error.strerror})",
                "Free some space there" if at else "Free some space there, or set TMPDIR",
            ) from error

    def __enter__(self) -> Path:
        return self.path

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def close(self) -> None:
        """Remove the folder, as far as that can be done."""
        if self._lock >= 0:
            clear(self.path)
            os.close(self._lock)
            self._lock = -1


def _temporary() -> Path:
    try:
        return Path(tempfile.gettempdir())
    except OSError as error:
        raise StoreError(
            f"there is no folder for temporary files ({error.strerror})", "Set TMPDIR to one"
        ) from error


def collect(above: Path) -> list[Path]:
    """Remove the folders in ``above`` whose owners are dead, and return them.

    Only folders of this user, under a name that ``Scratch`` gives; no link is followed.
    """
    try:
        with os.scandir(above) as entries:
            names = [one.name for one in entries if NAME.fullmatch(one.name)]
    except OSError:
        return []
    left = [above / name for name in names if _is_left(above / name)]
    return [folder for folder in left if clear(folder) is None]


def _is_left(folder: Path) -> bool:
    try:
        found = os.open(folder, os.O_RDONLY | FOLDER_ONLY)
    except OSError:
        return False
    try:
        if os.fstat(found).st_uid != os.geteuid():
            return False
        fcntl.flock(found, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        return False
    finally:
        os.close(found)
    return True
