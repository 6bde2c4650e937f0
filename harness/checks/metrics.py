"""How good predictions of held-out rows are, for each task, beside an answer that looks at nothing.

Definitions are scikit-learn's; the multiclass ROC AUC is one class against the rest, averaged over
those that are among the rows: https://scikit-learn.org/stable/modules/model_evaluation.html
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Sequence

from harness.records import Task

ROC_AUC, BRIER, LOG_LOSS, ACCURACY = "roc_auc", "brier", "log_loss", "accuracy"
R2, MAE, RMSE = "r2", "mae", "rmse"

OF_TASK = {
    Task.BINARY: (ROC_AUC, BRIER, LOG_LOSS),
    Task.MULTICLASS: (ROC_AUC, LOG_LOSS, ACCURACY),
    Task.REGRESSION: (R2, MAE, RMSE),
    Task.EXPLORE: (),
}
"""The figures of a task; the first is the one that is judged where nothing else is asked for."""

NAMES = {
    ROC_AUC: "ROC AUC",
    BRIER: "Brier score",
    LOG_LOSS: "log loss",
    ACCURACY: "accuracy",
    R2: "R²",
    MAE: "mean absolute error",
    RMSE: "root mean squared error",
}
HIGHER_IS_BETTER = {ROC_AUC, ACCURACY, R2}
LEAST_PROBABILITY = 1e-15  # as a logarithm is taken

Predictions = Sequence[Sequence[float]]
"""A row each: the probabilities of the classes, in their order; for a regression one number."""


def figures(
    task: Task, classes: Sequence[str], labels: Sequence[str], made: Predictions
) -> dict[str, float]:
    """The figures of a task that these rows have; ``labels`` are the target as the table has it.

    Of a binary target the last class is the positive one, and all else is the other. A figure
    that is not defined for these rows, such as the AUC of a single class, is left out.
    """
    if task is Task.REGRESSION:
        return _of_numbers([float(one) for one in labels], [row[0] for row in made])
    if task is Task.BINARY:
        return _of_two([one == classes[-1] for one in labels], [row[-1] for row in made])
    return _of_classes(classes, labels, made) if task is Task.MULTICLASS else {}


def baseline(
    task: Task, classes: Sequence[str], seen: Sequence[str], labels: Sequence[str]
) -> dict[str, float]:
    """The figures of ``labels`` where each is answered by what is most common among ``seen``."""
    return figures(task, classes, labels, [blind_answer(task, classes, seen)] * len(labels))


def blind_answer(task: Task, classes: Sequence[str], seen: Sequence[str]) -> list[float]:
    """The prediction of a row by who looks at nothing but the labels ``seen``, of which are some.

    That is the mean of a regression, and else how frequent each class is.
    """
    if task is Task.REGRESSION:
        return [math.fsum(map(float, seen)) / len(seen)]
    if task is Task.BINARY:
        share = sum(one == classes[-1] for one in seen) / len(seen)
        return [1 - share, share]
    counts = Counter(seen)
    return [counts[one] / len(seen) for one in classes]


def skill(metric: str, figure: float, of_baseline: float) -> float:
    """How much better than an answer that looks at nothing, higher being better.

    Above one half for the ROC AUC, above zero for R², and else beside the baseline's figure.
    """
    if metric == ROC_AUC:
        return figure - 0.5
    if metric == R2:
        return figure
    better = figure - of_baseline
    return better if metric in HIGHER_IS_BETTER else -better


def _of_numbers(truth: Sequence[float], made: Sequence[float]) -> dict[str, float]:
    from sklearn import metrics  # noqa: PLC0415 - slow to import

    found = {
        MAE: metrics.mean_absolute_error(truth, made),
        RMSE: metrics.root_mean_squared_error(truth, made),
    }
    if len(set(truth)) > 1:
        found[R2] = metrics.r2_score(truth, made)
    return {name: float(value) for name, value in found.items()}


def _of_two(truth: Sequence[bool], made: Sequence[float]) -> dict[str, float]:
    from sklearn import metrics  # noqa: PLC0415

    found = {
        BRIER: metrics.brier_score_loss(truth, made, pos_label=True),
        LOG_LOSS: metrics.log_loss(truth, made, labels=[False, True]),
    }
    if len(set(truth)) > 1:
        found[ROC_AUC] = metrics.roc_auc_score(truth, made)
    return {name: float(value) for name, value in found.items()}


def _of_classes(
    classes: Sequence[str], labels: Sequence[str], made: Predictions
) -> dict[str, float]:
    from sklearn import metrics  # noqa: PLC0415

    at = {one: number for number, one in enumerate(classes)}
    best = [max(range(len(row)), key=row.__getitem__) for row in made]
    truth = [at.get(one, -1) for one in labels]  # a class that nothing visible has is always wrong
    areas = []
    for number in range(len(classes)):
        is_it = [one == number for one in truth]
        if len(set(is_it)) > 1:
            areas.append(metrics.roc_auc_score(is_it, [row[number] for row in made]))
    found = {
        ACCURACY: sum(a == b for a, b in zip(truth, best, strict=True)) / len(truth),
        LOG_LOSS: math.fsum(surprise(row, one) for row, one in zip(made, truth, strict=True))
        / len(truth),
    }
    if areas:
        found[ROC_AUC] = math.fsum(areas) / len(areas)
    return {name: float(value) for name, value in found.items()}


def surprise(row: Sequence[float], truth: int) -> float:
    """The log loss of one row, its probabilities brought to a sum of 1."""
    total = math.fsum(row) or 1.0
    right = row[truth] / total if truth >= 0 else 0.0
    return -math.log(max(right, LEAST_PROBABILITY))
