"""Opens a table for aggregate queries, and says in one line why it cannot be read."""

from __future__ import annotations

import contextlib
import os
import threading
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, replace
from difflib import get_close_matches
from pathlib import Path
from typing import TYPE_CHECKING, Any

from harness import files
from harness.files import OnBytes, ignore
from harness.profiles import formats
from harness.profiles.columns import FEW, cut
from harness.profiles.dialects import (
    AS_UTF8,
    BOMS,
    HEAD_BYTES,
    Dialect,
    check_text,
    diagnose,
    notes,
    sniff,
    wrong,
)
from harness.profiles.formats import parquet_file

if TYPE_CHECKING:
    import duckdb

MEMORY = "1200MB"  # of the library's buffers; a process holds a few hundred megabytes beside them
MOST_THREADS = 8  # each holds buffers of some 32 MB
MOST_TOGETHER = 1 << 22  # values that a thread holds before it writes them by columns
LEAST_TOGETHER, USUAL_TOGETHER = 2048, 122_880  # rows, as the library counts them
STORED = "stored"
SMALL = 64 << 20  # bytes
EVERY = 0.3  # seconds between two looks at how far a query is
LONGEST_REASON = 200  # characters of what the library says
GLANCE = 4096  # bytes
FETCHED = 10_000  # rows at a time
SET_TARGET = "Name one of its columns as the target"
REWRITE = "Write the file again from its source"


@dataclass(frozen=True)
class Table:
    """An open file. In SQL its columns are c0, c1, …, so that no name of theirs ever gets there."""

    path: Path
    plain: Path  # what is read: the file itself, or CSV or Parquet that stands for it
    connection: duckdb.DuckDBPyConnection
    source: str
    arguments: list[Any]
    columns: tuple[tuple[str, str], ...]  # (name, stored type)
    dialect: Dialect | None  # None: Parquet
    storing: bool = False  # whether there is a place for the rows by columns, and use for it

    @property
    def is_large(self) -> bool:
        """Whether reading it again and again takes long."""
        return self.plain.stat().st_size > SMALL

    @property
    def reading(self) -> tuple[str, ...]:
        """What a reader has to be told before it comes to the first column. Raises OSError."""
        own = formats.of(self.path).reading
        noted = notes(self.dialect) if self.dialect else ()
        return (*(own(self.path) if own else ()), *noted)

    def query(self, select: str, rest: str = "") -> list[tuple[Any, ...]]:
        """Rows of a SELECT whose words are the caller's own, never a value. Raises DataError."""
        return list(self.stream(select, rest))

    def stream(self, select: str, rest: str = "") -> Iterator[tuple[Any, ...]]:
        """The same, some rows at a time, in the file's order where ``rest`` asks for no other."""
        yield from self._rows(f"SELECT {select} FROM {self.source} {rest}")  # noqa: S608

    def mask(self, condition: str, value: str) -> tuple[bytearray, Counter[str]]:
        """A byte per row in the file's order, 1 where the condition holds; likewise DataError.

        The second is how often each text, which ``value`` gives, is in those rows.
        """
        shown = f"CASE WHEN {condition} THEN coalesce({value}, '') END"
        mask, counts = bytearray(), Counter[str]()
        for (text,) in self.stream(shown):
            mask.append(text is not None)
            if text is not None:
                counts[text] += 1
        return mask, counts

    def stored(self, on_bytes: OnBytes = ignore) -> Table:
        """The rows of a large CSV file by columns, in a temporary file. Raises DataError."""
        if not self.storing:
            return self
        select = f"CREATE TABLE {STORED}.main.t AS SELECT * FROM {self.source}"  # noqa: S608
        with self.watched(on_bytes):
            list(self._rows(select))
        return replace(self, source=f"{STORED}.main.t", arguments=[])

    @contextlib.contextmanager
    def watched(self, on_bytes: OnBytes) -> Iterator[None]:
        """Report now and then how much of the file the queries that run meanwhile have read."""
        total, ended = self.plain.stat().st_size, threading.Event()

        def watch() -> None:
            while not ended.wait(EVERY):
                if (percent := self.connection.query_progress()) > 0:
                    on_bytes(round(total * percent / 100), total)

        watcher = threading.Thread(target=watch, daemon=True)
        if on_bytes is not ignore:
            watcher.start()
        try:
            yield
        finally:
            ended.set()
            if watcher.ident is not None:
                watcher.join()

    def _rows(self, statement: str) -> Iterator[tuple[Any, ...]]:
        import duckdb  # noqa: PLC0415 - slow to import, and most commands never need it

        try:
            found = self.connection.execute(statement, self.arguments)
            while rows := found.fetchmany(FETCHED):
                yield from rows
        except (duckdb.Error, RuntimeError, UnicodeError) as error:
            # An interrupt reaches Python as an error like any other.
            if "interrupt" in str(error).lower()[:40]:
                raise KeyboardInterrupt from None
            if self.dialect:
                with formats.told_of(self.path, self.plain):
                    diagnose(self.plain, self.dialect)
            said = str(error).partition("\n")[0]
            if self.arguments:
                said = said.replace(self.arguments[0], self.path.name)
            reason = (said.partition("Error: ")[2] or said)[:LONGEST_REASON]
            kind = "CSV" if self.dialect else "Parquet"
            raise wrong(self.path, f"cannot be read as {kind} ({reason})", REWRITE) from None


