"""What a table of tuning trials holds, or Optuna's storage of them."""

import contextlib
import sqlite3

import pandas as pd


def rows(path):
    """Rows of the table; none where it is missing or no table."""
    try:
        return len(pd.read_csv(path))
    except (OSError, ValueError):
        return 0


def finished(path):
    """Trials that the storage holds as finished, or None where it is no storage."""
    try:
        with contextlib.closing(sqlite3.connect(f"file:{path}?mode=ro", uri=True)) as at:
            of_each = "SELECT count(*) AS n FROM trials WHERE state IN ('COMPLETE', 'PRUNED')"
            query = f"SELECT max(n) FROM ({of_each} GROUP BY study_id)"
            return at.execute(query).fetchone()[0] or 0
    except sqlite3.Error:
        return None


def best_subsamples(path):
    """What the best trials drew for each tree, be they those of the least value or the most."""
    try:
        table = pd.read_csv(path).dropna(subset=["value", "params_subsample"])
        ranked = table.sort_values("value")["params_subsample"].astype(float)
        return [float(one) for one in {ranked.iloc[0], ranked.iloc[-1]} if 0 < one <= 1]
    except Exception:
        return []
