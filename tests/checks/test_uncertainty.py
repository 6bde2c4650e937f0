"""Standard errors beside what many samples of rows give."""

from __future__ import annotations

import random
import statistics

import pytest

from harness.checks import metrics
from harness.checks.uncertainty import standard_error
from harness.records import Task

ROWS = 120


def sample(task: Task, seed: int) -> tuple[list[str], list[list[float]]]:
    chance = random.Random(seed)
    labels, made = [], []
    for _ in range(ROWS):
        if task is Task.REGRESSION:
            truth = chance.gauss(0, 1)
            labels.append(repr(truth))
            made.append([truth + chance.gauss(0, 0.5)])
        else:
            truth = chance.random() < 0.3
            score = min(0.99, max(0.01, chance.gauss(0.62 if truth else 0.4, 0.2)))
            labels.append("b" if truth else "a")
            made.append([1 - score, score])
    return labels, made


@pytest.mark.parametrize(
    ("task", "metric"),
    [(Task.BINARY, one) for one in (metrics.ROC_AUC, metrics.BRIER, metrics.LOG_LOSS)]
    + [(Task.MULTICLASS, one) for one in (metrics.LOG_LOSS, metrics.ACCURACY)]
    + [(Task.REGRESSION, one) for one in (metrics.R2, metrics.MAE, metrics.RMSE)],
)
def test_an_error_is_how_figures_of_samples_differ(task: Task, metric: str) -> None:
    classes = ("a", "b")
    found, errors = [], []
    for seed in range(60):
        labels, made = sample(task, seed)
        figure = metrics.figures(task, classes, labels, made)[metric]
        found.append(figure)
        errors.append(standard_error(metric, task, classes, labels, made, figure))
    spread = statistics.stdev(found)
    assert 0.7 * spread < statistics.mean(errors) < 1.4 * spread


def test_of_a_single_row_there_is_none() -> None:
    for metric in metrics.OF_TASK[Task.BINARY]:
        assert standard_error(metric, Task.BINARY, ("a", "b"), ["a"], [[0.5, 0.5]], 0.5) == 0
