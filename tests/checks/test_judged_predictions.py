"""Predictions of held-out rows: beside the reference, an absolute figure, or nothing at all."""

from __future__ import annotations

from pathlib import Path

import pytest
from small_tables import evidence, knowing, rows

from harness.checks.evidence import Evidence
from harness.checks.judging import PredictionOptions, judge_predictions
from harness.records import CheckResult, CheckStatus, ReferenceFigures, Task

OPTIONS = PredictionOptions(kind="any", artifact="model.json")
TASKS = [Task.BINARY, Task.MULTICLASS, Task.REGRESSION]
GOOD = {"roc_auc": 0.95, "log_loss": 0.4, "r2": 0.9}
LEADING = {Task.BINARY: "held-out ROC AUC", Task.REGRESSION: "held-out R²"} | {
    Task.MULTICLASS: "held-out ROC AUC"
}


def judged(known: Evidence, made: list[list[float]]) -> dict[str, CheckResult]:
    return {one.name: one for one in judge_predictions(OPTIONS, made, known)}


@pytest.mark.parametrize("task", TASKS)
def test_as_good_as_the_reference_passes(tmp_path: Path, task: Task) -> None:
    known = evidence(tmp_path, task, figures=GOOD)
    found = judged(known, knowing(known, 0.8))
    assert {one.status for one in found.values()} == {CheckStatus.PASSED}
    first = found[LEADING[task]]
    assert "on 100 held-out tickets; at least" in first.message
    assert "0.9 of the skill of the reference, which has" in first.message
    assert len(found) == (2 if task is Task.MULTICLASS else 1)


@pytest.mark.parametrize("task", TASKS)
def test_far_below_the_reference_fails_and_says_what_is_asked_for(
    tmp_path: Path, task: Task
) -> None:
    known = evidence(tmp_path, task, figures=GOOD)
    blind = {Task.REGRESSION: [[900.0]], Task.BINARY: [[0.6, 0.4]]}.get(task, [[0.4, 0.3, 0.3]])
    found = judged(known, blind * 100)
    assert {one.status for one in found.values()} == {CheckStatus.FAILED}
    assert "is too low: at least" in found[LEADING[task]].message


def test_other_figures_are_told_beside_the_leading_one(tmp_path: Path) -> None:
    known = evidence(tmp_path, Task.REGRESSION, figures=GOOD, units={"price": "euros"})
    found = judged(known, knowing(known, 0.98))
    message = found["held-out R²"].message
    assert "mean absolute error" in message
    assert "root mean squared error" in message
    assert message.endswith("euros")
    binary = evidence(tmp_path, Task.BINARY, figures=GOOD)
    assert "Brier score 0.0400" in judged(binary, knowing(binary, 0.8))["held-out ROC AUC"].message


@pytest.mark.parametrize(
    ("thresholds", "sure", "failed"),
    [
        ({"roc_auc": 0.8}, 0.9, set()),
        ({"roc_auc": 1.0, "brier": 0.02}, 0.9, set()),
        ({"roc_auc": 0.8, "brier": 0.005}, 0.9, {"held-out Brier score"}),
    ],
)
def test_what_the_dataset_asks_for_counts_as_it_stands(
    tmp_path: Path, thresholds: dict[str, float], sure: float, failed: set[str]
) -> None:
    known = evidence(tmp_path, Task.BINARY, figures={"roc_auc": 0.999}, thresholds=thresholds)
    found = judged(known, knowing(known, sure))
    assert {name for name, one in found.items() if one.status is CheckStatus.FAILED} == failed
    assert len(found) == len(thresholds)
    assert "the reference has 0.9990" in found["held-out ROC AUC"].message


def test_a_figure_that_is_asked_for_may_be_missed_by_a_hair(tmp_path: Path) -> None:
    known = evidence(tmp_path, Task.BINARY, thresholds={"roc_auc": 0.9})
    found = judged(known, knowing(known, 0.9, every=5))["held-out ROC AUC"]
    assert found.figure is not None
    assert found.figure < 0.9
    assert found.status is CheckStatus.FAILED
    assert "is too low: at least 0.9 is asked for" in found.message


