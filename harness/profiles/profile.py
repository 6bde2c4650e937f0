"""Describes a table as a person would after an hour with it, in a few passes that load none of it.

A CSV column's type is what ``pandas.read_csv`` would make of it, dates apart: one blank among the
numbers makes it text, and a quirk says so.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TypeVar

from harness.files import OnBytes, ignore, part
from harness.profiles import formats, keys, labels, notations, sql
from harness.profiles.columns import (
    FEW,
    FEW_WORDS,
    LONGEST_VALUE,
    Column,
    cut,
    infer,
    quirks,
    quoted,
)
from harness.profiles.dialects import wrong
from harness.profiles.tables import Table, open_table, target_of
from harness.records import ColumnProfile, DatasetSpec, TableProfile

VERSION = 4  # of what a profile says: one remembered from another version is made anew
EXACT = 1000  # distinct values
COUNTED = 2 * EXACT  # an estimate errs: this way all columns with EXACT or fewer are counted
SAMPLED = 16  # of larger ones, one hash in so many is kept
TOGETHER = 32  # columns in one pass
STORING, SURVEYED, COUNTS = 0.3, 0.8, 0.9  # of the time are over once this is done, as measured
HEAD_ROWS = 1000
EXAMPLES = 3
STORED = {
    "VARCHAR": "text",
    "UUID": "text",
    "BOOLEAN": "boolean",
    "DATE": "date",
    "FLOAT": "real",
    "DOUBLE": "real",
    "DECIMAL": "real",
    "BLOB": "binary",
}
NESTED = "holds lists or records and no plain values: take them apart, or leave the column out"
T = TypeVar("T")


def profile_table(
    path: Path,
    spec: DatasetSpec,
    *,
    synthetic: bool,
    sha256: str,
    on_bytes: OnBytes = ignore,
) -> TableProfile:
    """The profile of a table with no other beside it, whose digest is ``sha256``.

    Shares are of the rows that have a target. A large CSV file is parsed once, and stored by
    columns in a temporary file that may become as large; memory does not grow with it.

    Raises DataError, one line that says file, line where it is known, and what to do.
    """
    with open_table(path, storing=True) as opened:
        written = formats.of(path)
        place = target_of(opened, spec.target) if spec.target is not None else None
        columns = [_column(i, *column, opened) for i, column in enumerate(opened.columns)]
        target = columns[place] if place is not None else None
        table = opened.stored(part(on_bytes, 0, STORING))
        rows = _survey(table, columns, part(on_bytes, STORING, SURVEYED))
        few = [c for c in columns if c.facts["distinct"] <= COUNTED]
        _count(table, few, part(on_bytes, SURVEYED, COUNTS))
        notations.note(table, columns)
        _look_closer(table, columns, rows)
        _identify(columns, rows, 1 - spec.holdout.share)
        _exemplify(table, columns)
        return TableProfile(
            dataset=spec.name,
            file=path.name,
            sha256=sha256,
            rows=rows,
            synthetic=synthetic,
            description=spec.description,
            task=spec.task,
            target=spec.target,
            target_balance=labels.balance(table, target, spec) if target else (),
            classes=labels.classes(table, target, spec) if target else (),
            reading=opened.reading,
            columns=tuple(
                _profile(column, rows, spec, csv=bool(table.dialect) and not written.knows_dates)
                for column in columns
            ),
        )


def _column(index: int, name: str, stored: str, table: Table) -> Column:
    base = stored.partition("(")[0]
    if stored.endswith("]") or base in ("STRUCT", "MAP", "UNION"):
        kind = "nested"
    elif re.fullmatch(r"U?(TINY|SMALL|BIG|HUGE)?INT(EGER)?", base):
        kind = "integer"
    else:
        kind = "timestamp" if base.startswith("TIMESTAMP") else STORED.get(base, base.lower())
    field = f"c{index}" if stored == "VARCHAR" or kind != "text" else f"CAST(c{index} AS VARCHAR)"
    column = Column(name, field, kind, inspected=kind == "text")
    if kind == "nested":
        column.notes = (NESTED,)
    if table.dialect and (called := table.dialect.header[index]) not in ("", name):
        column.notes += (f"another column is called {quoted(called)} too",)
    return column


def _survey(table: Table, columns: Sequence[Column], on_bytes: OnBytes) -> int:
    """Fill in facts and types; returns the rows. Raises DataError where there are none."""
    rows = 0
    modulus = SAMPLED if table.is_large else 1
    for group in _groups(columns, table, on_bytes):
        asked = [
            (column, name, expression.replace("@", column.sql).replace("$", str(modulus)))
            for column in group
            for name, expression in (sql.SURVEY if column.inspected else sql.SURVEY_TYPED).items()
        ]
        rows, *counts = table.query(", ".join(["count(*)", *(e for _, _, e in asked)]))[0]
        for (column, name, _), count in zip(asked, counts, strict=True):
            column.facts[name] = count
    if not rows:
        raise wrong(table.path, "has a header but no rows", "Give a table with some rows")
    for column in columns:
        column.facts["distinct"] = min(column.facts["distinct"] * modulus, column.facts["present"])
        if table.dialect:
            column.type = infer(column)
        else:
            column.facts["not_values"] = 0  # only reading a CSV file turns words into missing
    return rows


def _count(table: Table, columns: Sequence[Column], on_bytes: OnBytes) -> None:
    """Count the values of each column, a group of columns in one pass."""
    for group in _groups(columns, table, on_bytes):
        names = [f"k{i}" for i in range(len(group))]
        keys = [
            f"{sql.KEY.replace('@', column.as_text)} AS {name}"
            for column, name in zip(group, names, strict=True)
        ]
        sets = ", ".join(f"({name})" for name in names)
        found = table.query(
            ", ".join([f"grouping({', '.join(names)})", *keys, "count(*)"]),
            f"GROUP BY GROUPING SETS ({sets})",
        )
        counts: list[list[tuple[str, int]]] = [[] for _ in group]
        for mask, *values, count in found:
            # A bit is 0 for the column that this row counts; the first column has the highest.
            at = len(group) - (mask ^ ((1 << len(group)) - 1)).bit_length()
            if values[at]:
                counts[at].append((values[at], count))
        for column, counted in zip(group, counts, strict=True):
            column.counts = sorted(counted, key=lambda item: (-item[1], item[0]))


def _look_closer(table: Table, columns: Sequence[Column], rows: int) -> None:
    """What is worth asking of some columns only."""
    asked = [(c, *detail) for c in columns for detail in _details(c, csv=bool(table.dialect))]
    for group in _groups(asked, table):
        expressions = (expression.replace("@", column.sql) for column, _, expression in group)
        found = table.query(", ".join(expressions))[0]
        for (column, name, _), value in zip(group, found, strict=True):
            setattr(column, name, value)
    for column in columns:
        if column.counts is None and column.may_identify(rows):
            exact = table.query(f"count(DISTINCT hash({column.sql}))")
            column.facts["distinct"] = exact[0][0]
        if column.numbers_as_text and column.others:
            odd = sql.ODD + (f" AND NOT {sql.NOT_VALUE}" if column.facts["not_values"] else "")
            column.words = labels.most_frequent(
                table, column, odd.replace("@", column.sql), FEW_WORDS + 1
            )


def _identify(columns: Sequence[Column], rows: int, share: float) -> None:
    """Tell keys, which are short and alike, from text and measures that happen to differ."""
    for column in columns:
        if column.type == "integer" and column.minimum and column.maximum:
            low, high = int(column.minimum), int(column.maximum)
            measure = column.packed == column.values
            counted = keys.of_numbers(column.name, low, high, rows, share)
            column.key = not measure and (column.padded > 0 or counted)
        elif column.type == "text" and not column.notated and not column.dated:
            column.key = keys.of_text(column.name, [v for v in column.sample if not v.isspace()])


def _details(column: Column, *, csv: bool) -> Iterator[tuple[str, str]]:
    """Attributes of Column, and the SQL of each."""
    kind, value = column.type, "@"
    if column.inspected:
        if column.numbers_as_text:
            kind = "integer" if column.facts["whole"] == column.facts["numbers"] else "real"
        value = sql.RANGES.get(kind, "")
    elif kind == "real":
        value = "CASE WHEN NOT isnan(CAST(@ AS DOUBLE)) THEN @ END"
        yield "nans", "count(CASE WHEN isnan(CAST(@ AS DOUBLE)) THEN 1 END)"
    if kind in sql.RANGES and value:
        yield "minimum", f"CAST(min({value}) AS VARCHAR)"
        yield "maximum", f"CAST(max({value}) AS VARCHAR)"
    if kind == "integer":
        yield "packed", f"count(CASE WHEN {sql.PACKED} THEN 1 END)"
    if csv and kind == "integer":
        yield "padded", f"count(CASE WHEN {sql.PADDED} THEN 1 END)"
    if column.facts["not_values"]:
        yield "word", f"min(CASE WHEN {sql.NOT_VALUE} THEN @ END)"


def _exemplify(table: Table, columns: Sequence[Column]) -> None:
    """The first values in file order, or where there are too few, the most frequent ones."""
    for group in _groups(columns, table):
        shortened = ", ".join(f"left({c.as_text}, {LONGEST_VALUE + 1})" for c in group)
        head = table.query(shortened, f"LIMIT {HEAD_ROWS}")
        for column, values in zip(group, zip(*head, strict=True), strict=True):
            seen = [v for v in values if v and not v.isspace()]
            seen += [v for v, _ in column.counts or () if not v.isspace()]
            column.examples = tuple(dict.fromkeys(map(cut, seen)))[:EXAMPLES]


def _profile(column: Column, rows: int, spec: DatasetSpec, *, csv: bool) -> ColumnProfile:
    levels = column.counts if column.counts and len(column.counts) <= FEW else []
    return ColumnProfile(
        name=column.name,
        type=column.type,
        distinct=column.distinct,
        missing=rows - column.facts["present"],
        blank=column.facts["blank"],
        minimum=column.minimum and cut(column.minimum),
        maximum=column.maximum and cut(column.maximum),
        levels=tuple((cut(value), count) for value, count in levels),
        examples=column.examples,
        quirks=quirks(column, rows, csv=csv),
        meaning=spec.columns.get(column.name, ""),
    )


def _groups(items: Sequence[T], table: Table, on_bytes: OnBytes = ignore) -> Iterator[Sequence[T]]:
    """What is asked in one pass each; reports after each pass."""
    size = table.plain.stat().st_size
    for start in range(0, len(items), TOGETHER):
        yield items[start : start + TOGETHER]
        on_bytes(size * min(start + TOGETHER, len(items)) // len(items), size)
