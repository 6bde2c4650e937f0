"""What is to be predicted, as numbers: which class a row is of, or the number it holds."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from harness.checks import labels
from harness.checks.labels import Reading, Unreadable
from harness.profiles.columns import quoted
from harness.records import DatasetSpec, Task

if TYPE_CHECKING:
    import numpy as np
    import pandas as pd

MOST_CLASSES = 200


@dataclass(frozen=True)
class Target:
    """How a target is read. ``classes``: in the order of the numbers that stand for them."""

    task: Task
    classes: tuple[str, ...]
    reading: Reading  # as checks read it, so that both speak of the same rows

    def numbers(self, column: pd.Series) -> np.ndarray[Any, Any]:
        """The number that stands for each row's target: NaN where there is none.

        Of a binary target all that is not positive is 0; a class that is not known is -1.
        """
        import numpy as np  # noqa: PLC0415
        import pandas as pd  # noqa: PLC0415

        of_rows, different = pd.factorize(column.to_numpy())
        read = [self._number(self.reading(str(one))) for one in different]
        made: np.ndarray[Any, Any] = np.array([*read, np.nan])[of_rows]
        return made

    def _number(self, label: str | None) -> float:
        if label is None:
            return float("nan")
        if self.task is Task.REGRESSION:
            return float(label)
        if self.task is Task.BINARY:
            return float(label == self.classes[-1])
        return float(self.classes.index(label) if label in self.classes else -1)

    def labels(self, numbers: Iterable[float]) -> list[str]:
        """The same as text, as figures are made of: what is of no class is empty."""
        if self.task is Task.REGRESSION:
            return [repr(float(one)) for one in numbers]
        return [self.classes[int(one)] if one >= 0 else "" for one in numbers]


def learn(column: pd.Series, dataset: DatasetSpec, words: frozenset[str]) -> Target:
    """How the target of these rows is read. Raises ValueError where it tells nothing.

    ``words`` stand for a missing value.
    """
    there = column[column.notna()]
    if dataset.task is Task.REGRESSION:
        return _of_numbers(there)
    words -= {dataset.positive} if dataset.positive is not None else set()
    classes = sorted(one for one in map(str, there.unique()) if one.strip() and one not in words)
    if not classes:
        raise ValueError("no row has a target")
    if dataset.task is Task.BINARY:
        return _of_two(classes, dataset.positive or "")
    if len(classes) < 2:
        raise ValueError(f"all rows are {quoted(classes[0])}")
    if len(classes) > MOST_CLASSES:
        raise ValueError(f"the target has {len(classes):,} classes, and {MOST_CLASSES} are learned")
    return Target(dataset.task, tuple(classes), labels.of_classes(classes))


def _of_two(classes: list[str], positive: str) -> Target:
    if positive not in classes:
        raise ValueError(f"no row is {quoted(positive)}, the positive value")
    others = [one for one in classes if one != positive]
    if not others:
        raise ValueError(f"all rows are {quoted(positive)}")
    reading = labels.of_classes([*others, positive])
    return Target(Task.BINARY, (others[0], positive), reading)  # all others are one


def _of_numbers(there: pd.Series) -> Target:
    try:
        reading = labels.of_numbers(lambda: map(str, there))
    except Unreadable as error:
        raise ValueError(str(error)) from None
    if all(reading(str(one)) is None for one in there.unique()):
        raise ValueError("no row has a target")
    return Target(Task.REGRESSION, (), reading)