def test_what_chance_explains_on_few_rows_is_no_failure(tmp_path: Path) -> None:
    held = rows(Task.BINARY, 60, 2)
    known = evidence(tmp_path, Task.BINARY, held=held, figures={"roc_auc": 0.99})
    found = judged(known, knowing(known, 0.9, every=16))["held-out ROC AUC"]
    assert found.figure is not None
    assert found.figure < 0.94
    assert found.status is CheckStatus.PASSED
    assert "what is missing is within the error of so few rows" in found.message


def test_a_table_with_nothing_to_learn_is_no_failure_of_the_model(tmp_path: Path) -> None:
    known = evidence(tmp_path, Task.BINARY, figures={"roc_auc": 0.51})
    found = judged(known, [[0.5, 0.5]] * 100)["held-out ROC AUC"]
    assert found.status is CheckStatus.UNJUDGED
    assert "hardly better than an answer that looks at no feature (0.5000)" in found.message
    upside_down = [row[::-1] for row in knowing(known)]
    assert judged(known, upside_down)["held-out ROC AUC"].status is CheckStatus.FAILED


@pytest.mark.parametrize("task", TASKS)
def test_without_a_reference_a_figure_has_no_measure(tmp_path: Path, task: Task) -> None:
    known = evidence(tmp_path, task).model_copy(update={"reference_problem": "no column is of use"})
    found = judged(known, knowing(known, 0.9))
    assert {one.status for one in found.values()} == {CheckStatus.UNJUDGED}
    assert "(no column is of use)" in found[LEADING[task]].message


def test_without_a_reference_worse_than_nothing_still_fails(tmp_path: Path) -> None:
    known = evidence(tmp_path, Task.REGRESSION)
    found = judged(known, [[-5000.0]] * 100)["held-out R²"]
    assert found.status is CheckStatus.FAILED
    assert "is worse than nothing" in found.message


@pytest.mark.parametrize(
    ("count", "positives", "why"),
    [
        (0, 0, "no tickets are held out"),
        (12, 6, "only 12 tickets are held out, too few for a figure to mean anything"),
        (40, 40, "all 40 held-out tickets have one class"),
        (40, 3, "of 40 held-out tickets only 3 have the class 'yes', too few"),
        (40, 37, "of 40 held-out tickets only 3 have the class 'no', too few"),
    ],
)
def test_few_rows_mean_nothing_and_are_no_failure(
    tmp_path: Path, count: int, positives: int, why: str
) -> None:
    held = rows(Task.BINARY, count, 2)
    for number, row in enumerate(held):
        row[-1] = "yes" if number < positives else "no"
    known = evidence(tmp_path, Task.BINARY, held=held, figures=GOOD)
    (found,) = judged(known, [[0.5, 0.5]] * count).values()
    assert found.status is CheckStatus.UNJUDGED
    assert found.message.startswith(why)


@pytest.mark.parametrize(
    ("task", "made", "why"),
    [
        (Task.BINARY, [], "0 probabilities for 100 held-out tickets"),
        (Task.BINARY, [[0.5, 0.5]] * 99, "99 probabilities for 100 held-out tickets"),
        (Task.BINARY, [[-1.0, 2.0]] * 100, "of 100 of 100 tickets are not between 0 and 1"),
        (Task.BINARY, [[1.0]] * 100, "there is no prediction of 2 finite numbers"),
        (Task.MULTICLASS, [[0.9, 0.9, 0.9]] * 100, "of 100 of 100 tickets do not add up to 1"),
        (Task.MULTICLASS, [[0.5, 0.5]] * 100, "there is no prediction of 3 finite numbers"),
        (Task.REGRESSION, [[float("nan")]] * 100, "there is no prediction of a finite number"),
    ],
)
def test_what_are_no_predictions_fails(
    tmp_path: Path, task: Task, made: list[list[float]], why: str
) -> None:
    (found,) = judged(evidence(tmp_path, task, figures=GOOD), made).values()
    assert (found.name, found.status) == (LEADING[task], CheckStatus.FAILED)
    assert why in found.message


