"""On how many of the visible rows a model was fitted, told by the model itself."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pytest
from model_artifacts import TARGETS, fit, prepared, raw

from harness.checks.model import fitting, program_fitted
from harness.records import CheckResult, CheckStatus, Task

CODE = (
    "prepared = df[['income', 'rent']].copy()\n"
    "prepared['ratio'] = df['rent'] / df['income']\n"
    "prepared['month'] = pd.to_datetime(df['joined']).dt.month\n"
)
TASKS = list(TARGETS)
ROWS = 2000


def judged(task: Task, part: float, tried: Sequence[float] = (), **settings: Any) -> CheckResult:
    """What is said of a model that was fitted on the first ``part`` of all visible rows."""
    table = prepared(CODE + TARGETS[task], raw(task, ROWS))
    made = fit(task, table, slice(int(part * ROWS)), **{"n_estimators": 100, **settings})
    features = table.drop(columns="y")
    found = program_fitted.summary(made.get_booster(), features, table["y"])
    known = fitting.Fitted(unknown=None, rows=ROWS, tried=tuple(tried), **found)
    return fitting.judge(0.2, known, "rows")


@pytest.mark.parametrize("task", TASKS)
def test_all_rows_are_counted_to_the_last(task: Task) -> None:
    found = judged(task, 1)
    assert (found.status, found.figure) == (CheckStatus.FAILED, 1)
    assert found.message == (
        "every tree was grown on 100% of 2,000 visible rows; 20% were to be left out for testing"
    )


@pytest.mark.parametrize("task", TASKS)
def test_rows_that_were_left_out_are_missing(task: Task) -> None:
    found = judged(task, 0.8)
    assert found.status is CheckStatus.PASSED
    assert found.figure == pytest.approx(0.8, abs=0.03)


@pytest.mark.parametrize("task", TASKS)
def test_what_is_drawn_for_each_tree_is_told_from_what_was_left_out(task: Task) -> None:
    """The mean share is about the same; how it differs from tree to tree is not."""
    drawn = {"subsample": 0.8, "n_estimators": 300, "random_state": 7}
    assert judged(task, 0.8, **drawn).status is not CheckStatus.SUSPECT
    unfair = judged(task, 1, **drawn)
    assert unfair.status in (CheckStatus.SUSPECT, CheckStatus.CLAIMED)
    assert judged(task, 0.8, tried=[0.8, 0.3], **drawn).status is CheckStatus.PASSED
    assert judged(task, 1, tried=[0.8, 0.3], **drawn).status is CheckStatus.SUSPECT


def test_a_share_that_was_not_drawn_is_not_believed() -> None:
    """The model was fitted on all rows, and its word would have it that none were drawn."""
    found = judged(Task.REGRESSION, 1, subsample=0.8, tried=[1.0])
    assert found.status is not CheckStatus.PASSED


def test_weighed_classes_are_taken_into_account() -> None:
    assert judged(Task.BINARY, 1, scale_pos_weight=3).status is CheckStatus.FAILED
    assert judged(Task.BINARY, 0.8, scale_pos_weight=3).status is CheckStatus.PASSED


@pytest.mark.parametrize(
    "settings",
    [{"booster": "dart"}, {"num_parallel_tree": 2}],
)
def test_other_models_do_not_tell(settings: dict[str, Any]) -> None:
    table = prepared(CODE + TARGETS[Task.REGRESSION], raw(Task.REGRESSION))
    made = fit(Task.REGRESSION, table, **settings).get_booster()
    with pytest.raises(ValueError, match=r"another kind|one per round"):
        program_fitted.summary(made, table.drop(columns="y"), table["y"])
    found = fitting.Fitted(unknown="why", rows=0, share=0, least=0, most=0)
    assert fitting.judge(0.2, found, "rows").status is CheckStatus.CLAIMED


def test_rows_that_count_more_than_once_are_no_verdict() -> None:
    table = prepared(CODE + TARGETS[Task.REGRESSION], raw(Task.REGRESSION))
    twice = table.loc[table.index.repeat(2)].reset_index(drop=True)
    made = fit(Task.REGRESSION, twice).get_booster()
    found = program_fitted.summary(made, table.drop(columns="y"), table["y"])
    said = fitting.judge(0.2, fitting.Fitted(unknown=None, rows=len(table), **found), "rows")
    assert said.status is CheckStatus.CLAIMED


def test_a_feature_is_fair_where_the_table_tells_the_target_as_well() -> None:
    assert fitting.judge_features("left", None).status is CheckStatus.SUSPECT
    assert fitting.judge_features("left", "the column 'gone'").status is CheckStatus.PASSED
    assert fitting.judge_features(None, None).status is CheckStatus.PASSED
