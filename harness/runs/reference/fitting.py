"""Gradient-boosted trees with moderate settings; how many is told by rows that are set aside.

Every fifth row, in the order of the target, is set aside, and trees are added while they predict
those rows better. Then as many are made of all rows. Settings are the same for every table.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from harness.records import Task
from harness.runs.reference.targets import Target

if TYPE_CHECKING:
    import numpy as np
    import pandas as pd
    import xgboost

SETTINGS: dict[str, object] = {
    "max_depth": 4,
    "eta": 0.1,
    "subsample": 0.8,
    "colsample_bytree": 0.8,
    "tree_method": "hist",
    # One thread: two that wait for each other by spinning take twenty times as long beside others.
    "nthread": 1,
    "seed": 1,
}
ROUNDS = 300
FEWEST = 20  # rounds
PATIENCE = 15  # rounds without a better one
WORK = 8e9  # cells that all trees together may look at: some 20 seconds
SET_ASIDE = 5  # one row in so many
ENOUGH = 100  # rows, of which a fifth tells something


def fit(features: pd.DataFrame, numbers: np.ndarray[Any, Any], target: Target) -> xgboost.Booster:
    """The model. Raises ValueError, XGBoostError."""
    import xgboost  # noqa: PLC0415 - slow to import

    settings = {**SETTINGS, **_objective(target)}
    trees = len(target.classes) if target.task is Task.MULTICLASS else 1
    rounds = max(FEWEST, min(ROUNDS, int(WORK / (max(1, features.size) * trees))))
    rounds = _best(features, numbers, settings, rounds) if len(features) >= ENOUGH else FEWEST
    return xgboost.train(
        settings, xgboost.DMatrix(features, label=numbers, nthread=1), num_boost_round=rounds
    )


def predict(model: xgboost.Booster, features: pd.DataFrame, target: Target) -> list[list[float]]:
    """A row each: probabilities of the classes in their order, or the number."""
    import numpy as np  # noqa: PLC0415
    import xgboost  # noqa: PLC0415

    made = np.asarray(model.predict(xgboost.DMatrix(features, nthread=1)), dtype=float)
    if target.task is Task.BINARY:
        made = np.column_stack([1 - made, made])
    rows: list[list[float]] = made.reshape(len(features), -1).tolist()
    return rows


def _objective(target: Target) -> dict[str, object]:
    if target.task is Task.REGRESSION:
        return {"objective": "reg:squarederror", "eval_metric": "rmse"}
    if target.task is Task.BINARY:
        return {"objective": "binary:logistic", "eval_metric": "logloss"}
    classes = len(target.classes)
    return {"objective": "multi:softprob", "eval_metric": "mlogloss", "num_class": classes}


def _best(
    features: pd.DataFrame, numbers: np.ndarray[Any, Any], settings: dict[str, object], most: int
) -> int:
    """How many rounds predict rows best that are set aside."""
    import numpy as np  # noqa: PLC0415
    import xgboost  # noqa: PLC0415

    shuffled = np.random.default_rng(1).permutation(len(numbers))  # the order of the file is none
    order = shuffled[np.argsort(numbers[shuffled], kind="stable")]
    aside = np.zeros(len(numbers), dtype=bool)
    aside[order[SET_ASIDE // 2 :: SET_ASIDE]] = True
    rest = xgboost.DMatrix(features[~aside], label=numbers[~aside], nthread=1)
    judged = xgboost.DMatrix(features[aside], label=numbers[aside], nthread=1)
    model = xgboost.train(
        settings,
        rest,
        num_boost_round=most,
        evals=[(judged, "aside")],
        early_stopping_rounds=PATIENCE,
        verbose_eval=False,
    )
    return max(FEWEST, int(model.best_iteration) + 1)
