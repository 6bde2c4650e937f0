"""The rows of a table as text, whatever it is written like."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator
from pathlib import Path

from harness.profiles.dialects import LONGEST_LINE, Dialect
from harness.profiles.tables import open_table


def records(path: Path, dialect: Dialect) -> Iterator[tuple[str, list[str]]]:
    """Each record of a CSV file from its header on, and its fields; an empty line has none.

    The text is as written, line ends and all; a quoted line break does not end it.
    """
    taken: list[str] = []

    def lines() -> Iterator[str]:
        for line in source:
            taken.append(line)
            yield line

    before = csv.field_size_limit(LONGEST_LINE)
    try:
        with path.open(newline="", encoding="utf-8-sig") as source:
            for _ in range(dialect.skip):
                next(source)
            for fields in csv.reader(lines(), delimiter=dialect.delimiter, quotechar=dialect.quote):
                yield "".join(taken), fields
                taken.clear()
    finally:
        csv.field_size_limit(before)


def values(path: Path) -> Iterator[list[str]]:
    """The columns' names, as pandas has them, and each row. Raises DataError, OSError."""
    with open_table(path) as table:
        yield [name for name, _ in table.columns]
        if table.dialect is None:
            for row in table.query("*"):
                yield ["" if value is None else str(value) for value in row]
            return
        found = records(table.plain, table.dialect)
        next(found)
        for _, fields in found:
            if fields:
                yield fields


def as_plain_csv(path: Path) -> bytes:
    """The table with commas, double quotes and names that differ, as every reader takes it."""
    out = io.StringIO(newline="")
    csv.writer(out).writerows(values(path))
    return out.getvalue().encode()