def test_a_class_that_no_visible_row_has_is_a_miss_and_no_crash(tmp_path: Path) -> None:
    held = rows(Task.MULTICLASS, 100, 2)
    held[0][-1] = "praise"
    known = evidence(tmp_path, Task.MULTICLASS, held=held, figures=GOOD)
    right = [one if one in known.classes else "bug" for one in known.held_labels()]
    made = [[0.9 if one == label else 0.05 for one in known.classes] for label in right]
    assert "accuracy 0.9900" in judged(known, made)["held-out ROC AUC"].message


def test_numbers_that_cannot_be_read_are_said(tmp_path: Path) -> None:
    held = rows(Task.REGRESSION, 30, 2)
    for number, row in enumerate(held):
        row[-1] = f"<{number}"
    known = evidence(tmp_path, Task.REGRESSION, held, held, figures=GOOD)
    (found,) = judged(known, [[1.0]] * 30).values()
    assert found.status is CheckStatus.UNJUDGED
    assert "signs such as '<' before them" in found.message


def leaking(tmp_path: Path, task: Task) -> Evidence:
    """A table whose text column gives the target away, which the reference did not read."""
    visible, held = rows(task, 300, 1), rows(task, 100, 2)
    for row in (*visible, *held):
        row[2] = f"closed as {row[-1][:4] if task is not Task.REGRESSION else row[-1][:2]}"
    weak = {"roc_auc": 0.7, "log_loss": 0.9, "r2": 0.3}
    return evidence(tmp_path, task, visible, held, figures=weak)


@pytest.mark.parametrize("task", [Task.BINARY, Task.MULTICLASS])
def test_far_better_than_the_reference_through_one_column_is_suspect(
    tmp_path: Path, task: Task
) -> None:
    known = leaking(tmp_path, task)
    found = judged(known, knowing(known))["held-out ROC AUC"]
    assert found.status is CheckStatus.SUSPECT
    assert found.message.startswith(
        "1.0000 on 100 held-out tickets is far better than the reference, which has 0.7000: the"
        " target may have leaked into the features, as the column 'team' alone reaches 1.0000"
    )


@pytest.mark.parametrize("task", TASKS)
def test_better_than_the_reference_without_evidence_is_no_fault(tmp_path: Path, task: Task) -> None:
    weak = {"roc_auc": 0.6, "log_loss": 1.0, "r2": 0.1}
    known = evidence(tmp_path, task, figures=weak)
    found = judged(known, knowing(known, 0.99))[LEADING[task]]
    assert found.status is CheckStatus.PASSED
    assert "far better than the reference" in found.message


def test_near_perfect_beside_a_reference_that_is_as_good_is_no_fault(tmp_path: Path) -> None:
    known = leaking(tmp_path, Task.MULTICLASS)
    reference = ReferenceFigures(figures={"roc_auc": 0.999, "log_loss": 0.03}, baseline={})
    known = known.model_copy(update={"reference": reference})
    found = judged(known, knowing(known, 0.98))
    assert {one.status for one in found.values()} == {CheckStatus.PASSED}


def test_only_some_rows_may_be_judged(tmp_path: Path) -> None:
    known = evidence(tmp_path, Task.BINARY, figures=GOOD)
    chosen = range(0, 100, 2)
    made = knowing(known, 0.9)[::2]
    (found,) = judge_predictions(OPTIONS, made, known, chosen)
    assert (found.figure, found.status) == (1.0, CheckStatus.PASSED)
    assert found.message.startswith("1.0000 on 50 held-out tickets")
