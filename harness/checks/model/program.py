"""Loads a model, says how it came about, and predicts held-out rows.

The files beside this one are modules of it, but for ``program_prepare``, a program of its own.
"""

import json
import os
import subprocess
import sys

import numpy as np
import pandas as pd
import xgboost

sys.path.insert(0, ".")
import program_features as features
import program_fitted as fitted
import program_trials as trials

FOLDER = "preparation"  # where the notebook's cells run
RUN = "and when its preparation is run on the visible rows and the held-out ones behind them"

about = json.load(open("check.json"))
booster = xgboost.Booster()
rows_made = []


class Unknown(Exception):
    """It cannot be told, which says nothing against the model."""


def table(path, **options):
    return pd.read_csv(path, low_memory=False, **options)


def prepared_table():
    """The table that the model was trained on. Raises Unknown."""
    if not about["table"]:
        raise Unknown("the check names no prepared table")
    if not os.path.exists(about["table"]):
        raise Unknown(f"{about['table']} is missing")
    prepared = table(about["table"])
    for name in model_columns():
        if name not in prepared:
            raise Unknown(f"feature {str(name)[:80]!r} is not in {about['table']}")
    return prepared


def model_columns():
    """Raises Unknown."""
    columns = booster.feature_names
    if not columns:
        if not about["columns"] or not os.path.exists(about["columns"]):
            raise Unknown("the model does not name its features, and nothing lists them")
        columns = json.load(open(about["columns"]))
    return [str(name) for name in columns]


def raw_rows(path):
    """Raw rows as texts, without the target; what is missing is an empty one."""
    raw = table(path, dtype=str, keep_default_na=False)
    return raw.drop(columns=about["target"], errors="ignore")


def visible_rows(count):
    """The raw rows that the ``count`` prepared ones were made of, and their labels.

    All of them, or all but those that are the same as an earlier one. Raises Unknown.
    """
    raw, labels = raw_rows("visible.csv"), np.array(about["labels"], dtype=object)
    if len(labels) == len(raw):
        once = np.ones(len(raw), dtype=bool)
        if count != len(raw):
            once[about["again"]] = False
        if once.sum() == count:
            return raw[once].reset_index(drop=True), labels[once].tolist()
    raise Unknown(f"the prepared table has {count:,} rows, and the raw one {len(raw):,}")


def made_features(way):
    """The held-out rows as the model's features. Raises Unknown."""
    prepared, columns = prepared_table(), model_columns()
    target = about["target"]
    if way == "reference":
        held = table("reference.csv")
        missing = [name for name in columns if name not in held]
        if missing:
            raise Unknown(f"feature {missing[0][:80]!r} is not in the reference's table")
        return held[columns]
    if way == "one column":
        raw, _ = visible_rows(len(prepared))
        found, problem = features.of_one_column(raw, prepared, raw_rows("held.csv"), columns)
    else:
        made = run_preparation()
        held = raw_rows("held.csv")
        found, problem = features.of_rows_behind(made, prepared, target, columns, held)
        problem = f"{RUN}: {problem}"
    if found is None:
        raise Unknown(problem)
    return found


def run_preparation():
    """What the notebook's own cells make of the visible rows and the held-out ones behind them."""
    if about["lacking"]:
        raise Unknown(f"and its preparation cannot be run on more rows: {about['lacking']}")
    os.makedirs(FOLDER, exist_ok=True)
    os.replace("behind", os.path.join(FOLDER, about["file"]))
    command = [sys.executable, os.path.abspath("program_prepare.py"), os.path.abspath("cells.json")]
    subprocess.run(
        command,
        cwd=FOLDER,
        env={**os.environ, "MPLBACKEND": "agg"},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        check=False,
    )
    try:
        return table(os.path.join(FOLDER, about["table"]))
    except (OSError, ValueError) as error:
        raise Unknown(f"{RUN}: there is no table {about['table']} ({first_line(error)})") from None


def numbers_of_classes(prepared):
    """For each class the number that stands for it, told row by row; else the order agreed on."""
    classes = about["classes"]
    agreed = list(range(len(classes)))
    try:
        _, labels = visible_rows(len(prepared))
    except Unknown:
        return agreed
    if about["target"] not in prepared:
        return agreed
    if about["task"] == "binary":
        labels = [classes[-1] if one == classes[-1] else classes[0] for one in labels]
    pairs = set(zip(labels, prepared[about["target"]].tolist(), strict=True))
    known = dict(pairs)
    if len(pairs) != len(classes) or sorted(known.values()) != agreed:
        return agreed
    return [int(known[one]) for one in classes]


