"""How much a figure may be off because only so many rows are held out: its standard error.

Of the ROC AUC after Hanley and McNeil (1982), https://doi.org/10.1148/radiology.143.1.7063747, for
a given true value; of means over rows, the root mean squared error and R² by their linear
approximation (the delta method).
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Sequence

from harness.checks import metrics
from harness.checks.metrics import Predictions
from harness.records import Task


def standard_error(
    metric: str,
    task: Task,
    classes: Sequence[str],
    labels: Sequence[str],
    made: Predictions,
    at: float,
) -> float:
    """Of ``metric`` on these rows; that of an AUC is where its true value is ``at``.

    0 where there are no two rows.
    """
    if len(labels) < 2:
        return 0.0
    if metric == metrics.ROC_AUC:
        return _of_area(_counts(task, classes, labels), len(labels), at)
    if task is Task.REGRESSION:
        return _of_numbers(metric, list(map(float, labels)), [row[0] for row in made])
    if task is Task.BINARY:
        labels = [one if one == classes[-1] else "" for one in labels]
        classes = ("", classes[-1])
    return _of_mean(_losses(metric, classes, labels, made))


def least_of_class(task: Task, classes: Sequence[str], labels: Sequence[str]) -> int:
    """Rows of the class that has fewest of those that are among the rows; else all others."""
    counts = _counts(task, classes, labels)
    return min((min(one, len(labels) - one) for one in counts), default=0)


def _counts(task: Task, classes: Sequence[str], labels: Sequence[str]) -> list[int]:
    """Rows of each class that has some and is not alone; of a binary target of the positive one."""
    counts = Counter(labels)
    wanted = classes[-1:] if task is Task.BINARY else classes
    return [counts[one] for one in wanted if 0 < counts[one] < len(labels)]


def _of_area(counts: Sequence[int], total: int, at: float) -> float:
    """The mean over the classes, as if they erred together, which is at most too much."""
    area = min(max(at, 0.5), 1.0)
    first, second = area / (2 - area), 2 * area * area / (1 + area)
    errors = []
    for ones in counts:
        others = total - ones
        spread = (ones - 1) * (first - area * area) + (others - 1) * (second - area * area)
        errors.append(math.sqrt((area * (1 - area) + spread) / (ones * others)))
    return math.fsum(errors) / len(errors) if errors else 0.0


def _losses(
    metric: str, classes: Sequence[str], labels: Sequence[str], made: Predictions
) -> list[float]:
    at = {one: number for number, one in enumerate(classes)}
    truth = [at.get(one, -1) for one in labels]
    if metric == metrics.LOG_LOSS:
        return [metrics.surprise(row, one) for row, one in zip(made, truth, strict=True)]
    if metric == metrics.ACCURACY:
        best = [max(range(len(row)), key=row.__getitem__) for row in made]
        return [float(a == b) for a, b in zip(truth, best, strict=True)]
    last = len(classes) - 1
    return [(row[-1] - (one == last)) ** 2 for row, one in zip(made, truth, strict=True)]


def _of_numbers(metric: str, truth: Sequence[float], made: Sequence[float]) -> float:
    errors = [a - b for a, b in zip(truth, made, strict=True)]
    if metric == metrics.MAE:
        return _of_mean([abs(one) for one in errors])
    squares = [one * one for one in errors]
    mean = math.fsum(squares) / len(squares)
    if metric == metrics.RMSE:
        return _of_mean(squares) / (2 * math.sqrt(mean)) if mean else 0.0
    middle = math.fsum(truth) / len(truth)
    spreads = [(one - middle) ** 2 for one in truth]
    spread = math.fsum(spreads) / len(spreads)
    if not spread:
        return 0.0
    left = mean / spread  # of the variance, which is 1 - R²
    parts = [a - left * b for a, b in zip(squares, spreads, strict=True)]
    return _of_mean(parts) / spread


def _of_mean(rows: Sequence[float]) -> float:
    mean = math.fsum(rows) / len(rows)
    variance = math.fsum((one - mean) ** 2 for one in rows) / (len(rows) - 1)
    return math.sqrt(variance / len(rows))
