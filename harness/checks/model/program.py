"""Loads a model and predicts held-out rows.

How raw rows become features is learned from the encoded table that the model was trained on, which
holds the visible rows in their order: a feature is a function of one raw column, either of its few
values (one-hot, labels, target means) or affine in its number (as it is, or scaled).
"""

import json
import os

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


def listed(about, names):
    """What is wrong with the list of features, or None."""
    if not os.path.exists(about["columns"]):
        return "missing"
    try:
        written = json.load(open(about["columns"]))
    except ValueError:
        return "not JSON"
    return None if names is None or written == list(names) else "not the model's features"


about = json.load(open("check.json"))
result = {"load": None, "encode": None, "probabilities": [], "trials": 0}
if about["trials"] and os.path.exists(about["trials"]):
    result["trials"] = len(pd.read_csv(about["trials"]))
booster = xgboost.Booster()
try:
    booster.load_model(about["model"])
except Exception as error:
    result["load"] = f"{type(error).__name__}: {error}".splitlines()[0][:200]
if result["load"] is None:
    if about["columns"]:
        result["listed"] = listed(about, booster.feature_names)
    try:
        columns = booster.feature_names or json.load(open(about["columns"]))
        result["probabilities"], result["encode"] = probabilities(about, booster, list(columns))
    except Exception as error:
        result["encode"] = f"{type(error).__name__}: {error}".splitlines()[0][:200]
json.dump(result, open("result.json", "w"))
