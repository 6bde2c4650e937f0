"""Small tables, what notebooks prepare of them, and models that are trained on that."""

from __future__ import annotations

import io
import json
from collections.abc import Mapping
from itertools import count
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import xgboost

from harness import checks, wiring
from harness.checks import CheckEnvironment, Evidence, model
from harness.records import CheckResult, DatasetSpec, Limits, Task

ROWS, HELD = 600, 200
CLASSES = {
    Task.BINARY: ("no", "yes"),
    Task.MULTICLASS: ("high", "low", "middle"),
    Task.REGRESSION: (),
}
MODEL = model.Options(
    kind="model", artifact="model.json", columns="columns.json", table="prepared.csv"
)
TARGETS = {
    Task.BINARY: "prepared['y'] = (df['y'] == 'yes').astype(int)\n",
    Task.MULTICLASS: "prepared['y'] = df['y'].map({'low': 2, 'middle': 0, 'high': 1})\n",
    Task.REGRESSION: "prepared['y'] = df['y']\n",
}


def raw(task: Task, rows: int = ROWS + HELD, seed: int = 1) -> pd.DataFrame:
    """Rows whose target depends on each of the columns."""
    rng = np.random.default_rng(seed)
    made = pd.DataFrame(
        {
            "income": rng.normal(3000, 800, rows).round(2),
            "rent": rng.normal(900, 250, rows).round(2),
            "joined": pd.Timestamp("2020-01-01")
            + pd.to_timedelta(rng.integers(0, 1400, rows), "D"),
            "city": rng.choice(["Ayr", "Bath", "Cork", "Deal"], rows, p=[0.4, 0.3, 0.2, 0.1]),
        }
    )
    month = made["joined"].dt.month
    score = 8 * made["rent"] / made["income"] + (month > 6) + (made["city"] == "Cork")
    score = score + rng.normal(0, 0.5, rows)
    made["joined"] = made["joined"].dt.strftime("%Y-%m-%d")
    if task is Task.BINARY:
        made["y"] = np.where(score > score.quantile(0.6), "yes", "no")
    elif task is Task.MULTICLASS:
        cuts = [-np.inf, *score.quantile([0.3, 0.7]), np.inf]
        made["y"] = pd.cut(score, cuts, labels=["low", "middle", "high"]).astype(str)
    else:
        made["y"] = (100 * score).round(2)
    return made


def prepared(code: str, table: pd.DataFrame) -> pd.DataFrame:
    """What the code makes of ``df``, as its own ``prepared``."""
    names: dict[str, Any] = {"df": table.reset_index(drop=True), "pd": pd, "np": np}
    exec(code, names)
    made: pd.DataFrame = names["prepared"]
    return made


def cells(code: str) -> tuple[str, ...]:
    """The same as a notebook does it."""
    first = "import numpy as np\nimport pandas as pd\ndf = pd.read_csv('table.csv')"
    return (first, code, "prepared.to_csv('prepared.csv', index=False)\nprepared.head()")


def fit(task: Task, table: pd.DataFrame, rows: slice = slice(None), **settings: Any) -> Any:
    """A model of a prepared table, whose target is ``y``."""
    kinds = {Task.REGRESSION: xgboost.XGBRegressor}
    kind = kinds.get(task, xgboost.XGBClassifier)
    made = kind(**{"n_estimators": 30, "max_depth": 3, "n_jobs": 1, **settings})
    return made.fit(table.drop(columns="y")[rows], table["y"][rows])


def artifacts(made: Any, table: pd.DataFrame) -> dict[str, bytes]:
    """What is saved of a model and the table that it was trained on."""
    names = list(made.get_booster().feature_names)
    return {
        "model.json": bytes(made.get_booster().save_raw("json")),
        "columns.json": json.dumps(names).encode(),
        "prepared.csv": table.to_csv(index=False).encode(),
    }


def evidence(task: Task, table: pd.DataFrame, folder: Path, **more: Any) -> Evidence:
    """The first rows are visible, and the last ``HELD`` are held out."""
    folder.mkdir(parents=True, exist_ok=True)
    parts = {"visible": table[:-HELD], "held": table[-HELD:]}
    for name, part in parts.items():
        part.to_csv(folder / f"{name}.csv", index=False)
    spec = DatasetSpec(
        name="t",
        description="",
        task=task,
        target="y",
        positive="yes" if task is Task.BINARY else None,
        file="table.csv",
    )
    return Evidence(
        dataset=spec,
        visible=folder / "visible.csv",
        held=folder / "held.csv",
        rows=len(parts["visible"]),
        classes=CLASSES[task],
        **more,
    )


def run(
    blobs: Mapping[str, bytes],
    seen: Evidence,
    folder: Path,
    options: model.Options = MODEL,
    seconds: float = 90,
) -> dict[str, CheckResult]:
    """The results of the check in the real sandbox, by name."""
    numbers = count()

    def fresh() -> Path:
        made = folder / f"sandbox-{next(numbers)}"
        made.mkdir(parents=True)
        return made

    limits = Limits(cell_seconds=seconds)
    environment = CheckEnvironment(wiring.executor(unsafe=False), fresh, limits)
    return {one.name: one for one in checks.run(options, blobs, seen, environment)}


def as_csv(table: pd.DataFrame) -> bytes:
    """As a reader of pandas gets it."""
    out = io.BytesIO()
    table.to_csv(out, index=False)
    return out.getvalue()
