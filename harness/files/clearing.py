"""Clears folders that generated code wrote into: whatever their depth, modes, names and links.

A folder below the top is emptied of its files, its own folders are moved up to the top, and so it
can be removed: no recursion, two descriptors at a time, and a rename for each folder.
"""

from __future__ import annotations

import itertools
import os
import secrets
import stat
import time
from collections.abc import Callable
from pathlib import Path

from harness.errors import StoreError
from harness.files.walking import open_folder

TOGETHER = 4096  # entries read before they are removed
MOST_SECONDS = 600.0  # for who still writes into what is cleared


def clear(folder: Path) -> str | None:
    """Delete a folder, or whatever stands in its place; no link is followed.

    Never raises OSError: returns None where nothing is left, else one line that says what is.
    """
    clearing = _Clearing()
    try:
        above = os.open(folder.parent, os.O_PATH | os.O_DIRECTORY | os.O_CLOEXEC)
    except (FileNotFoundError, NotADirectoryError):
        return None
    except OSError as error:
        return _said(folder, error)
    try:
        return None if clearing.remove(above, folder.name) else _said(folder, clearing.why)
    finally:
        os.close(above)


def fresh(folder: Path) -> Path:
    """An empty folder, in the place of whatever was there. Raises StoreError."""
    left = clear(folder)
    if left is not None:
        raise StoreError(left, f"Delete it by hand: {folder}")
    try:
        folder.mkdir(parents=True)
    except OSError as error:
        raise StoreError(f"{folder} could not be made ({error.strerror})") from error
    return folder


class _Clearing:
    """One folder's end. ``why`` is the first reason for which something stayed."""

    def __init__(self) -> None:
        self.why: OSError | None = None
        self._until = time.monotonic() + MOST_SECONDS
        self._token = secrets.token_hex(8)
        self._moved = itertools.count()

    def remove(self, above: int, name: str) -> bool:
        """Delete what is under ``name`` in the open folder ``above``; whether it is gone."""
        if not self._is_folder(above, name):
            return self._try(os.unlink, name, above)
        try:
            top = open_folder(name, above)
        except OSError as error:
            return self._note(error)
        try:
            while time.monotonic() < self._until and self._pass(top):
                pass
        finally:
            os.close(top)
        return self._try(os.rmdir, name, above)

    def _pass(self, top: int) -> bool:
        """Remove some of what is at the top; whether that changed anything."""
        changed = False
        for name, is_folder in self._entries(top):
            if is_folder:
                changed |= self._dissolve(top, name)
            else:
                changed |= self._try(os.unlink, name, top)
        return changed

    def _dissolve(self, top: int, name: str) -> bool:
        """Remove a folder at the top; those in it come to stand beside it. Whether it changed."""
        try:
            here = open_folder(name, top)
        except OSError as error:
            return self._note(error)
        changed, more = False, True
        try:
            while more and time.monotonic() < self._until:
                more = False
                for inner, is_folder in self._entries(here):
                    gone = self._lift(here, inner, top) if is_folder else False
                    more |= gone if is_folder else self._try(os.unlink, inner, here)
                changed |= more
        finally:
            os.close(here)
        return self._try(os.rmdir, name, top) or changed

    def _lift(self, here: int, name: str, top: int) -> bool:
        parked = f".{self._token}.{next(self._moved)}"  # a name that nobody could guess
        try:
            # A folder that is moved has to be writable to its owner, as ".." in it changes.
            os.close(open_folder(name, here))
            os.rename(name, parked, src_dir_fd=here, dst_dir_fd=top)
        except FileNotFoundError:
            return True
        except OSError as error:
            return self._note(error)
        return True

    def _entries(self, folder: int) -> list[tuple[str, bool]]:
        """Some of what is in an open folder, and whether each is a folder itself."""
        try:
            with os.scandir(folder) as entries:
                return [
                    (one.name, one.is_dir(follow_symlinks=False))
                    for one in itertools.islice(entries, TOGETHER)
                ]
        except OSError as error:
            self._note(error)
            return []

    def _is_folder(self, above: int, name: str) -> bool:
        try:
            return stat.S_ISDIR(os.stat(name, dir_fd=above, follow_symlinks=False).st_mode)
        except OSError:
            return False

    def _try(self, action: Callable[..., None], name: str, above: int) -> bool:
        try:
            action(name, dir_fd=above)
        except FileNotFoundError:
            return True
        except OSError as error:
            return self._note(error)
        return True

    def _note(self, error: OSError) -> bool:
        self.why = self.why or error
        return False


def _said(folder: Path, error: OSError | None) -> str:
    why = error.strerror if error is not None else "it was written to meanwhile"
    return f"{folder} could not be cleared ({why})"
