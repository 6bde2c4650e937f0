"""Makes features of a table: whole numbers or reals, none missing, each with a name of its own."""

from __future__ import annotations

from collections.abc import Container
from dataclasses import dataclass
from itertools import count
from typing import TYPE_CHECKING, Any

from harness.profiles.dialects import printable
from harness.runs.reference.amounts import LARGEST
from harness.runs.reference.columns import FEW, Way, way
from harness.runs.reference.reading import Values, values

if TYPE_CHECKING:
    import numpy as np
    import pandas as pd

MOST_LEVELS = 4000  # features that tell values of texts apart, of all columns together
FEWEST_LEVELS = 2  # of one column, however many there are
EXACT = 2.0**53  # up to which whole numbers are told apart
REFUSED = str.maketrans("[]<", "___")  # by XGBoost, in the name of a feature


@dataclass(frozen=True)
class Feature:
    """One of those that a column becomes."""

    name: str
    part: int  # of what its way reads
    fill: float  # where there is no value
    missing: bool = False  # it tells only whether there is none


@dataclass(frozen=True)
class Column:
    """A column of the table and what it becomes."""

    at: int
    way: Way
    features: tuple[Feature, ...]

    def made(self, column: Values) -> dict[str, np.ndarray[Any, Any]]:
        """Its features for rows, by their names."""
        read = self.way.read(column.different)
        found = {}
        for feature in self.features:
            if feature.missing:
                found[feature.name] = _is_missing(read[0], column).astype("int8")
            else:
                found[feature.name] = _compact(_spread(read[feature.part], column, feature.fill))
        return found


@dataclass(frozen=True)
class Recipe:
    """How rows of a table become features."""

    columns: tuple[Column, ...]
    words: frozenset[str]  # that stand for a missing value

    @property
    def names(self) -> list[str]:
        """The features, in order."""
        return [feature.name for column in self.columns for feature in column.features]

    def features(self, piece: pd.DataFrame) -> pd.DataFrame:
        """The features of rows, which are text; columns are called by their places."""
        import pandas as pd  # noqa: PLC0415

        made: dict[str, np.ndarray[Any, Any]] = {}
        for column in self.columns:
            made |= column.made(values(piece[column.at], self.words))
        return pd.DataFrame(made, index=piece.index)


def learn(
    rows: pd.DataFrame, names: dict[int, str], words: frozenset[str], target: str | None
) -> Recipe:
    """A recipe from the rows that are learned from. ``names`` are of columns, by their places."""
    most = min(FEW, max(FEWEST_LEVELS, MOST_LEVELS // max(1, len(names))))
    taken: set[str] = {target} if target is not None else set()
    found = []
    for at, name in names.items():
        column = values(rows[at], words)
        how = way(name, column, len(rows), most)
        if how is not None and (features := _features(name, how, column, taken)):
            found.append(Column(at, how, tuple(features)))
    return Recipe(tuple(found), words)


def _features(name: str, how: Way, column: Values, taken: set[str]) -> list[Feature]:
    """Those features that are no constant."""
    import numpy as np  # noqa: PLC0415

    found = []

    def add(suffix: str, part: int, fill: float, *, missing: bool = False) -> None:
        new = _new_name(name + suffix, taken)
        taken.add(new)
        found.append(Feature(new, part, fill, missing))

    read = how.read(column.different)
    for part, suffix in enumerate(how.suffixes):
        there = _spread(read[part], column, np.nan)
        there = there[~np.isnan(there)]
        if not len(there):
            continue
        fill = float(np.median(there)) if how.fill is None else how.fill
        lacks = len(there) < len(column.of_rows) and fill != there[0]
        if lacks or there.min() < there.max():
            add(suffix, part, fill)
    is_missing = _is_missing(read[0], column)
    if how.fill is not None and is_missing.any() and not is_missing.all():
        add("_missing", 0, 0, missing=True)
    return found


def _spread(read: np.ndarray[Any, Any], column: Values, fill: float) -> np.ndarray[Any, Any]:
    """What each row has, by what each value is."""
    import numpy as np  # noqa: PLC0415

    made: np.ndarray[Any, Any] = np.append(read, np.nan)[column.of_rows]
    return np.where(np.isnan(made), fill, made).clip(-LARGEST, LARGEST)


def _is_missing(read: np.ndarray[Any, Any], column: Values) -> np.ndarray[Any, Any]:
    import numpy as np  # noqa: PLC0415

    made: np.ndarray[Any, Any] = np.isnan(np.append(read, np.nan)[column.of_rows])
    return made


def _compact(made: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
    """Whole numbers as such, small ones in a byte."""
    import numpy as np  # noqa: PLC0415

    if not len(made) or (made != np.floor(made)).any() or np.abs(made).max() > EXACT:
        return made
    return made.astype("int8" if np.abs(made).max() < 128 else "int64")


def _new_name(name: str, taken: Container[str]) -> str:
    """A name for a feature: on one line, taken by XGBoost, and by no other feature."""
    plain = " ".join(printable(name).translate(REFUSED).split()) or "blank"
    made = (f"{plain}.{number}" if number else plain for number in count())
    return next(one for one in made if one not in taken)
