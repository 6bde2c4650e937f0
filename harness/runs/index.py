"""A list of all runs that opens no file twice: remembered per record, by its size and time.

The files stay the truth. An index is a SQLite file beside them, made anew when it is missing,
broken or of another version; a record that changed is read again, one that went is forgotten.
There is one with a line for each run, and whoever keeps other values of each run has another.
"""

from __future__ import annotations

import contextlib
import os
import sqlite3
import stat
from collections.abc import Callable, Collection, Iterator
from pathlib import Path
from typing import Generic, NamedTuple, TypeVar

from pydantic import ValidationError

from harness.errors import StoreError
from harness.records import Record, RunSummary

FILE = ".index.sqlite"
VERSION = 6  # of what a row holds
BUSY_SECONDS = 10
TOGETHER = 500  # records between two commits

T = TypeVar("T", bound=Record)
Read = Callable[[Path], T | None]
"""Reads a record from its path; None where it went. Raises StoreError where it is broken."""


class Kept(NamedTuple, Generic[T]):
    """An index: its file, the version of what a row holds, and what a row is."""

    file: str
    version: int
    row: type[T]


LINES = Kept(FILE, VERSION, RunSummary)


class Found(NamedTuple, Generic[T]):
    """A value of every run, and one line for each record that could not be read."""

    rows: list[T]
    broken: list[str]


class Listed(NamedTuple):
    """All runs, and one line for each record that could not be read."""

    summaries: list[RunSummary]
    broken: list[str]


class _Seen(NamedTuple):
    mtime: int  # nanoseconds
    size: int


def listed(root: Path, record: str, read: Read[RunSummary]) -> Listed:
    """Every run below ``root``; only records that are new or changed are opened."""
    return Listed(*kept(root, record, read, LINES))


def kept(root: Path, record: str, read: Read[T], index: Kept[T]) -> Found[T]:
    """The same with the values of any index."""
    closed: list[str] = []
    found = dict(_scan(root, record, closed))
    try:
        with contextlib.closing(_open(root, index)) as connection:
            rows, broken = _listed(root, found, read, index, connection)
    except sqlite3.DatabaseError as error:  # broken further down than its head, or busy
        if not isinstance(error, sqlite3.OperationalError):
            with contextlib.suppress(OSError):
                (root / index.file).unlink()
        with contextlib.closing(_in_memory()) as connection:
            rows, broken = _listed(root, found, read, index, connection)
    return Found(rows, closed + broken)


def _listed(
    root: Path,
    found: dict[str, _Seen],
    read: Read[T],
    index: Kept[T],
    connection: sqlite3.Connection,
) -> tuple[list[T], list[str]]:
    known = {
        path: (_Seen(mtime, size), text)
        for path, mtime, size, text in connection.execute(
            "SELECT path, mtime, size, summary FROM runs"
        )
    }
    _forget(connection, known.keys() - found.keys())
    rows, broken = [], []
    fresh: list[tuple[str, int, int, str]] = []
    for path, seen in found.items():
        before, text = known.get(path, (None, ""))
        row = _remembered(text, index.row) if before == seen else None
        if row is None:
            try:
                row = read(root / path)
            except StoreError as error:
                broken.append(str(error))
                continue
            if row is None:
                continue
            fresh.append((path, *seen, row.model_dump_json()))
        rows.append(row)
        if len(fresh) >= TOGETHER:
            _keep(connection, fresh)
    _keep(connection, fresh)
    return rows, broken


def _remembered(text: str, row: type[T]) -> T | None:
    try:
        return row.model_validate_json(text)
    except (ValidationError, TypeError):
        return None  # the index was written by somebody else


def _forget(connection: sqlite3.Connection, paths: Collection[str]) -> None:
    with contextlib.suppress(sqlite3.OperationalError):  # as below
        connection.executemany("DELETE FROM runs WHERE path = ?", [(path,) for path in paths])


def _keep(connection: sqlite3.Connection, rows: list[tuple[str, int, int, str]]) -> None:
    # Another process may be writing, or the folder be read-only: then it is read again next time.
    with contextlib.suppress(sqlite3.OperationalError), connection:
        connection.executemany("INSERT OR REPLACE INTO runs VALUES (?, ?, ?, ?)", rows)
    rows.clear()


def _open(root: Path, index: Kept[T]) -> sqlite3.Connection:
    path = root / index.file
    for _ in range(2):
        beside = (root / f"{index.file}{end}" for end in ("", "-journal", "-wal", "-shm"))
        if not all(map(_is_plain, beside)):
            break
        try:
            connection = sqlite3.connect(path, timeout=BUSY_SECONDS)
            connection.text_factory = lambda blob: blob.decode(errors="replace")
            version = connection.execute("PRAGMA user_version").fetchone()[0]
            if version != index.version:
                connection.executescript(
                    "DROP TABLE IF EXISTS runs;"
                    "CREATE TABLE runs (path TEXT PRIMARY KEY, mtime INTEGER, size INTEGER,"
                    " summary TEXT) WITHOUT ROWID;"
                    f"PRAGMA user_version = {index.version};"
                )
            connection.execute("SELECT path, mtime, size, summary FROM runs LIMIT 1").fetchone()
            return connection
        except sqlite3.OperationalError:
            break  # no folder, read-only, or busy: do without
        except sqlite3.DatabaseError:
            with contextlib.suppress(OSError):
                path.unlink()
    return _in_memory()


def _is_plain(path: Path) -> bool:
    """Whether SQLite may open it: nothing, or a file, and no pipe to wait at."""
    try:
        return stat.S_ISREG(path.lstat().st_mode)
    except OSError:
        return True


def _in_memory() -> sqlite3.Connection:
    memory = sqlite3.connect(":memory:")
    memory.execute("CREATE TABLE runs (path TEXT PRIMARY KEY, mtime, size, summary TEXT)")
    return memory


def _scan(root: Path, record: str, closed: list[str]) -> Iterator[tuple[str, _Seen]]:
    """What lies at root/<model>/<stage>/<run id>/<record>, each with size and time.

    ``closed`` gets a line for each folder that cannot be read.
    """
    for model in _folders(os.fspath(root), closed):
        for stage in _folders(model.path, closed):
            for run in _folders(stage.path, closed):
                name = f"{model.name}/{stage.name}/{run.name}/{record}"
                try:
                    facts = os.stat(os.path.join(run.path, record))  # noqa: PTH116, PTH118
                except (FileNotFoundError, NotADirectoryError):
                    continue
                except OSError:
                    yield name, _Seen(-1, -1)  # who reads it tells why it cannot be read
                    continue
                yield name, _Seen(facts.st_mtime_ns, facts.st_size)


def _folders(path: str, closed: list[str]) -> Iterator[os.DirEntry[str]]:
    try:
        with os.scandir(path) as entries:
            found = [one for one in entries if one.is_dir(follow_symlinks=False)]
    except (FileNotFoundError, NotADirectoryError):
        return
    except OSError as error:
        closed.append(f"{path} could not be read ({error.strerror})")
        return
    yield from sorted(found, key=lambda one: one.name)
