"""What is made of one column: numbers, parts of dates, or which of its values a row has.

What becomes of a value is settled on the rows that are learned from and then holds for all rows,
so that held-out rows are prepared by what visible ones told. Features have the names of the
prompts, as a service may be written for them: COLUMN_VALUE, COLUMN_missing, COLUMN_other and so on.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol

from harness.profiles import keys
from harness.profiles.columns import cut
from harness.runs.reference import amounts, moments
from harness.runs.reference.amounts import Notation
from harness.runs.reference.reading import Values

if TYPE_CHECKING:
    import numpy as np

FREQUENT = 10  # of a text column with more, the values that are
FEW = 20  # values of a text column that is worth a column each
LONGEST_LEVEL = 80  # characters of a value in the name of a feature
KEYLIKE = 0.5  # share of values that differ from which on a text is a key, or free text
MIXED = 0.5  # share of numbers from which on the words among them count as missing
SAMPLED = 1000  # values of a text that are looked at


class Way(Protocol):
    """How a column becomes features."""

    @property
    def suffixes(self) -> tuple[str, ...]:
        """What the features' names end in."""

    @property
    def fill(self) -> float | None:
        """What stands where there is no value; None: the middle one of the others."""

    def read(self, different: np.ndarray[Any, Any]) -> list[np.ndarray[Any, Any]]:
        """For each feature what it is for each of the values; NaN where it has none."""


@dataclass(frozen=True)
class Numbers:
    """The number that a value is."""

    notation: Notation | None = None  # None: written plainly
    suffixes: tuple[str, ...] = ("",)
    fill: None = None

    def read(self, different: np.ndarray[Any, Any]) -> list[np.ndarray[Any, Any]]:
        """The numbers."""
        if self.notation is None:
            return [amounts.plain(different)]
        return [amounts.read(different, self.notation)]


@dataclass(frozen=True)
class Moments:
    """Parts of a date."""

    forms: tuple[str, ...]
    suffixes: tuple[str, ...] = tuple(f"_{part}" for part in moments.PARTS)
    fill: None = None

    def read(self, different: np.ndarray[Any, Any]) -> list[np.ndarray[Any, Any]]:
        """The parts."""
        return moments.parts(moments.read(different, self.forms))


@dataclass(frozen=True)
class Levels:
    """For each of these values whether it is the one."""

    levels: tuple[str, ...]
    fill: float = 0

    @property
    def suffixes(self) -> tuple[str, ...]:
        """The values."""
        return tuple(f"_{cut(level, LONGEST_LEVEL)}" for level in self.levels)

    def read(self, different: np.ndarray[Any, Any]) -> list[np.ndarray[Any, Any]]:
        """Ones and zeros."""
        return [(different == level).astype(float) for level in self.levels]


@dataclass(frozen=True)
class Many:
    """The same for the most frequent values, and whether it is any other."""

    frequent: Levels
    fill: float = 0

    @property
    def suffixes(self) -> tuple[str, ...]:
        """The most frequent values, and the others."""
        return (*self.frequent.suffixes, "_other")

    def read(self, different: np.ndarray[Any, Any]) -> list[np.ndarray[Any, Any]]:
        """Ones and zeros."""
        import numpy as np  # noqa: PLC0415

        found = self.frequent.read(different)
        return [*found, 1 - np.sum(found, axis=0)]


def way(name: str, column: Values, rows: int, most: int = FEW) -> Way | None:
    """How a column becomes features, by the values it has in so many rows; None: in no way.

    At most so many of its values get a feature each. Constants, keys and free text tell nothing.
    """
    import numpy as np  # noqa: PLC0415

    present, distinct = column.present, len(column.different)
    if not present or (distinct == 1 and present == rows):
        return None
    numbers = amounts.plain(column.different)
    share = float(column.counts[~np.isnan(numbers)].sum()) / present
    ranked = column.ranked(SAMPLED)
    is_number = share >= amounts.MOSTLY or (share >= MIXED and distinct > FEW)
    if forms := moments.packed(ranked) if is_number else moments.forms(ranked):
        return Moments(forms)
    if is_number:
        return None if _is_key(name, numbers, present, rows) else Numbers()
    notation = amounts.notation(ranked)
    return _of_text(column, most) if notation is None else Numbers(notation)


def _of_text(column: Values, most: int) -> Way | None:
    distinct = len(column.different)
    if distinct > FEW and distinct > KEYLIKE * column.present:
        return None
    levels = [value for value, _ in column.ranked(max(most, FEW))]
    if distinct <= most:
        return Levels(tuple(sorted(levels)))
    return Many(Levels(tuple(sorted(levels[: min(most, FREQUENT)]))))


def _is_key(name: str, numbers: np.ndarray[Any, Any], present: int, rows: int) -> bool:
    """Whether whole numbers that all differ only count the rows."""
    import numpy as np  # noqa: PLC0415

    if present < rows or len(numbers) < rows or rows <= FEW or np.isnan(numbers).any():
        return False
    if (numbers != np.floor(numbers)).any() or np.abs(numbers).max() >= amounts.LARGEST:
        return False
    return keys.of_numbers(name, int(numbers.min()), int(numbers.max()), rows, 1)
