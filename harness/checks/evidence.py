"""What checks may know of the data. Only this module reads the held-out labels."""

from __future__ import annotations

import csv
import hashlib
import io
from collections.abc import Iterator
from itertools import islice
from pathlib import Path
from typing import NamedTuple

from harness.checks import labels, leaks, sources
from harness.checks.labels import Reading
from harness.profiles import formats
from harness.profiles.rows import values
from harness.profiles.tables import open_table
from harness.records import (
    CheckResult,
    CheckStatus,
    DatasetSpec,
    Record,
    ReferenceFigures,
    Task,
)


class Seen(NamedTuple):
    """Rows of a part of the table: the columns but the target, and their labels."""

    columns: list[str]
    rows: list[list[str]]
    labels: list[str]


class Evidence(Record):
    """A table's two parts and its target, and what a notebook printed as it made the artifacts.

    A row whose target is missing is in none of what the methods give, so that features and
    labels of held-out rows are of the same rows, in the table's order. ``every`` leaves rows of a
    large table out: the first is given, and then each so many further on.
    """

    dataset: DatasetSpec
    visible: Path
    held: Path | None
    rows: int  # of the visible part, those without a target among them
    classes: tuple[str, ...] = ()  # of the target, in the order of the numbers that stand for them
    reference: ReferenceFigures | None = None  # what the harness's own pipeline reaches
    reference_problem: str = ""  # why there is none
    reference_held: Path | None = None  # held-out rows as its table has them, if that was read
    preparation: tuple[str, ...] = ()  # cells that made the prepared table; none: not known
    printed: str = ""

    @property
    def task(self) -> Task:
        """What the target asks for."""
        return self.dataset.task

    @property
    def target(self) -> str | None:
        """The column to predict."""
        return self.dataset.target

    @property
    def positive(self) -> str | None:
        """The value of it that a probability is of."""
        return self.dataset.positive

    @property
    def ordered_classes(self) -> tuple[str, ...]:
        """The classes; of a binary target the positive one last, be it among the rows or not."""
        if self.positive is None:
            return self.classes
        positive = labels.speller(self.classes)(self.positive)
        others = tuple(one for one in self.classes if one != positive)
        return (*(others or ("",)), positive)

    def reading(self) -> Reading:
        """How the target's values are read. Raises Unreadable where a number's are not clear."""
        if self.task is Task.REGRESSION:
            return labels.of_numbers(self._targets)
        return labels.of_classes(self.ordered_classes)

    def visible_rows(self, most: int | None = None) -> bytes:
        """The visible rows that have a target as plain CSV, however the table is written.

        ``most``: only so many, from the first on. Raises Unreadable.
        """
        rows = self._written(self._plain(self.visible))
        return _as_csv(rows if most is None else islice(rows, most + 1))

    def visible_labels(self) -> list[str]:
        """The labels of visible rows. Raises Unreadable."""
        return self._labels(self.visible)

    def held_features(self, every: int = 1) -> bytes:
        """The held-out rows as CSV without the target; empty where none are held out."""
        if self.held is None:
            return b""
        seen = self._part(self._plain(self.held), every)
        return _as_csv(iter([seen.columns, *seen.rows]))

    def held_labels(self) -> list[str]:
        """The labels of held-out rows, for outside of a sandbox only. Raises Unreadable."""
        return [] if self.held is None else self._labels(self.held)

    def held_count(self) -> int:
        """How many rows are held out. Raises Unreadable."""
        return len(self.held_labels())

    def strongest(self) -> leaks.Alone | None:
        """The raw column that tells most of the held-out labels by itself. Raises Unreadable."""
        if self.held is None or self.target is None:
            return None
        visible, held = self._sample(self.visible), self._sample(self.held)
        return leaks.strongest(self.task, self.ordered_classes, visible, held)

    def source_of_target(self) -> str | None:
        """The raw columns that determine the target by themselves, in words. Raises Unreadable."""
        if self.target is None:
            return None
        visible = self._sample(self.visible)
        return sources.source(visible, has_classes=self.task.has_classes)

    def repeats(self) -> list[bool]:
        """Of each visible row with a target, whether an earlier one is the same.

        Raises Unreadable.
        """
        rows = self._written(self._plain(self.visible))
        next(rows)
        known: set[bytes] = set()
        found = []
        for row in rows:
            digest = hashlib.blake2b("\0".join(row).encode(), digest_size=16).digest()
            found.append(digest in known)
            known.add(digest)
        return found

    def _plain(self, path: Path) -> Path:
        return formats.plain(path, self.dataset.sheet)

    def _sample(self, path: Path) -> Seen:
        seen = self._part(self._plain(path), 1)
        every = max(1, len(seen.rows) // leaks.ENOUGH)
        return Seen(seen.columns, seen.rows[::every], seen.labels[::every])

    def _part(self, path: Path, every: int) -> Seen:
        found = values(path)
        header = next(found)
        if self.target is None:
            return Seen(header, list(found)[::every], [])
        at, read = header.index(self.target), self.reading()
        made = Seen([*header[:at], *header[at + 1 :]], [], [])
        number = 0
        for row in found:
            label = read(row[at])
            if label is not None:
                if number % every == 0:
                    made.rows.append([*row[:at], *row[at + 1 :]])
                    made.labels.append(label)
                number += 1
        return made

    def _written(self, path: Path) -> Iterator[list[str]]:
        """Header and rows as they are written, without those that have no target."""
        found = values(path)
        header = next(found)
        yield header
        if self.target is None:
            yield from found
            return
        at, read = header.index(self.target), self.reading()
        yield from (row for row in found if read(row[at]) is not None)

    def _labels(self, path: Path) -> list[str]:
        if self.target is None:
            return []
        read = self.reading()
        found = (read(value) for value in _column(self._plain(path), self.target))
        return [label for label in found if label is not None]

    def _targets(self) -> Iterator[str]:
        for part in (self.visible, self.held):
            if part is not None and self.target is not None:
                yield from _column(self._plain(part), self.target)


def _column(path: Path, name: str) -> Iterator[str]:
    with open_table(path) as table:
        at = [column for column, _ in table.columns].index(name)
        for (value,) in table.stream(f"CAST(c{at} AS VARCHAR)"):
            yield value or ""


def _as_csv(rows: Iterator[list[str]]) -> bytes:
    out = io.StringIO(newline="")
    csv.writer(out).writerows(rows)
    return out.getvalue().encode()


def passed(name: str, message: str, figure: float | None, *, holds: bool) -> CheckResult:
    """A result that either holds or not."""
    status = CheckStatus.PASSED if holds else CheckStatus.FAILED
    return CheckResult(name=name, status=status, figure=figure, message=message)


def unjudged(name: str, message: str, figure: float | None = None) -> CheckResult:
    """A result that says why the property cannot be judged."""
    return CheckResult(name=name, status=CheckStatus.UNJUDGED, figure=figure, message=message)
