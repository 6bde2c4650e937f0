"""A list of all runs that opens no file twice: remembered per record, by its size and time.

The files stay the truth. The index is a SQLite file beside them, made anew when it is missing,
broken or of another version; a record that changed is read again, one that went is forgotten.
"""

from __future__ import annotations

import contextlib
import os
import sqlite3
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import NamedTuple

from harness.errors import StoreError
from harness.records import RunSummary

FILE = ".index.sqlite"
VERSION = 4  # of what a row holds
BUSY_SECONDS = 10
TOGETHER = 500  # records between two commits

Read = Callable[[Path], RunSummary]
"""Reads a record from its path. Raises StoreError where it is broken."""


class Listed(NamedTuple):
    """All runs, and one line for each record that could not be read."""

    summaries: list[RunSummary]
    broken: list[str]


class _Seen(NamedTuple):
    mtime: int  # nanoseconds
    size: int


def listed(root: Path, record: str, read: Read) -> Listed:
    """Every run below ``root``; only records that are new or changed are opened."""
    found = dict(_scan(root, record))
    with contextlib.closing(_open(root)) as connection:
        known = {
            path: (_Seen(mtime, size), text)
            for path, mtime, size, text in connection.execute(
                "SELECT path, mtime, size, summary FROM runs"
            )
        }
        gone = [(path,) for path in known.keys() - found.keys()]
        connection.executemany("DELETE FROM runs WHERE path = ?", gone)
        summaries, broken = [], []
        fresh: list[tuple[str, int, int, str]] = []
        for path, seen in found.items():
            if path in known and known[path][0] == seen:
                summaries.append(RunSummary.model_validate_json(known[path][1]))
                continue
            try:
                summary = read(root / path)
            except StoreError as error:
                broken.append(str(error))
                continue
            summaries.append(summary)
            fresh.append((path, *seen, summary.model_dump_json()))
            if len(fresh) >= TOGETHER:
                _keep(connection, fresh)
        _keep(connection, fresh)
        return Listed(summaries, broken)


def _keep(connection: sqlite3.Connection, rows: list[tuple[str, int, int, str]]) -> None:
    # Another process may be writing, or the folder be read-only: then it is read again next time.
    with contextlib.suppress(sqlite3.OperationalError), connection:
        connection.executemany("INSERT OR REPLACE INTO runs VALUES (?, ?, ?, ?)", rows)
    rows.clear()


def _open(root: Path) -> sqlite3.Connection:
    path = root / FILE
    for _ in range(2):
        try:
            connection = sqlite3.connect(path, timeout=BUSY_SECONDS)
            version = connection.execute("PRAGMA user_version").fetchone()[0]
            if version != VERSION:
                connection.executescript(
                    "DROP TABLE IF EXISTS runs;"
                    "CREATE TABLE runs (path TEXT PRIMARY KEY, mtime INTEGER, size INTEGER,"
                    " summary TEXT) WITHOUT ROWID;"
                    f"PRAGMA user_version = {VERSION};"
                )
            connection.execute("SELECT path, mtime, size, summary FROM runs LIMIT 1").fetchone()
            return connection
        except sqlite3.OperationalError:
            break  # no folder, read-only, or busy: do without
        except sqlite3.DatabaseError:
            path.unlink(missing_ok=True)
    memory = sqlite3.connect(":memory:")
    memory.execute("CREATE TABLE runs (path TEXT PRIMARY KEY, mtime, size, summary TEXT)")
    return memory


def _scan(root: Path, record: str) -> Iterator[tuple[str, _Seen]]:
    """The records of root/<model>/<stage>/<run id>/, each with size and time."""
    for model in _folders(os.fspath(root)):
        for stage in _folders(model.path):
            for run in _folders(stage.path):
                try:
                    facts = os.stat(os.path.join(run.path, record))  # noqa: PTH116, PTH118
                except OSError:
                    continue
                name = f"{model.name}/{stage.name}/{run.name}/{record}"
                yield name, _Seen(facts.st_mtime_ns, facts.st_size)


def _folders(path: str) -> Iterator[os.DirEntry[str]]:
    try:
        with os.scandir(path) as entries:
            yield from sorted(
                (one for one in entries if one.is_dir(follow_symlinks=False)),
                key=lambda one: one.name,
            )
    except OSError:
        return
