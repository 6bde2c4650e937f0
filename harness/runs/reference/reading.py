"""Reads rows of a table as text, however it is written, some at a time.

A value is what the file says, without spaces around it; what stands for a missing one is none.
Nothing is read whole: a table of any size passes through in pieces of so many cells.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from harness.profiles import formats, sql
from harness.profiles.dialects import diagnose, wrong
from harness.profiles.tables import REWRITE, Table, open_table

if TYPE_CHECKING:
    import numpy as np
    import pandas as pd

CELLS = 2_000_000  # in a piece, some 150 MB
VECTOR = 2048  # rows that the library hands over together
LONGEST = 200  # characters of a value: the beginning tells one from another
NO_VALUES = ("STRUCT", "MAP", "UNION", "BLOB")  # types that hold no value of their own


@dataclass(frozen=True)
class Source:
    """An open table. Of its columns those are read that hold single values."""

    table: Table
    places: tuple[int, ...]  # of the columns that are read, the target's among them
    target: int | None  # its place
    rows: int
    words: frozenset[str]  # that stand for a missing value, as pandas has it

    @property
    def names(self) -> dict[int, str]:
        """The columns that are read, by their places, but the target."""
        columns = self.table.columns
        return {at: columns[at][0] for at in self.places if at != self.target}

    def pieces(self, most: int | None = None, cells: int = CELLS) -> Iterator[pd.DataFrame]:
        """All rows in order, or some ``most`` of them, by a hash of what they hold.

        Columns are called by their places, and hold text or None. Raises DataError.
        """
        import duckdb  # noqa: PLC0415 - slow to import

        asked = ", ".join(self._expression(at) for at in self.places)
        statement = f"SELECT {asked} FROM {self.table.source}"  # noqa: S608 - no value is in it
        arguments = list(self.table.arguments)
        if most is not None and most < self.rows:
            hashed = ", ".join(f"c{at}" for at in self.places if at != self.target)
            statement += f" WHERE hash({hashed}) % {self.rows} < {most}"
        vectors = max(1, cells // (VECTOR * max(1, len(self.places))))
        try:
            found = self.table.connection.execute(statement, arguments)
            while len(piece := found.fetch_df_chunk(vectors)):
                piece.columns = list(self.places)
                yield piece.astype(object)
        except (duckdb.Error, RuntimeError, UnicodeError) as error:
            if "interrupt" in str(error).lower()[:40]:
                raise KeyboardInterrupt from None
            if self.table.dialect:
                diagnose(self.table.path, self.table.dialect)
            raise wrong(self.table.path, "cannot be read to its end", REWRITE) from None

    def _expression(self, at: int) -> str:
        value = f"CAST(c{at} AS VARCHAR)"
        return value if at == self.target else f"left({value}, {LONGEST})"


@contextlib.contextmanager
def source(path: Path, sheet: str | None, target: str | None) -> Iterator[Source]:
    """The table in a file of any format. Raises DataError, StoreError, OSError."""
    with open_table(formats.plain(path, sheet)) as table:
        names = [name for name, _ in table.columns]
        places = [at for at, (_, kind) in enumerate(table.columns) if _is_single(kind)]
        yield Source(
            table=table,
            places=tuple(places),
            target=names.index(target) if target is not None else None,
            rows=int(table.query("count(*)")[0][0]),
            words=frozenset(sql.NOT_VALUES if table.dialect else ()),
        )


def _is_single(kind: str) -> bool:
    return not kind.endswith("]") and kind.partition("(")[0] not in NO_VALUES


@dataclass(frozen=True)
class Values:
    """A column: its values that differ, and for each row which of them it has; -1: none."""

    different: np.ndarray[Any, Any]  # of str
    of_rows: np.ndarray[Any, Any]  # places in ``different``
    counts: np.ndarray[Any, Any] = field(repr=False)  # rows of each

    @property
    def present(self) -> int:
        """Rows that hold something."""
        return int(self.counts.sum())

    def ranked(self, most: int | None = None) -> list[tuple[str, int]]:
        """(value, rows), most frequent first."""
        import numpy as np  # noqa: PLC0415

        order = np.argsort(-self.counts, kind="stable")[:most]
        return [(str(self.different[at]), int(self.counts[at])) for at in order]


def values(column: pd.Series, words: frozenset[str]) -> Values:
    """A column's values, without spaces around them; ``words`` stand for a missing one."""
    import numpy as np  # noqa: PLC0415
    import pandas as pd  # noqa: PLC0415

    first, written = pd.factorize(column.to_numpy())
    stripped = [str(one).strip() for one in written]
    kept = np.array([None if not one or one in words else one for one in stripped], dtype=object)
    second, different = pd.factorize(kept)
    of_rows = np.where(first >= 0, np.append(second, -1)[first], -1)
    counts = np.bincount(of_rows[of_rows >= 0], minlength=len(different))
    return Values(np.asarray(different, dtype=object), of_rows, counts)
