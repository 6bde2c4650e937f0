"""What summary.csv has to be. The sandbox sees this file, the artifacts and the visible table."""

from __future__ import annotations

from pathlib import Path

import pandas as pd


def check(artifacts: Path, table: Path) -> list[tuple[str, bool, float, str]]:
    """Results, each (name, passed, figure, message). ``table`` is the visible table, as CSV.

    A third parameter named ``held`` gets the held-out rows without their target.
    """
    summary = pd.read_csv(artifacts / "summary.csv")
    wanted = pd.read_csv(table, nrows=0).columns
    missing = [name for name in wanted if name not in set(summary.iloc[:, 0])]
    told = f"{len(missing)} columns are not in it" + (f", such as {missing[0]}" if missing else "")
    return [
        ("a row per column", len(summary) == len(wanted), len(summary), f"of {len(wanted)}"),
        ("every column named", not missing, len(missing), told),
    ]
