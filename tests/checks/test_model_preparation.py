"""Held-out rows predicted by way of the notebook's own preparation, in the real sandbox."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from model_artifacts import (
    CLASSES,
    HELD,
    MODEL,
    TARGETS,
    artifacts,
    cells,
    evidence,
    fit,
    prepared,
    raw,
)
from model_artifacts import run as check

from harness.checks import metrics
from harness.records import CheckResult, CheckStatus, Task

CODE = (
    "prepared = df[['income', 'rent']].copy()\n"
    "prepared['ratio'] = df['rent'] / df['income']\n"
    "prepared['month'] = pd.to_datetime(df['joined']).dt.month\n"
    "prepared['m'] = df.groupby('city')['income'].transform('mean')\n"
    "for name in ('income', 'rent'):\n"
    "    prepared[name] = (prepared[name] - prepared[name].mean()) / prepared[name].std()\n"
)
# Of each visible row as it is, of held-out ones by what was learned of the visible ones.
DIRECT = CODE.replace("prepared[name].mean()", "first[name].mean()").replace(
    "prepared[name].std()", "first[name].std()"
)
DIRECT = "first = df[:600]\n" + DIRECT.replace(
    "df.groupby('city')['income'].transform('mean')",
    "df['city'].map(first.groupby('city')['income'].mean())",
)
MAIN = {task: f"held-out {metrics.NAMES[metrics.OF_TASK[task][0]]}" for task in TARGETS}


def predicted(task: Task, made: Any, table: pd.DataFrame) -> float:
    """The main figure of the held-out rows, transformed by hand."""
    features = prepared(DIRECT + TARGETS[task], table)[-HELD:].drop(columns="y")
    labels = [str(one) for one in table["y"][-HELD:]]
    if task is Task.REGRESSION:
        rows = [[float(one)] for one in made.predict(features)]
    else:
        scores = made.predict_proba(features)
        order = {Task.BINARY: [0, 1], Task.MULTICLASS: [1, 2, 0]}[task]
        rows = [[float(row[number]) for number in order] for row in scores]
    return metrics.figures(task, CLASSES[task], labels, rows)[metrics.OF_TASK[task][0]]


def run(
    folder: Path, code: str, task: Task = Task.BINARY, seconds: float = 90, **more: Any
) -> CheckResult:
    """The main result of a model that is trained on what ``code`` prepares."""
    table = raw(task)
    before = prepared(code + TARGETS[task], table[:-HELD])
    blobs = artifacts(fit(task, before), before)
    seen = evidence(task, table, folder, **({"preparation": cells(code + TARGETS[task])} | more))
    return check(blobs, seen, folder, seconds=seconds)[MAIN[task]]


@pytest.mark.parametrize("task", TARGETS)
def test_features_of_any_make_give_the_figure_that_predicting_directly_gives(
    tmp_path: Path, task: Task
) -> None:
    """Cells run as in a notebook: one that fails ends none, and what only IPython knows works."""
    table = raw(task)
    made = fit(task, prepared(CODE + TARGETS[task], table[:-HELD]))
    shown = "%matplotlib inline\nimport matplotlib.pyplot as plt\nplt.plot([1]);\nplt.show()"
    odd = ("display(df.head())", "1 / 0", shown, "!pip install nothing")
    first, code, last = cells(CODE + TARGETS[task])
    found = run(tmp_path, CODE, task, preparation=(first, *odd, code, last))
    assert found.figure == pytest.approx(predicted(task, made, table), abs=1e-4)


def test_without_the_cells_it_cannot_be_judged(tmp_path: Path) -> None:
    found = run(tmp_path, CODE, preparation=())
    assert found.status is CheckStatus.UNJUDGED
    assert found.message == (
        "feature 'ratio' cannot be made of any one raw column; and its preparation cannot be run on"
        " more rows: the cells that made the prepared table are not known"
    )


def test_rows_that_are_mixed_cannot_be_judged(tmp_path: Path) -> None:
    found = run(tmp_path, "df = df.sample(frac=1, random_state=1).reset_index(drop=True)\n" + CODE)
    assert found.status is CheckStatus.UNJUDGED
    assert "rows come out in another order" in found.message


@pytest.mark.parametrize(
    ("last", "told"),
    [
        ("while len(df) > 600:\n    pass", "over its limit of 15 s a cell"),
        ("import os\nif len(df) > 600:\n    os._exit(1)", "there is no table prepared.csv"),
    ],
)
def test_a_preparation_that_hangs_or_dies_on_more_rows_cannot_be_judged(
    tmp_path: Path, last: str, told: str
) -> None:
    first, code, save = cells(CODE + TARGETS[Task.BINARY])
    found = run(tmp_path, CODE, preparation=(first, code, last, save), seconds=15)
    assert found.status is CheckStatus.UNJUDGED
    assert told in found.message


def test_the_reference_prepares_the_rows_of_its_own_table(tmp_path: Path) -> None:
    task = Task.BINARY
    table = raw(task)
    held = prepared(DIRECT + TARGETS[task], table)[-HELD:].drop(columns="y")
    held.to_csv(tmp_path / "prepared-held.csv", index=False)
    made = fit(task, prepared(CODE + TARGETS[task], table[:-HELD]))
    found = run(tmp_path, CODE, preparation=(), reference_held=tmp_path / "prepared-held.csv")
    assert found.figure == pytest.approx(predicted(task, made, table), abs=1e-4)


def test_a_feature_that_the_modeling_makes_is_named(tmp_path: Path) -> None:
    task = Task.BINARY
    table = raw(task)
    before = prepared(CODE + TARGETS[task], table[:-HELD])
    blobs = artifacts(fit(task, before.assign(more=before["ratio"] ** 2)), before)
    seen = evidence(task, table, tmp_path, preparation=cells(CODE + TARGETS[task]))
    found = check(blobs, seen, tmp_path)[MAIN[task]]
    assert found.status is CheckStatus.UNJUDGED
    assert "feature 'more' is not in prepared.csv" in found.message


def test_a_feature_made_of_the_target_is_suspect_and_rows_to_test_by_are_missed(
    tmp_path: Path,
) -> None:
    task = Task.BINARY
    code = f"{CODE}prepared['left'] = (df['y'] == 'no').astype(int)\n{TARGETS[task]}"
    table = raw(task)
    before = prepared(code, table[:-HELD])
    blobs = artifacts(fit(task, before), before)
    seen = evidence(task, table, tmp_path, preparation=cells(code))
    options = MODEL.model_copy(update={"test_share": 0.2})
    found = check(blobs, seen, tmp_path, options)
    assert found["test rows left out"].status is CheckStatus.FAILED
    leaked = found["no feature made of the target"]
    assert leaked.status is CheckStatus.SUSPECT
    assert "feature 'left' is told by the target and by no column" in leaked.message
