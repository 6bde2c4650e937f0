"""Reads a table and says what it is like."""

import json

import pandas as pd

about = json.load(open("check.json"))
table = pd.read_csv("table.csv")


def levels(target):
    """The values of the target, smallest first; none where they are no numbers."""
    if not pd.api.types.is_numeric_dtype(target):
        return []
    return [f"{float(one):.17g}" for one in sorted(target.dropna().unique()[:10])]


def answer(_question):
    texts = [str(name) for name in table if not pd.api.types.is_numeric_dtype(table[name])]
    return {
        "rows": len(table),
        "missing": int(table.isna().sum().sum()),
        "texts": len(texts),
        "named": [name[:100] for name in texts[: about["named"]]],
        "levels": levels(table[about["target"]]) if about["target"] in table else [],
    }
