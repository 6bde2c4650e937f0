"""What the pipeline learns of the visible rows before anything is made of them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from harness.records import DatasetSpec
from harness.runs.reference import preparing, targets
from harness.runs.reference.preparing import Recipe
from harness.runs.reference.reading import Source
from harness.runs.reference.targets import Target

if TYPE_CHECKING:
    import numpy as np
    import pandas as pd

MOST_ROWS = 200_000  # that are learned from
MOST_CELLS = 10_000_000  # likewise; as text they take about 1 GB


@dataclass(frozen=True)
class Learned:
    """Rows that were learned from, as text and without those that have no target."""

    rows: pd.DataFrame
    numbers: np.ndarray[Any, Any] | None  # their target; None: there is none to predict
    recipe: Recipe
    target: Target | None
    note: str  # where these are not all rows


def learn(source: Source, dataset: DatasetSpec, most_rows: int = MOST_ROWS) -> Learned:
    """Settle how rows are prepared, on all of them or, of a large table, on some.

    Raises ValueError where nothing can be learned, DataError where the table cannot be read.
    """
    import numpy as np  # noqa: PLC0415
    import pandas as pd  # noqa: PLC0415

    most = min(most_rows, MOST_CELLS // max(1, len(source.places)))
    pieces = list(source.pieces(most))
    if not pieces:
        raise ValueError("it has no rows")
    rows = pd.concat(pieces, ignore_index=True)
    note = ""
    if len(rows) < source.rows:
        note = f"learned from a sample of {len(rows):,} of {source.rows:,} rows"
    target = numbers = None
    if source.target is not None:
        target = targets.learn(rows[source.target], dataset, source.words)
        numbers = target.numbers(rows[source.target])
        there = ~np.isnan(numbers)
        rows, numbers = rows[there], numbers[there]
    recipe = preparing.learn(rows, source.names, source.words, dataset.target)
    if not recipe.columns:
        raise ValueError("no column holds numbers, dates or values that come again")
    return Learned(rows, numbers, recipe, target, note)