def as_written(scores, prepared):
    """Predictions as the raw table has the numbers, whatever the prepared one made of them."""
    try:
        _, labels = visible_rows(len(prepared))
    except Unknown:
        return scores
    truth = np.array([float(label) for label in labels])
    return features.as_before(scores, features.numbers(prepared[about["target"]]), truth)


def predictions(held):
    """A row each: probabilities in the order of the classes, or a number."""
    matrix = xgboost.DMatrix(held)
    if booster.feature_names is None:
        matrix.feature_names = None
    objective = json.loads(booster.save_config())["learner"]["objective"]["name"]
    if objective in fitted.SOFTMAX:
        margins = booster.predict(matrix, output_margin=True)
        scores = np.exp(margins - margins.max(axis=1, keepdims=True))
        scores /= scores.sum(axis=1, keepdims=True)
    else:
        scores = np.asarray(booster.predict(matrix), dtype=float).reshape(len(held), -1)
    if about["task"] == "regression":
        return as_written(scores, prepared_table())
    if scores.shape[1] == 1:
        if objective == "binary:logitraw":
            scores = 1 / (1 + np.exp(-scores))
        scores = np.hstack([1 - scores, scores])
    if scores.shape[1] != len(about["classes"]):
        raise ValueError(f"{scores.shape[1]} classes, and the target has {len(about['classes'])}")
    return scores[:, numbers_of_classes(prepared_table())]


def listed(names):
    """What is wrong with the list of features, or None."""
    if not os.path.exists(about["columns"]):
        return "missing"
    try:
        written = json.load(open(about["columns"]))
    except (ValueError, RecursionError):
        return "not JSON"
    return None if names is None or written == list(names) else "not the model's features"


def first_line(error):
    return f"{type(error).__name__}: {error}".splitlines()[0][:200]


def load(_question):
    try:
        booster.load_model(about["model"])
    except Exception as error:
        return {"error": first_line(error), "listed": None}
    return {"error": None, "listed": listed(booster.feature_names) if about["columns"] else None}


def count_trials(_question):
    return {
        "rows": trials.rows(about["trials"]) if about["trials"] else 0,
        "finished": trials.finished(about["study"]) if about["study"] else None,
    }


def leaked(_question):
    """The feature that the target alone explains."""
    try:
        prepared = prepared_table()
        columns, target = model_columns(), about["target"]
        raw, _ = visible_rows(len(prepared))
        if target not in prepared:
            raise Unknown("the prepared table has no target")
        has_classes = about["task"] != "regression"
        name = features.only_of_target(raw, prepared, target, columns, has_classes=has_classes)
    except Exception as error:
        return {"unknown": reason(error), "feature": None}
    return {"unknown": None, "feature": None if name is None else str(name)[:100]}


def rows_fitted(_question):
    """On which share of the visible rows the model was fitted."""
    try:
        prepared = prepared_table()
        labels = features.numbers(prepared[about["target"]])
        seen = prepared[model_columns()]
        found = fitted.summary(booster, seen, labels)
    except Exception as error:
        return {"unknown": reason(error), "rows": 0, "share": 0.0, "least": 0.0, "most": 0.0}
    return {
        "unknown": None,
        "rows": len(prepared),
        "tried": trials.best_subsamples(about["trials"]),
        **found,
    }


def reason(error):
    return str(error)[:200] if isinstance(error, (Unknown, ValueError)) else first_line(error)


def predict(question):
    rows_made.clear()
    said = {"error": None, "unknown": None, "rows": 0, "width": 0}
    try:
        held = made_features(question["way"])
    except Unknown as unknown:
        return {**said, "unknown": str(unknown)}
    except Exception as error:
        return {**said, "unknown": first_line(error)}
    try:
        made = predictions(held)
    except Exception as error:
        return {**said, "error": first_line(error)}
    rows_made.extend(made.tolist())
    return {**said, "rows": len(made), "width": made.shape[1]}


def some(question):
    rows = rows_made[question["first"] : question["first"] + question["count"]]
    return {"numbers": [number for row in rows for number in row]}


ANSWERS = {
    "load": load,
    "trials": count_trials,
    "leaked": leaked,
    "fitted": rows_fitted,
    "predict": predict,
    "some": some,
}


def answer(question):
    return ANSWERS[question["ask"]](question)
