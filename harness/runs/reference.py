"""The harness's own small pipeline: what a stage may read where the stage before left it out.

Plain and fixed on purpose, no rival to what models write: numbers as numbers, every text column of
few values one-hot, gradient-boosted trees with moderate settings.
"""

from __future__ import annotations

import io
import json
from collections.abc import Container
from itertools import count
from pathlib import Path
from typing import TYPE_CHECKING

from harness import files
from harness.errors import DataError
from harness.profiles.dialects import printable
from harness.profiles.rows import as_plain_csv
from harness.project.datasets import Table
from harness.records import DatasetSpec
from harness.weights import cache

if TYPE_CHECKING:
    import pandas as pd

VERSION = "3"  # of what is made
FEW = 20  # values of a text column that is worth a column each
LONGEST_REASON = 200  # characters
LARGEST = 1e30  # XGBoost counts in single precision
SETTINGS = {"max_depth": 4, "eta": 0.1, "subsample": 0.8, "objective": "binary:logistic", "seed": 1}
ROUNDS = 100
FILES = {"table": "table.csv", "model": "model.json", "columns": "columns.json"}  # role -> file
# What XGBoost takes in no name of a feature.
REFUSED = str.maketrans({"[": "(", "]": ")", "<": "lt "})


def made(role: str, dataset: DatasetSpec, table: Table) -> Path | None:
    """What stands in for an artifact of this role (a field of ``Reference``).

    None where the target has no positive value to learn. Made once per table, kept in the cache.
    Raises DataError where nothing can be learned from the table.
    """
    if dataset.positive is None:
        return None
    about = files.text_digest(f"{dataset.target}\0{dataset.positive}")[:8]
    folder = (
        cache.folder() / "reference" / f"{cache.digest_of(table.visible)[:32]}-{about}-{VERSION}"
    )
    if not folder.is_dir():
        _make(dataset, table, folder)
    return folder / FILES[role]


def _make(dataset: DatasetSpec, table: Table, folder: Path) -> None:
    import xgboost  # noqa: PLC0415 - slow to import

    try:
        prepared = _prepare(_read(table.visible, dataset), dataset)
        features = prepared.drop(columns=dataset.target)
        if features.empty:
            raise ValueError("no column holds numbers or few values")
        matrix = xgboost.DMatrix(features, label=prepared[dataset.target])
        booster = xgboost.train(SETTINGS, matrix, num_boost_round=ROUNDS)
    except (ValueError, TypeError, KeyError, xgboost.core.XGBoostError) as error:
        reason = printable(str(error).strip().partition("\n")[0][:LONGEST_REASON])
        raise DataError(
            f"the reference pipeline can learn nothing from {table.path} ({reason})",
            f"Look at the table: harness data profile {dataset.name}",
        ) from error
    folder.parent.mkdir(parents=True, exist_ok=True)
    with files.Scratch(folder.parent) as scratch:
        prepared.to_csv(scratch / FILES["table"], index=False)
        booster.save_model(scratch / FILES["model"])
        (scratch / FILES["columns"]).write_text(json.dumps(list(features.columns)))
        try:
            scratch.rename(folder)
        except OSError:
            if not folder.is_dir():  # another process was quicker otherwise
                raise


def _read(path: Path, dataset: DatasetSpec) -> pd.DataFrame:
    """The table as pandas has it, the target as text."""
    import pandas as pd  # noqa: PLC0415

    plain = io.BytesIO(as_plain_csv(path))
    return pd.read_csv(plain, dtype={dataset.target: str}, low_memory=False)


def _prepare(raw: pd.DataFrame, dataset: DatasetSpec) -> pd.DataFrame:
    import pandas as pd  # noqa: PLC0415

    made: dict[str, pd.Series] = {}
    target = dataset.target or ""

    def add(name: str, values: pd.Series) -> None:
        made[_new_name(name, {*made, target})] = values

    for name in raw.columns:
        if name == target:
            continue
        number = pd.to_numeric(raw[name], errors="coerce")
        blank = raw[name].astype(str).str.strip() == ""
        if (number.notna() | blank | raw[name].isna()).all():
            number = number.fillna(0)
            huge = number.dtype == object or (number.abs() > LARGEST).any()
            add(name, number.astype(float).clip(-LARGEST, LARGEST) if huge else number)
        elif raw[name].nunique() <= FEW:
            for level in sorted(raw[name].dropna().unique(), key=str):
                add(f"{name}_{level}", (raw[name] == level).astype(int))
    made[target] = (raw[target] == dataset.positive).astype(int)
    return pd.DataFrame(made)


def _new_name(name: str, taken: Container[str]) -> str:
    """A name for a feature: on one line, taken by XGBoost, and by no other feature."""
    plain = " ".join(printable(name).translate(REFUSED).split()) or "blank"
    made = (f"{plain}.{number}" if number else plain for number in count())
    return next(one for one in made if one not in taken)
