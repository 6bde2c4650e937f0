"""Checks on real artifacts, in the real sandbox; and on what is broken, forged or too good."""

from __future__ import annotations

import contextlib
import textwrap
from collections.abc import Mapping
from itertools import count
from pathlib import Path

import pytest
from conftest import REPOSITORY

from harness import checks, wiring
from harness.checks import CheckEnvironment, Evidence
from harness.checks.evidence import judge_auc
from harness.project import datasets
from harness.project.datasets import Dataset
from harness.records import CheckResult, CheckSpec, CheckStatus, Limits
from harness.runs import reference

TABLE = CheckSpec(kind="table", artifact="prepared.csv")
MODEL = CheckSpec(
    kind="model",
    artifact="model.json",
    columns="columns.json",
    table="prepared.csv",
    trials="trials.csv",
    least_trials=20,
    least_auc=0.8,
)
SERVICE = CheckSpec(kind="service", artifact="app.py", field="churn_probability", least_auc=0.8)
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
    return {{"churn_probability": [float(one) for one in scores]}}
"""


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Dataset:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("HARNESS_CACHE", str(tmp_path_factory.mktemp("cache")))
        return datasets.open_dataset(REPOSITORY, "telco")


@pytest.fixture(scope="module")
def made(data: Dataset, tmp_path_factory: pytest.TempPathFactory) -> dict[str, bytes]:
    """The reference pipeline's artifacts, and an app that serves them."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("HARNESS_CACHE", str(tmp_path_factory.mktemp("cache")))
        blobs = {"trials.csv": TRIALS}
        for name in ("prepared.csv", "model.json", "columns.json"):
            path = reference.artifact(name, data.spec, data.table)
            assert path is not None
            blobs[name] = path.read_bytes()
    fields = {
        column.name: [value for value, _ in column.levels] if column.type == "text" else []
        for column in data.profile.columns
        if column.name not in ("Churn", "customerID", "TotalCharges")
    }
    return {**blobs, "app.py": APP.format(fields=fields).encode()}


def evidence(data: Dataset) -> Evidence:
    return Evidence(
        visible=data.table.visible,
        held=data.table.held,
        rows=data.profile.rows,
        target="Churn",
        positive="Yes",
    )


def run(
    spec: CheckSpec, blobs: Mapping[str, bytes], data: Dataset, folder: Path
) -> dict[str, CheckResult]:
    numbers = count()

    def fresh() -> Path:
        made = folder / str(next(numbers))
        made.mkdir()
        return made

    environment = CheckEnvironment(wiring.executor(unsafe=False), fresh, Limits(cell_seconds=90))
    return {one.name: one for one in checks.run(spec, blobs, evidence(data), environment)}


def failed(found: Mapping[str, CheckResult]) -> dict[str, str]:
    return {
        name: one.message for name, one in found.items() if one.status is not CheckStatus.PASSED
    }


def test_a_good_line_passes_every_check(
    data: Dataset, made: dict[str, bytes], tmp_path: Path
) -> None:
    for spec in (TABLE, MODEL, SERVICE):
        folder = tmp_path / spec.kind
        folder.mkdir()
        found = run(spec, made, data, folder)
        assert failed(found) == {}
        if spec is not TABLE:
            auc = found["held-out ROC AUC"].figure
            assert auc is not None
            assert 0.8 < auc < 0.9


def test_a_kernel_in_reserve_serves_a_check(
    data: Dataset, made: dict[str, bytes], tmp_path: Path
) -> None:
    def fresh() -> Path:
        folder = tmp_path / "check"
        folder.mkdir()
        return folder

    with contextlib.closing(wiring.executor(unsafe=False)) as executor:
        environment = CheckEnvironment(executor, fresh, Limits(cell_seconds=90))
        environment.prepare()
        assert not (tmp_path / "check").exists()
        (reserve,) = executor._reserves
        assert reserve.session.result() is not None
        found = checks.run(TABLE, made, evidence(data), environment)
    assert {one.status for one in found} == {CheckStatus.PASSED}
    assert not executor._reserves
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize(
    ("change", "wrong"),
    [
        (lambda t: t.rsplit("\n", 3)[0] + "\n", {"rows"}),
        (
            lambda t: t.replace(",0.0", ",", 1) if ",0.0" in t else t.replace(",0", ",", 1),
            {"no blanks"},
        ),
        (lambda t: t.replace("\n1,", "\none,", 1).replace("\n0,", "\nnone,", 1), {"only numbers"}),
        (lambda t: t.replace("Churn", "Left", 1), {"target kept"}),
    ],
)
def test_a_table_that_is_not_as_it_should_be(
    data: Dataset, made: dict[str, bytes], tmp_path: Path, change, wrong: set[str]
) -> None:
    blobs = {"prepared.csv": change(made["prepared.csv"].decode()).encode()}
    assert set(failed(run(TABLE, blobs, data, tmp_path))) == wrong


