"""What a good line of stages makes of the shipped table, and its checks in the real sandbox."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from itertools import count
from pathlib import Path

from conftest import REPOSITORY

from harness import checks, wiring
from harness.checks import CheckEnvironment, Evidence, model, service, table
from harness.project import datasets
from harness.project.datasets import Dataset
from harness.records import CheckOptions, CheckResult, Limits
from harness.runs import reference

TABLE = table.Options(kind="table", artifact="prepared.csv")
MODEL = model.Options(
    kind="model",
    artifact="model.json",
    columns="columns.json",
    table="prepared.csv",
    trials="trials.csv",
    least_trials=20,
)
SERVICE = service.Options(kind="service", artifact="app.py")
PRINTED = "".join(
    f"[I 2026-01-01 12:00:00,000] Trial {i} finished with value: 0.8\n" for i in range(20)
)
TRIALS = b"number,value\n" + b"".join(b"%d,0.8\n" % i for i in range(20))
APP = """
import json
import pandas as pd
import xgboost
from fastapi import FastAPI, HTTPException

model = xgboost.Booster(model_file="model.json")
columns = json.load(open("columns.json"))
FIELDS = {fields}
app = FastAPI()

@app.post("/predict")
def predict(records: list[dict]):
    for record in records:
        for name, levels in FIELDS.items():
            if name not in record or levels and record[name] not in levels:
                raise HTTPException(422, name)
    frame = pd.DataFrame(records)
    made = {{}}
    for column in columns:
        name, _, level = column.partition("_")
        if column in frame:
            made[column] = pd.to_numeric(frame[column], errors="coerce").fillna(0)
        else:
            made[column] = (frame[name] == level).astype(int)
    scores = model.predict(xgboost.DMatrix(pd.DataFrame(made)[columns]))
    return {{
        "prediction": ["Yes" if one > 0.5 else "No" for one in scores],
        "probability": [float(one) for one in scores],
    }}
"""


@cache
def dataset() -> Dataset:
    """The shipped table; its parts stay in the cache of the test that asked first."""
    return datasets.open_dataset(REPOSITORY, "telco")


@cache
def good() -> dict[str, bytes]:
    """The reference pipeline's artifacts, and an app that serves them."""
    data = dataset()
    blobs = {"trials.csv": TRIALS}
    roles = {"table": "prepared.csv", "model": "model.json", "columns": "columns.json"}
    for role, name in roles.items():
        path = reference.made(role, data.spec, data.table)
        assert path is not None
        blobs[name] = path.read_bytes()
    fields = {
        column.name: [value for value, _ in column.levels] if column.type == "text" else []
        for column in data.profile.columns
        if column.name not in ("Churn", "customerID", "TotalCharges")
    }
    return {**blobs, "app.py": APP.format(fields=fields).encode()}


def evidence() -> Evidence:
    data = dataset()
    return Evidence(
        visible=data.table.visible,
        held=data.table.held,
        rows=data.profile.rows,
        dataset=data.spec,
        classes=data.profile.classes,
    )


def run(
    options: CheckOptions,
    blobs: Mapping[str, bytes],
    folder: Path,
    printed: str = PRINTED,
    seen: Evidence | None = None,
    seconds: float = 90,
) -> dict[str, CheckResult]:
    """The results of a check, by name."""
    known = (seen or evidence()).model_copy(update={"printed": printed})
    numbers = count()

    def fresh() -> Path:
        made = folder / str(next(numbers))
        made.mkdir(parents=True)
        return made

    environment = CheckEnvironment(
        wiring.executor(unsafe=False), fresh, Limits(cell_seconds=seconds)
    )
    return {one.name: one for one in checks.run(options, blobs, known, environment)}


def failed(found: Mapping[str, CheckResult]) -> dict[str, str]:
    """The messages of the results that did not pass, by name."""
    return {name: r.message for name, r in found.items() if not r.status.holds}
