"""Reads a table, some rows at a time, and says what it is like and which columns copy its target.

A column is a copy where it and the target tell each other apart: value for value, as 1 for one of
several classes, or, beside a target of numbers, in its order.
"""

import json
from collections import Counter

import numpy as np
import pandas as pd

ROWS = 100_000  # at a time
LEAST = 20  # rows, and of them in each part of a column, below which likeness is chance
LEAST_OF_PART = 5
MOST_COPIES = 20  # columns that are looked at in all rows
EXACT = 1e-9  # what a correlation of 1 may lack

about = json.load(open("check.json"))


def is_text(column):
    return not pd.api.types.is_numeric_dtype(column)


def of_classes(feature, target):
    """Whether the feature is the target value for value, or 1 exactly where it has one value."""
    pairs = pd.DataFrame({"f": feature, "t": target}).value_counts().reset_index()
    values, classes = pairs["f"].nunique(), pairs["t"].nunique()
    if values < 2 or classes < 2:
        return False
    if len(pairs) == values == classes:
        return True
    for value in pairs["f"].unique() if values == 2 else ():
        (here, away) = (pairs[pairs["f"] == value], pairs[pairs["f"] != value])
        if len(here) == 1 and here["t"].iloc[0] not in set(away["t"]):
            return int(here["count"].iloc[0]) >= LEAST_OF_PART
    return False


def of_numbers(feature, target):
    """Whether the feature is the target, scaled, transformed or cut into ranges."""
    groups = pd.DataFrame({"f": feature, "t": target}).groupby("t")["f"].agg(["min", "max"])
    parts = pd.Series(feature).value_counts()
    if len(groups) < 2 or len(parts) < 2 or len(feature) - parts.iloc[0] < LEAST_OF_PART:
        return False
    steps = np.diff(groups["min"].to_numpy(dtype=float))
    is_function = bool((groups["min"] == groups["max"]).all())
    if is_function and (bool((steps >= 0).all()) or bool((steps <= 0).all())):
        return True
    return abs(float(np.corrcoef(feature, target)[0, 1])) >= 1 - EXACT


def copies(chunk, names):
    """Those of the columns that the target of these rows cannot be told from."""
    target = chunk[about["target"]].to_numpy(dtype=float)
    judge = of_classes if about["classes"] else of_numbers
    found = []
    for name in names:
        feature = chunk[name]
        if is_text(feature) or not np.isfinite(feature.to_numpy(dtype=float)).all():
            continue
        if judge(feature.to_numpy(dtype=float), target):
            found.append(name)
    return found


def usable(column):
    return not is_text(column) and bool(np.isfinite(column.to_numpy(dtype=float)).all())


def read():
    """What is counted over all rows; the target's values; columns that may be copies."""
    rows, missing, texts, target = 0, Counter(), {}, []
    kept, suspects, state = [], [], "absent"
    for chunk in pd.read_csv("table.csv", chunksize=ROWS):
        rows += len(chunk)
        gaps = chunk.isna().sum()
        missing.update({str(name): int(count) for name, count in gaps[gaps > 0].items()})
        texts.update((str(name), None) for name in chunk if is_text(chunk[name]))
        if about["target"] not in chunk:
            continue
        if rows == len(chunk):
            state = "numbers"
            features = [name for name in chunk if name != about["target"]]
            whole = usable(chunk[about["target"]]) and len(chunk) >= LEAST
            suspects = copies(chunk, features)[:MOST_COPIES] if whole else []
        if not usable(chunk[about["target"]]):
            state = "text" if is_text(chunk[about["target"]]) else "blank"
        if state == "numbers":
            target.append(chunk[about["target"]].to_numpy(dtype=float))
            kept.append(chunk[[about["target"], *suspects]])
    values = np.concatenate(target) if target and state == "numbers" else np.array([])
    alike = copies(pd.concat(kept), suspects) if suspects and state == "numbers" else []
    return rows, missing, list(texts), state, values, alike


rows, missing, texts, state, values, alike = read()


def answer(question):
    if "first" in question:
        some = values[question["first"] : question["first"] + question["count"]]
        return {"values": [float(one) for one in some]}
    return {
        "rows": rows,
        "missing": missing.total(),
        "blank": [name[:100] for name, _ in missing.most_common(about["named"])],
        "texts": len(texts),
        "named": [name[:100] for name in texts[: about["named"]]],
        "target": state,
        "copies": [str(name)[:100] for name in alike],
    }