@pytest.mark.parametrize("blob", [b"", b"\x00\xff\xfe", b"a\n" * 3, b'"' * 100])
def test_a_table_that_is_none_fails_in_a_line(data: Dataset, tmp_path: Path, blob: bytes) -> None:
    found = run(TABLE, {"prepared.csv": blob}, data, tmp_path)
    assert found
    assert all("\n" not in one.message for one in found.values())
    assert failed(found)


def test_what_is_missing_is_not_run(data: Dataset, tmp_path: Path) -> None:
    for spec in (TABLE, MODEL, SERVICE):
        (result,) = run(spec, {}, data, tmp_path).values()
        assert result.status is CheckStatus.NOT_RUN
        assert result.message == f"{spec.artifact} is missing"


def test_models_that_do_not_load_were_not_tuned_or_use_what_cannot_be_known(
    data: Dataset, made: dict[str, bytes], tmp_path: Path
) -> None:
    wrong = failed(run(MODEL, {**made, "model.json": b"{}"}, data, tmp_path))
    assert "model loads" in wrong
    (tmp_path / "b").mkdir()
    few = TRIALS[: TRIALS.index(b"5,")]
    wrong = failed(run(MODEL, {**made, "trials.csv": few}, data, tmp_path / "b"))
    assert wrong == {"tuned": "5 trials in trials.csv, 20 asked for"}
    (tmp_path / "c").mkdir()
    shuffled = made["prepared.csv"].decode().split("\n")
    mixed = "\n".join([shuffled[0], *shuffled[1:-1][::-1], ""]).encode()
    wrong = failed(run(MODEL, {**made, "prepared.csv": mixed}, data, tmp_path / "c"))
    assert "cannot be made of any one raw column" in wrong["held-out ROC AUC"]


def app(body: str) -> bytes:
    return ("from fastapi import FastAPI\napp = FastAPI()\n" + textwrap.dedent(body)).encode()


@pytest.mark.parametrize(
    ("body", "wrong"),
    [
        ("raise SystemExit(1)", {"app starts"}),
        ("import nothing_like_it", {"app starts"}),
        (
            '@app.post("/predict")\ndef p(r: list[dict]):\n    return r[0]["nope"]',
            {
                "one record",
                "a thousand records",
                "refuses unknown category",
                "refuses missing field",
                "held-out ROC AUC",
            },
        ),
        (
            '@app.post("/predict")\ndef p(r: list[dict]):\n'
            '    return {"churn_probability": [0.5] * len(r)}',
            {"refuses unknown category", "refuses missing field", "held-out ROC AUC"},
        ),
        (
            '@app.post("/predict")\ndef p(r: list[dict]):\n'
            '    return {"churn_probability": ["NaN", 7, None]}',
            {
                "one record",
                "a thousand records",
                "refuses unknown category",
                "refuses missing field",
                "held-out ROC AUC",
            },
        ),
        ("import os\nos._exit(0)", {"app.py"}),
        ("import os\nos.symlink('/etc/shadow', 'result.json')\nos._exit(0)", {"app.py"}),
        ("open('result.json', 'w').write('[]')\nimport os\nos._exit(0)", {"app.py"}),
        ("open('result.json', 'w').write('{\"start\": null}')\nimport os\nos._exit(0)", {"app.py"}),
    ],
)
def test_apps_that_fail_are_told_apart(
    data: Dataset, made: dict[str, bytes], tmp_path: Path, body: str, wrong: set[str]
) -> None:
    blobs = {**made, "app.py": app(body)}
    assert set(failed(run(SERVICE, blobs, data, tmp_path))) == wrong


def test_labels_never_reach_the_sandbox(data: Dataset) -> None:
    seen = evidence(data)
    header = seen.held_features().decode().split("\n")[0].rstrip("\r")
    assert "Churn" not in header.split(",")
    assert len(seen.held_labels()) == seen.held_features().decode().count("\n") - 1
    for module in (checks.table, checks.model, checks.service):
        spec = CheckSpec(kind="model", artifact="x.json")
        given = module.files(spec, {"x.json": b""}, seen)
        assert b"Churn" not in given.get("held.csv", b"").split(b"\n")[0]


def test_too_good_is_suspect_and_too_few_is_failed(data: Dataset) -> None:
    seen = evidence(data)
    labels = seen.held_labels()
    perfect = judge_auc("auc", MODEL, [float(one) for one in labels], seen)
    assert (perfect.status, perfect.figure) == (CheckStatus.SUSPECT, 1.0)
    guess = judge_auc("auc", MODEL, [0.5] * len(labels), seen)
    assert (guess.status, guess.figure) == (CheckStatus.FAILED, 0.5)
    for odd in ([], [0.5], [2.0] * len(labels), ["x"] * len(labels), [True] * 3):
        assert judge_auc("auc", MODEL, odd, seen).status is CheckStatus.FAILED


def test_specs_are_read_from_the_shipped_stages() -> None:
    from harness.project import stages

    kinds = {
        name: [one.kind for one in stages.load(REPOSITORY, name).checks]
        for name in ("eda", "modeling", "deployment")
    }
    assert kinds == {"eda": ["table"], "modeling": ["model"], "deployment": ["service"]}
