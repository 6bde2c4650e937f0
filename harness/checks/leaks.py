"""Which column alone tells the target: the evidence where a figure is too good to be true."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple, Protocol

from harness.checks import metrics
from harness.records import Task

if TYPE_CHECKING:
    import numpy as np
    import pandas as pd

ENOUGH = 20_000  # rows of each part to tell by
BINS = 50  # of a number's range


class Alone(NamedTuple):
    """A raw column, and the leading figure on held-out rows of what it says by itself."""

    column: str
    figure: float


class Part(Protocol):
    """Rows of a table without the target, and their labels."""

    @property
    def columns(self) -> list[str]:
        """Their names."""
        ...

    @property
    def rows(self) -> list[list[str]]:
        """A text per column."""
        ...

    @property
    def labels(self) -> list[str]:
        """A label per row."""
        ...


def strongest(task: Task, classes: Sequence[str], visible: Part, held: Part) -> Alone | None:
    """The column with the highest leading figure on the held-out rows; None without any.

    A column speaks by what visible rows of its value, or near its number, have on average.
    """
    import numpy as np  # noqa: PLC0415 - slow to import
    import pandas as pd  # noqa: PLC0415

    metric = metrics.OF_TASK[task][0] if metrics.OF_TASK[task] else ""
    if not metric or not visible.labels or not held.labels:
        return None
    truth = _truth(task, classes, visible.labels)
    seen = pd.DataFrame(visible.rows, columns=visible.columns, dtype=str)
    new = pd.DataFrame(held.rows, columns=held.columns, dtype=str)
    found = []
    for at, column in enumerate(visible.columns):
        for made in _scores(seen.iloc[:, at], new.iloc[:, at], truth):
            rows = np.column_stack([1 - made, made]) if task is Task.BINARY else made
            figure = metrics.figures(task, classes, held.labels, rows.tolist()).get(metric)
            if figure is not None:
                found.append(Alone(column, figure))
    return max(found, key=lambda one: one.figure, default=None)


def _truth(task: Task, classes: Sequence[str], labels: Sequence[str]) -> np.ndarray[Any, Any]:
    """What is averaged: numbers, or 1 for a row's class and 0 for each other."""
    import numpy as np  # noqa: PLC0415

    if task is Task.REGRESSION:
        return np.array([[float(one)] for one in labels])
    wanted = classes[-1:] if task is Task.BINARY else classes
    return np.array([[float(label == one) for one in wanted] for label in labels])


def _scores(
    seen: pd.Series, new: pd.Series, truth: np.ndarray[Any, Any]
) -> Iterator[np.ndarray[Any, Any]]:
    """Averages by value, and where most values are numbers, by number."""
    import numpy as np  # noqa: PLC0415
    import pandas as pd  # noqa: PLC0415

    yield _averages(seen, new, truth)
    numbers, others = (
        pd.to_numeric(one, errors="coerce").clip(-1e300, 1e300) for one in (seen, new)
    )
    if numbers.notna().mean() > 0.5:
        edges = np.unique(numbers.dropna().quantile(np.linspace(0, 1, BINS + 1)))[1:-1]
        near, far = (np.searchsorted(edges, one, side="right") for one in (numbers, others))
        yield _averages(pd.Series(near), pd.Series(far), truth)


def _averages(seen: pd.Series, new: pd.Series, truth: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
    import pandas as pd  # noqa: PLC0415

    made = pd.DataFrame(truth).groupby(seen.to_numpy()).mean()
    found: np.ndarray[Any, Any] = made.reindex(new.to_numpy()).to_numpy(dtype=float, copy=True)
    rows, columns = pd.isna(found).nonzero()
    found[rows, columns] = truth.mean(axis=0)[columns]
    return found
