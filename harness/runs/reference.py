"""The harness's own small pipeline: what a stage may read where the stage before left it out.

Plain and fixed on purpose, no rival to what models write: numbers as numbers, every text column of
few values one-hot, gradient-boosted trees with moderate settings.
"""

from __future__ import annotations

import json
import shutil
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

from harness.project.datasets import Table
from harness.records import DatasetSpec
from harness.weights import cache

if TYPE_CHECKING:
    import pandas as pd

VERSION = "2"  # of what is made
FEW = 20  # values of a text column that is worth a column each
SETTINGS = {"max_depth": 4, "eta": 0.1, "subsample": 0.8, "objective": "binary:logistic", "seed": 1}
ROUNDS = 100
FILES = {"table": "table.csv", "model": "model.json", "columns": "columns.json"}  # role -> file


def made(role: str, dataset: DatasetSpec, table: Table) -> Path | None:
    """What stands in for an artifact of this role (a field of ``Reference``).

    None where the target has no positive value to learn. Made once per table, kept in the cache.
    """
    if dataset.positive is None:
        return None
    key = f"{cache.digest_of(table.visible)[:32]}-{VERSION}"
    folder = cache.folder() / "reference" / key
    if not folder.is_dir():
        _make(dataset, table, folder)
    return folder / FILES[role]


def _make(dataset: DatasetSpec, table: Table, folder: Path) -> None:
    import pandas as pd  # noqa: PLC0415 - slow to import
    import xgboost  # noqa: PLC0415

    prepared = _prepare(pd.read_csv(table.visible), dataset)
    features = prepared.drop(columns=dataset.target)
    matrix = xgboost.DMatrix(features, label=prepared[dataset.target])
    booster = xgboost.train(SETTINGS, matrix, num_boost_round=ROUNDS)
    folder.parent.mkdir(parents=True, exist_ok=True)
    scratch = Path(tempfile.mkdtemp(prefix=".reference.", dir=folder.parent))
    try:
        prepared.to_csv(scratch / FILES["table"], index=False)
        booster.save_model(scratch / FILES["model"])
        (scratch / FILES["columns"]).write_text(json.dumps(list(features.columns)))
        scratch.rename(folder)
    except OSError:
        if not folder.is_dir():  # another process was quicker otherwise
            raise
    finally:
        shutil.rmtree(scratch, ignore_errors=True)


def _prepare(raw: pd.DataFrame, dataset: DatasetSpec) -> pd.DataFrame:
    import pandas as pd  # noqa: PLC0415

    made = {}
    for name in raw.columns:
        if name == dataset.target:
            continue
        number = pd.to_numeric(raw[name], errors="coerce")
        blank = raw[name].astype(str).str.strip() == ""
        if (number.notna() | blank | raw[name].isna()).all():
            made[name] = number.fillna(0)
        elif raw[name].nunique() <= FEW:
            for level in sorted(raw[name].dropna().unique()):
                made[f"{name}_{level}"] = (raw[name] == level).astype(int)
    made[dataset.target] = (raw[dataset.target] == dataset.positive).astype(int)
    return pd.DataFrame(made)