@contextlib.contextmanager
def open_table(path: Path, *, storing: bool = False) -> Iterator[Table]:
    """The table in a file, through a connection that may read that file alone.

    With ``storing``, a large CSV file can be ``stored``.

    Raises DataError where it is no whole file of a known format, or has no header.
    """
    import duckdb  # noqa: PLC0415

    plain, dialect = _plain(path)
    with files.Scratch() as spill:
        # The library expands patterns in names, so it is given one that holds none.
        link = spill / "table"
        link.symlink_to(plain.resolve())
        file = str(link)
        connection = duckdb.connect()
        storing = storing and dialect is not None and plain.stat().st_size > SMALL
        try:
            if storing and dialect:
                _attach(connection, spill / STORED, len(dialect.names))
            _confine(connection, file, str(spill))
            if dialect:
                yield _csv((path, plain), connection, file, dialect, storing=storing)
            else:
                yield _parquet((path, plain), connection, file)
        finally:
            connection.close()


def target_of(table: Table, target: str) -> int:
    """The place of the column that is to be predicted. Raises DataError, with the nearest names."""
    names = [name for name, _ in table.columns]
    if table.dialect and table.dialect.header.count(target) > 1:
        times = table.dialect.header.count(target)
        what = f"calls {times} columns '{cut(target)}', the target"
        raise wrong(table.path, what, "Rename all but one, or remove them")
    if target in names:
        return names.index(target)
    folded = [name for name in names if name.strip().casefold() == target.casefold()]
    near = list(dict.fromkeys(folded + get_close_matches(target, names, cutoff=0.5)))
    listed = ", ".join(f"'{cut(name)}'" for name in near or names[:FEW])
    hint = f"{SET_TARGET}; {'nearest' if near else 'it has'}: {listed}"
    raise wrong(table.path, f"has no column '{cut(target)}', the target", hint)


def _attach(connection: duckdb.DuckDBPyConnection, file: Path, columns: int) -> None:
    """A place for rows by columns, of wide tables fewer at a time, as these are held in memory."""
    rows = MOST_TOGETHER // columns // LEAST_TOGETHER * LEAST_TOGETHER
    rows = min(max(rows, LEAST_TOGETHER), USUAL_TOGETHER)
    connection.execute(f"ATTACH '{file}' AS {STORED} (ROW_GROUP_SIZE {rows})")


