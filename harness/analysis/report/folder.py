"""The folder of a report: files are written where what they are made of changed, and only ours go.

``manifest.json`` in it says of each file what it was made of, as a digest. Files that it does not
name are never touched; those that it names and that are not wanted any more are removed.
"""

from __future__ import annotations

import contextlib
import json
import re
from collections.abc import Callable, Iterable
from pathlib import Path, PurePosixPath
from typing import NamedTuple

from harness import files
from harness.errors import HarnessError

MANIFEST = "manifest.json"
FORMAT = 1
ASKED = "asked"
MOST_BYTES = 64 << 20  # of a manifest
OURS = re.compile(r"(?:[A-Za-z0-9][A-Za-z0-9._-]*/){0,3}[A-Za-z0-9][A-Za-z0-9._-]*")


class Written(NamedTuple):
    """What became of the folder."""

    folder: Path
    files: int  # that are there now
    made: int  # of them, those that were written now
    removed: int
    size: int  # bytes of all


class Folder:
    """A report's folder while it is brought up to date."""

    def __init__(self, path: Path, kind: str) -> None:
        self.path, self.kind = path, kind
        told = _manifest(path)
        self.asked = frozenset(told.pop(ASKED, {}))  # pages that were asked for by name
        self._was_asked = self.asked
        self._before = told.pop(kind, {})
        self._others = told
        self._by_folder: dict[str, list[str]] = {}
        for name in self._before:
            self._by_folder.setdefault(name.rpartition("/")[0], []).append(name)
        self._now: dict[str, str] = {}
        self._made = 0

    def remember(self, pages: Iterable[str]) -> None:
        """These are the pages that were asked for by name, from now on."""
        self.asked = frozenset(pages)

    def put(self, name: str, made_of: str, make: Callable[[], bytes]) -> None:
        """A file that is wanted; ``make`` is called where it is not there as it should be.

        ``made_of``: a digest of all that it depends on. Raises StoreError.
        """
        self._now[name] = made_of
        if not self._stands(name, made_of):
            self._write(name, make())

    def put_all(
        self, folder: str, made_of: str, make: Callable[[], Iterable[tuple[str, bytes]]]
    ) -> None:
        """Likewise all files of a folder, of which only ``make`` knows the names."""
        before = self._by_folder.get(folder, [])
        if before and all(self._stands(name, made_of) for name in before):
            self._now |= dict.fromkeys(before, made_of)
            return
        for name, blob in make():
            self._now[f"{folder}/{name}"] = made_of
            self._write(f"{folder}/{name}", blob)

    def _stands(self, name: str, made_of: str) -> bool:
        path = self.path / name
        return self._before.get(name) == made_of and path.is_file() and not path.is_symlink()

    def _write(self, name: str, blob: bytes) -> None:
        if not self._made and not (self.path / MANIFEST).exists():
            self._save({})  # so that the folder is known for a report's, if this is interrupted
        files.write_atomic(self.path / name, blob, lasting=False)
        self._made += 1

    def _save(self, now: dict[str, str]) -> None:
        asked = dict.fromkeys(sorted(self.asked), "")
        told = {"format": FORMAT, **self._others, self.kind: now, ASKED: asked}
        files.write_atomic(self.path / MANIFEST, files.to_json(told, indent=0).encode())

    def finish(self) -> Written:
        """Removes what is not wanted any more, and writes the manifest. Raises StoreError."""
        others = {name for of in self._others.values() for name in of}
        gone = self._before.keys() - self._now.keys() - others
        removed = sum(self._remove(name) for name in sorted(gone))
        if self._made or self._before != self._now or self.asked != self._was_asked:
            self._save(self._now)
        return Written(
            self.path, len(self._now), self._made, removed, sum(map(self._size, self._now))
        )

    def _size(self, name: str) -> int:
        with contextlib.suppress(OSError):
            return (self.path / name).stat().st_size
        return 0

    def _remove(self, name: str) -> bool:
        if not OURS.fullmatch(name):
            return False  # somebody else wrote the manifest
        folder = self.path
        for part in PurePosixPath(name).parts[:-1]:
            folder /= part
            if folder.is_symlink():
                return False
        with contextlib.suppress(OSError):
            (self.path / name).unlink()
            for parent in PurePosixPath(name).parents:
                if str(parent) != ".":
                    (self.path / parent).rmdir()  # only where it is empty
            return True
        return not (self.path / name).exists()


def _manifest(folder: Path) -> dict[str, dict[str, str]]:
    """By kind of report, its files and what they were made of; nothing where that is not known."""
    try:
        found = json.loads(files.read(folder / MANIFEST, MOST_BYTES))
    except FileNotFoundError:
        _refuse_strangers(folder)
        return {}
    except (OSError, ValueError, RecursionError):
        return {}
    if not isinstance(found, dict) or found.get("format") != FORMAT:
        return {}
    return {
        kind: {name: made for name, made in of.items() if isinstance(made, str)}
        for kind, of in found.items()
        if isinstance(of, dict)
    }


def _refuse_strangers(folder: Path) -> None:
    """A folder that holds other things is not written into, so that nothing of it is replaced."""
    try:
        there = next(folder.iterdir(), None)
    except FileNotFoundError:
        return
    except OSError as error:
        raise HarnessError(
            f"{folder} is no folder to write a report into ({error.strerror})",
            "Name another one: --out FOLDER",
        ) from None
    if there is not None:
        raise HarnessError(
            f"{folder} holds files that are no report's", "Name another folder: --out FOLDER"
        )
