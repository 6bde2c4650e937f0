"""What values a target has: how often each occurs, and in which order they are classes."""

from __future__ import annotations

from harness.profiles import sql
from harness.profiles.columns import FEW, LONGEST_VALUE, Column, cut
from harness.profiles.tables import Table
from harness.records import DatasetSpec, Task


def balance(table: Table, target: Column, spec: DatasetSpec) -> tuple[tuple[str, float], ...]:
    """The shares of the most frequent values; none of numbers that are no classes."""
    if target.numeric and target.distinct > FEW:
        return ()
    counts = _labels(table, target, spec)
    if target.counts is None:
        counts = most_frequent(table, target, f"{target.sql} IS NOT NULL", FEW)
    rows = sum(count for _, count in counts) if target.counts else target.facts["present"]
    return tuple((cut(value), count / rows) for value, count in counts[:FEW])


def classes(table: Table, target: Column, spec: DatasetSpec) -> tuple[str, ...]:
    """The target's values as scikit-learn's LabelEncoder numbers them; the positive one last.

    None where there are no classes, or more than are counted.
    """
    if not spec.task.has_classes or target.counts is None:
        return ()
    values = sorted(value for value, _ in _labels(table, target, spec))
    if spec.task is Task.BINARY and spec.positive in values:
        values = [*(value for value in values if value != spec.positive), spec.positive]
    return tuple(values)


def most_frequent(table: Table, column: Column, where: str, most: int) -> list[tuple[str, int]]:
    """The most frequent values of the rows that the SQL ``where`` holds for, and how many each."""
    rest = f"WHERE {where} GROUP BY word ORDER BY number DESC, word LIMIT {most}"
    word = f"left({column.as_text}, {LONGEST_VALUE + 1})"
    return [
        (str(found[0]), int(found[1]))
        for found in table.query(f"{word} AS word, count(*) AS number", rest)
    ]


def _labels(table: Table, target: Column, spec: DatasetSpec) -> list[tuple[str, int]]:
    """The values of a target with their rows, without those that pandas reads as missing.

    The positive one is a value whatever pandas makes of it.
    """
    missing = {*sql.NOT_VALUES} - {spec.positive} if table.dialect else set()
    found = (one for one in target.counts or () if not one[0].isspace())
    return [(value, rows) for value, rows in found if value not in missing]