def _confine(connection: duckdb.DuckDBPyConnection, file: str, spill: str) -> None:
    settings: dict[str, object] = {
        "memory_limit": MEMORY,
        "threads": min(MOST_THREADS, os.cpu_count() or 1),
        "temp_directory": spill,
        "autoinstall_known_extensions": False,
        "autoload_known_extensions": False,
        "TimeZone": "UTC",
        "allowed_paths": [file],
        "enable_external_access": False,
        "lock_configuration": True,  # last: nothing can be set after it
    }
    for name, value in settings.items():
        connection.execute(f"SET {name} = $1", [value])


def _csv(
    paths: tuple[Path, Path],
    connection: duckdb.DuckDBPyConnection,
    file: str,
    dialect: Dialect,
    *,
    storing: bool,
) -> Table:
    # Nothing is left to the library's own detection, which drops rows that it takes for notes.
    source = (
        "read_csv(?, auto_detect = false, header = true, compression = 'none', delim = ?,"
        " quote = ?, escape = ?, skip = ?, new_line = ?, columns = ?)"
    )
    types = {f"c{i}": "VARCHAR" for i in range(len(dialect.names))}
    quote = dialect.quote
    arguments = [file, dialect.delimiter, quote, quote, dialect.skip, dialect.end, types]
    columns = tuple((name, "VARCHAR") for name in dialect.names)
    return Table(*paths, connection, source, arguments, columns, dialect, storing)


def _parquet(paths: tuple[Path, Path], connection: duckdb.DuckDBPyConnection, file: str) -> Table:
    source = "read_parquet(?, hive_partitioning = false)"
    raw = Table(*paths, connection, f"(DESCRIBE FROM {source})", [file], (), None)
    columns = tuple(raw.query("column_name, column_type"))
    names = ", ".join(f"c{i}" for i in range(len(columns)))
    return Table(*paths, connection, f"{source} AS t({names})", [file], columns, None)


def glance(path: Path) -> None:
    """Refuse at once, before a byte of it is counted, what can be no table.

    Raises DataError for what is no file (a folder, a pipe, a device, a link to nothing), and for
    text that begins as none or has holes, which are NUL bytes. Raises OSError.
    """
    if not path.is_file():
        kinds = {"folder": path.is_dir, "named pipe": path.is_fifo, "socket": path.is_socket}
        kinds |= {"device": lambda: path.is_char_device() or path.is_block_device()}
        kind = next((kind for kind, holds in kinds.items() if holds()), "link to nothing")
        what = f"is a {kind}" if os.path.lexists(path) else "is not there"
        raise wrong(path, what, "Give the path of a table")
    if not formats.of(path).is_text:
        return
    with path.open("rb") as source:
        start = source.read(GLANCE)
        if b"\0" in start or start.startswith(tuple(mark for mark, _ in BOMS)):
            check_text(path, start)
    refuse_holes(path)


def refuse_holes(path: Path) -> None:
    """Raise DataError where a file has holes, which read as NUL bytes without end. Or OSError."""
    with path.open("rb") as source:
        size = source.seek(0, os.SEEK_END)
        hole = os.lseek(source.fileno(), 0, os.SEEK_HOLE) if size else 0
        if hole < size:
            what = f"holds NUL bytes from byte {hole:,} on, so it is no CSV file"
            raise wrong(path, what, AS_UTF8)


def _plain(path: Path) -> tuple[Path, Dialect | None]:
    """The file that is read for this one, and how it is written; None: it is Parquet."""
    try:
        str(path).encode()
        glance(path)
        plain = formats.plain(path)
        if formats.of(plain).name == parquet_file.NAME:
            parquet_file.check(plain)
            return plain, None
        with formats.told_of(path, plain), plain.open("rb") as source:
            head = source.read(HEAD_BYTES)
            check_text(plain, head)
            return plain, sniff(plain, head)
    except UnicodeEncodeError:
        raise wrong(path, "has a name that is not UTF-8", "Rename it") from None
    except OSError as error:
        raise wrong(path, f"cannot be read ({error.strerror})", "Look at its permissions") from None
