"""Numbers, dates and times that are stored as text: how those of a column are written.

Columns of few values are read whole. Of others some values are looked at first; where most are
notated, all rows are counted by their shape, in which digits that do not matter are alike.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from harness.profiles import amounts, days, sql
from harness.profiles.columns import AS_TEXT, FEW_WORDS, LONGEST_VALUE, Column, many, quoted
from harness.profiles.tables import Table

SAMPLED = 1000  # values
SHAPES = 50_000  # most that are counted
FLAGS = {
    *(("n", "y"), ("f", "t"), ("off", "on"), ("ja", "nein"), ("non", "oui"), ("no", "si")),
    *(("no", "sí"), ("no", "sì"), ("não", "sim"), ("nao", "sim"), ("ja", "nee"), ("ano", "ne")),
}
Counts = Iterable[tuple[str, int]]


@dataclass
class _Found:
    """Values of one kind: rows by their marks, and a value that shows how they are written."""

    rows: Counter[frozenset[str]] = field(default_factory=Counter)
    example: str = ""
    telling: int = -1

    def add(self, value: str, count: int, marks: frozenset[str]) -> None:
        self.rows[marks] += count
        telling = len(marks - amounts.PLAIN - days.OPEN)
        if telling > self.telling:
            self.telling, self.example = telling, value.strip()


@dataclass
class _Reading:
    """What the values of a column can be read as."""

    total: int = 0
    numbers: _Found = field(default_factory=_Found)
    days: _Found = field(default_factory=_Found)
    others: list[tuple[str, int]] = field(default_factory=list)

    @property
    def of_days(self) -> bool:
        """Mostly dates or times."""
        return 2 * self.days.rows.total() >= self.total > 0

    @property
    def phrases(self) -> tuple[str, ...]:
        """How the numbers are written, if most are numbers and some are written oddly."""
        mostly = 2 * self.numbers.rows.total() >= self.total > 0
        return amounts.describe(self.numbers.rows) if mostly else ()


def note(table: Table, columns: Sequence[Column]) -> None:
    """Fill in the samples of text columns, and how their values are written where that is odd."""
    for column in columns:
        if not column.inspected or column.type != "text":
            continue
        if column.counts is None:
            _note_many(table, column)
            continue
        column.sample = [value for value, _ in column.counts[:SAMPLED]]
        _note(column, _read(column.counts, csv=bool(table.dialect)))
        column.notes += _flag(column.counts)


def _note_many(table: Table, column: Column) -> None:
    there, csv = f"WHERE {column.sql} <> ''", bool(table.dialect)
    some = table.query(f"left({column.sql}, {LONGEST_VALUE + 1})", f"{there} LIMIT {SAMPLED}")
    column.sample = [str(row[0]) for row in some]
    sample = _read(((value, 1) for value in column.sample), csv=csv)
    if sample.of_days or sample.phrases:
        shape = (sql.DAY_SHAPE if sample.of_days else sql.AMOUNT_SHAPE).replace("@", column.sql)
        grouped = f"{there} GROUP BY shape ORDER BY number DESC, shape LIMIT {SHAPES}"
        found = table.query(f"{shape} AS shape, count(*) AS number", grouped)
        whole = _read(((str(shape), int(number)) for shape, number in found), csv=csv)
        whole.numbers.example, whole.days.example = sample.numbers.example, sample.days.example
        if any(char.isdigit() for shape, _ in whole.others for char in shape):
            whole.others = []  # shapes are no values
        _note(column, whole, cut=len(found) == SHAPES)


def _flag(counts: Counts) -> tuple[str, ...]:
    """Two levels that are short for no and yes; these words speak for themselves."""
    levels = sorted(value for value, _ in counts)
    folded = tuple(sorted(value.strip().casefold() for value in levels))
    listed = " and ".join(map(quoted, levels))
    return (f"a flag, written as {listed}",) if folded in FLAGS else ()


def _read(counts: Counts, *, csv: bool) -> _Reading:
    made = _Reading()
    for value, count in counts:
        if value.isspace() or (csv and value in sql.NOT_VALUES):
            continue
        made.total += count
        if marks := days.read(value):
            made.days.add(value, count, marks)
        elif marks := amounts.read(value):
            made.numbers.add(value, count, marks)
        else:
            made.others.append((value, count))
    return made


def _note(column: Column, reading: _Reading, *, cut: bool = False) -> None:
    iso = all("iso" in marks for marks in reading.days.rows)
    if reading.of_days and not (iso and 2 * column.facts["moments"] >= column.values):
        column.notated, found = "date", reading.days
        said = days.describe(found.rows)
    elif phrases := reading.phrases:
        column.notated, found = "amount", reading.numbers
        said = f"{AS_TEXT}: " + ", ".join(phrases)
    else:
        return
    blank = column.facts["blank"]
    odd = [many(blank, "blank value")] if blank else []
    rest = column.values - blank - found.rows.total()
    if rest and not cut and 0 < len(reading.others) <= FEW_WORDS:
        odd += [f"{count:,} × {quoted(word)}" for word, count in reading.others]
    elif rest and not cut:
        odd.append(many(rest, "other value"))
    said = f"{said}, such as {quoted(found.example)}"
    column.notation = f"{said}; {', '.join(odd)}" if odd else said
