"""Tells from a saved model of boosted trees how many of the visible rows it was fitted on.

XGBoost keeps at each node the sum of the second derivatives of the loss ("cover") over the rows
that came there; at a root these are all rows of that tree. What the sum would be over all visible
rows can be computed anew, since the model itself gives each row's margin before each tree. The
share of it that a tree has is the share of rows that it was grown on: the share that the model was
fitted on, times the ``subsample`` that is drawn for each tree. The latter shows in how much the
shares differ from tree to tree.

The derivatives: 1 for squared error, p(1-p) for the logistic loss, 2p(1-p) for the softmax's
(https://github.com/dmlc/xgboost, src/objective/).
"""

import json

import numpy as np
import xgboost

MOST_ROUNDS = 300  # that are looked at
FIRST = 10  # rounds, before shares drift
BENDS = 4  # coefficients of the curve that shares drift along
MOST_CELLS = 40_000_000  # rows times trees
LOGISTIC = ("binary:logistic", "reg:logistic", "binary:logitraw")
SOFTMAX = ("multi:softprob", "multi:softmax")


def shares(booster, features, labels):
    """Per tree: the share of the rows' cover that it has, and the variance of that share per unit
    of s(1-s), s being the share that is drawn. Raises ValueError with the reason why not.
    """
    learner = json.loads(bytes(booster.save_raw("json")))["learner"]
    objective, trees, classes = _parts(learner)
    rounds = min(len(trees) // classes, MOST_ROUNDS, MOST_CELLS // max(1, len(features) * classes))
    if rounds < 1:
        raise ValueError("there are too many rows")
    matrix = xgboost.DMatrix(features)
    if booster.feature_names is None:
        matrix.feature_names = None
    leaves = booster.predict(matrix, pred_leaf=True, iteration_range=(0, rounds))
    leaves = np.asarray(leaves, dtype=int).reshape(len(features), -1)
    weights = _weights(learner["objective"], labels)
    margins = _start(booster, matrix, trees, leaves, classes)
    found = []
    for number in range(rounds):
        covers = _covers(objective, margins) * weights[:, None]
        for one in range(classes):
            at = number * classes + one
            whole, squares = covers[:, one].sum(), (covers[:, one] ** 2).sum()
            root = float(trees[at]["sum_hessian"][0])
            found.append((root / whole, squares / whole**2))
        for one in range(classes):
            margins[:, one] += _values(trees, leaves, number * classes + one)
    return np.array(found), classes


def _parts(learner):
    booster, objective = learner["gradient_booster"], learner["objective"]["name"]
    if booster["name"] != "gbtree":
        raise ValueError(f"it is a booster of another kind ({booster['name'][:20]})")
    if objective not in ("reg:squarederror", *LOGISTIC, *SOFTMAX):
        raise ValueError(f"its objective is {objective[:40]}")
    trees, about = booster["model"]["trees"], booster["model"]["gbtree_model_param"]
    classes = max(1, int(learner["learner_model_param"]["num_class"]))
    if int(about.get("num_parallel_tree", 1)) > 1 or booster["model"]["tree_info"] != [
        number % classes for number in range(len(trees))
    ]:
        raise ValueError("its trees are not one per round and class")
    return objective, trees, classes


def _start(booster, matrix, trees, leaves, classes):
    """Each row's margins before the first tree: what the first trees do not account for."""
    rounds = leaves.shape[1] // classes
    all_in = booster.predict(matrix, output_margin=True, iteration_range=(0, rounds))
    margins = np.asarray(all_in, dtype=float).reshape(len(leaves), classes).copy()
    for at in range(leaves.shape[1]):
        margins[:, at % classes] -= _values(trees, leaves, at)
    return margins


def _values(trees, leaves, at):
    return np.asarray(trees[at]["split_conditions"], dtype=float)[leaves[:, at]]


def _covers(objective, margins):
    if objective in LOGISTIC:
        share = 1 / (1 + np.exp(-margins))
        return share * (1 - share)
    if objective in SOFTMAX:
        share = np.exp(margins - margins.max(axis=1, keepdims=True))
        share /= share.sum(axis=1, keepdims=True)
        return 2 * share * (1 - share)
    return np.ones_like(margins)


def _weights(objective, labels):
    """What rows count where the positive ones were weighed, which the model keeps."""
    about = objective.get("reg_loss_param", {})
    return np.where(np.asarray(labels) == 1, float(about.get("scale_pos_weight", 1)), 1.0)


def summary(booster, features, labels):
    """The share of the first trees, and how much shares differ, as the share that is not drawn.

    Shares also drift, since rows that a model was fitted on are fitted better from tree to tree
    than others and their cover shrinks faster. So the first trees tell most of how many rows there
    are, and for how much they differ, shares are compared with a curve through them.
    """
    found, classes = shares(booster, features, labels)
    share, unit = (found[:, one].reshape(-1, classes) for one in (0, 1))
    mean, free = float(share.mean()), (len(share) - BENDS) * classes
    first = float(share[:FIRST].mean())
    said = {"share": first, "least": float(share.min()), "most": float(share.max())}
    if free <= 0 or mean <= 0:
        return {**said, "drawn_away": None, "trees": 0}
    curve = np.vander(np.linspace(-1, 1, len(share)), BENDS)
    off = share - curve @ np.linalg.lstsq(curve, share, rcond=None)[0]
    return {**said, "drawn_away": float((off**2 / unit).sum() / free / mean), "trees": free}
