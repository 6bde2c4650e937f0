"""Loads a model and predicts held-out rows.

How raw rows become features is learned from the encoded table that the model was trained on, which
holds the visible rows in their order: a feature is a function of one raw column, either of its few
values (one-hot, labels, target means) or affine in its number (as it is, or scaled).
"""

import contextlib
import json
import os
import sqlite3

import numpy as np
import pandas as pd
import xgboost

FEW = 60
CLOSE = 1e-6


def learn(raw, encoded, name):
    """(raw column, function of it) that gives the encoded column, or None."""
    wanted = encoded[name].astype(float).to_numpy()
    ranked = sorted(raw.columns, key=lambda column: not str(name).startswith(str(column)))
    for column in ranked:
        values = raw[column].astype(str)
        if values.nunique() <= FEW:
            groups = pd.Series(wanted).groupby(values.to_numpy())
            if (groups.nunique() == 1).all():
                known = groups.first()
                return column, lambda rows, known=known: rows.astype(str).map(known).fillna(0.0)
        number = pd.to_numeric(raw[column], errors="coerce").to_numpy(dtype=float)
        there = ~np.isnan(number)
        if there.sum() < 2 or np.ptp(number[there]) == 0:
            continue
        slope, base = np.polyfit(number[there], wanted[there], 1)
        size = max(1.0, float(np.abs(wanted[there]).max()))
        if np.abs(slope * number[there] + base - wanted[there]).max() <= CLOSE * size:
            blank = float(np.median(wanted[~there])) if (~there).any() else 0.0

            def affine(rows, slope=slope, base=base, blank=blank):
                made = pd.to_numeric(rows, errors="coerce") * slope + base
                return made.fillna(blank)

            return column, affine
    return None


def probabilities(about, booster, columns):
    raw, encoded = pd.read_csv("visible.csv"), pd.read_csv(about["table"])
    held = pd.read_csv("held.csv")
    if len(encoded) != len(raw):
        return None, f"{about['table']} has {len(encoded)} rows, the table {len(raw)}"
    features = {}
    for name in columns:
        if name not in encoded:
            return None, f"feature {name!r} is not in {about['table']}"
        found = learn(raw.drop(columns=about["target"], errors="ignore"), encoded, name)
        if found is None:
            leaked = learn(raw, encoded, name) is not None
            why = "is made of the target" if leaked else "cannot be made of any one raw column"
            return None, f"feature {name!r} {why}"
        features[name] = found[1](held[found[0]]).astype(float)
    matrix = xgboost.DMatrix(pd.DataFrame(features)[columns])
    if booster.feature_names is None:
        matrix.feature_names = None
    scores = booster.predict(matrix)
    return [float(one) for one in np.asarray(scores).reshape(len(held), -1)[:, -1]], None


def listed(names):
    """What is wrong with the list of features, or None."""
    if not os.path.exists(about["columns"]):
        return "missing"
    try:
        written = json.load(open(about["columns"]))
    except (ValueError, RecursionError):
        return "not JSON"
    return None if names is None or written == list(names) else "not the model's features"


def rows_of_trials():
    """Rows of the table of trials; none where it is missing or no table."""
    try:
        return len(pd.read_csv(about["trials"]))
    except (OSError, ValueError):
        return 0


def finished():
    """Trials that the study's storage holds as finished, or None where it is no storage."""
    try:
        with contextlib.closing(sqlite3.connect(f"file:{about['study']}?mode=ro", uri=True)) as at:
            of_each = "SELECT count(*) AS n FROM trials WHERE state IN ('COMPLETE', 'PRUNED')"
            query = f"SELECT max(n) FROM ({of_each} GROUP BY study_id)"
            return at.execute(query).fetchone()[0] or 0
    except sqlite3.Error:
        return None


def first_line(error):
    return f"{type(error).__name__}: {error}".splitlines()[0][:200]


about = json.load(open("check.json"))
booster = xgboost.Booster()
scores = []


def load():
    try:
        booster.load_model(about["model"])
    except Exception as error:
        return {"error": first_line(error), "listed": None}
    return {"error": None, "listed": listed(booster.feature_names) if about["columns"] else None}


def predict():
    try:
        columns = booster.feature_names or json.load(open(about["columns"]))
        made, problem = probabilities(about, booster, list(columns))
    except Exception as error:
        made, problem = None, first_line(error)
    scores[:] = made or []
    return {"error": problem, "count": len(scores)}


def answer(question):
    if "first" in question:
        return {"probabilities": scores[question["first"] : question["first"] + question["count"]]}
    if question["ask"] == "trials":
        return {
            "rows": rows_of_trials() if about["trials"] else 0,
            "finished": finished() if about["study"] else None,
        }
    return load() if question["ask"] == "load" else predict()
