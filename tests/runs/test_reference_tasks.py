"""What the reference pipeline learns, for each task, and what it reaches."""

from __future__ import annotations

import random
import time
from pathlib import Path

import pytest
from tables import Case, case, classes

from harness.checks import Evidence
from harness.errors import DataError
from harness.profiles.profile import profile_table
from harness.records import Task
from harness.runs import reference
from harness.runs.reference import learning
from harness.runs.reference.reading import source

ROWS = 400


def numbers(rows: int = ROWS, seed: int = 1) -> list[float]:
    rnd = random.Random(seed)
    return [round(rnd.gauss(0, 1), 4) for _ in range(rows)]


def regression(folder: Path, y: list[object], held: int = 80) -> Case:
    columns = {"x": numbers(), "z": numbers(seed=2), "y": y}
    return case(folder, columns, held=held, task=Task.REGRESSION)


def test_a_binary_target_is_learned(tmp_path: Path) -> None:
    x, z = numbers(), numbers(seed=2)
    y = ["a" if one + other > 0 else "b" for one, other in zip(x, z, strict=True)]
    made = case(tmp_path, {"x": x, "z": z, "y": y}, held=80)
    found = reference.figures(made.spec, made.table)
    assert found.figures["roc_auc"] > 0.95
    assert found.figures["log_loss"] < found.baseline["log_loss"] / 2
    assert found.baseline["roc_auc"] == 0.5
    assert found.note == ""
    assert made.prepared()["y"].tolist() == [int(one == "a") for one in y[:320]]


@pytest.mark.parametrize(
    "named",
    [("low", "mid", "top"), ("0", "1", "2"), ("10", "9", "8"), ("True", "False", "other")],
)
def test_classes_are_numbered_in_the_order_of_their_texts(
    tmp_path: Path, named: tuple[str, ...]
) -> None:
    x = numbers()
    y = [named[0 if one < -0.5 else 1 if one < 0.5 else 2] for one in x]
    made = case(tmp_path, {"x": x, "y": y}, held=80, task=Task.MULTICLASS)
    order = sorted(named)
    assert made.prepared()["y"].tolist() == [order.index(one) for one in y[:320]]
    assert made.figures()["accuracy"] > 0.9
    assert made.figures()["roc_auc"] > 0.95


def test_thirty_classes_are_learned(tmp_path: Path) -> None:
    rnd = random.Random(1)
    y = [f"class {rnd.randrange(30)}" for _ in range(900)]
    x = [int(one[6:]) + rnd.gauss(0, 0.1) for one in y]
    made = case(tmp_path, {"x": x, "y": y}, held=200, task=Task.MULTICLASS)
    assert made.figures()["accuracy"] > 0.8


def test_a_class_that_only_held_out_rows_have_is_answered_wrongly(tmp_path: Path) -> None:
    x = numbers()
    y = ["p" if one < 0 else "q" for one in x[:-1]] + ["never seen"]
    made = case(tmp_path, {"x": x, "y": y}, held=1, task=Task.MULTICLASS)
    assert made.figures()["accuracy"] == 0


@pytest.mark.parametrize(
    "of",
    [
        lambda t: t,
        lambda t: -1000 + t,
        lambda t: f"{t * 1000:,.2f}",
        lambda t: f"$ {t:.2f}",
        lambda t: f"{t:.2f}".replace(".", ","),
        lambda t: round(2.718 ** (2 * t), 3),
    ],
    ids=["plain", "negative", "thousands", "currency", "decimal comma", "skewed"],
)
def test_a_number_is_learned_however_it_is_written(tmp_path: Path, of) -> None:
    x, z = numbers(), numbers(seed=2)
    y = [of(round(one + 0.5 * other + 5, 4)) for one, other in zip(x, z, strict=True)]
    assert regression(tmp_path, y).figures()["r2"] > 0.5


def test_a_number_that_is_none_is_no_row(tmp_path: Path) -> None:
    y = [one * 2 if i % 10 else "n/a" for i, one in enumerate(numbers())]
    made = regression(tmp_path, y)
    assert len(made.prepared()) == 288
    assert len(made.held()) == 72
    assert made.figures()["r2"] > 0.9


def test_a_rare_class_is_learned(tmp_path: Path) -> None:
    x = numbers(4000)
    y = ["a" if one > 2.3 else "b" for one in x]
    assert 20 < y.count("a") < 80
    assert case(tmp_path, {"x": x, "y": y}, held=1000).figures()["roc_auc"] > 0.95


def test_noise_is_not_learned(tmp_path: Path) -> None:
    columns = {f"x{i}": numbers(seed=i) for i in range(20)}
    made = case(tmp_path, {**columns, "y": classes(ROWS)}, held=100)
    found = reference.figures(made.spec, made.table)
    assert found.figures["log_loss"] < found.baseline["log_loss"] + 0.15


def test_a_table_to_explore_is_prepared_and_nothing_else(tmp_path: Path) -> None:
    made = case(tmp_path, {"x": numbers(), "t": classes(ROWS)}, target=None)
    assert list(made.prepared().columns) == ["x", "t_a", "t_b"]
    assert len(made.prepared()) == ROWS
    assert reference.made("model", made.spec, made.table) is None
    assert made.figures() == {}


@pytest.mark.parametrize(
    ("task", "objective"),
    [
        (Task.BINARY, "binary:logistic"),
        (Task.MULTICLASS, "multi:softprob"),
        (Task.REGRESSION, "reg:squarederror"),
    ],
)
def test_the_model_is_read_as_those_that_stages_make(
    tmp_path: Path, task: Task, objective: str
) -> None:
    import xgboost

    y = classes(ROWS, "123") if task is Task.REGRESSION else classes(ROWS, "abc")
    more = {"positive": "a"} if task is Task.BINARY else {}
    made = case(tmp_path, {"x": numbers(), "y": y}, held=50, task=task, **more)
    path = reference.made("model", made.spec, made.table)
    kind = xgboost.XGBRegressor if task is Task.REGRESSION else xgboost.XGBClassifier
    model = kind()
    model.load_model(path)
    features = made.held()[made.columns()]
    assert model.objective == objective
    assert len(model.predict(features)) == 50
    if task.has_classes:
        classed = model.predict_proba(features)
        assert classed.shape == (50, 2 if task is Task.BINARY else 3)
        assert classed.sum(axis=1) == pytest.approx(1)


@pytest.mark.parametrize(
    ("y", "spec", "told"),
    [
        (["b"] * ROWS, {}, "no row is 'a', the positive value"),
        (["a"] * ROWS, {}, "all rows are 'a'"),
        ([""] * ROWS, {}, "no row has a target"),
        (["c"] * ROWS, {"task": Task.MULTICLASS}, "all rows are 'c'"),
        ([f"c{i}" for i in range(ROWS)], {"task": Task.MULTICLASS}, "400 classes"),
        (
            classes(ROWS),
            {"task": Task.REGRESSION},
            "most values of the target are no numbers, such as",
        ),
    ],
)
def test_what_cannot_be_learned_is_told_in_a_line(
    tmp_path: Path, y: list[str], spec: dict[str, object], told: str
) -> None:
    made = case(tmp_path, {"x": numbers(), "y": y}, **spec)
    with pytest.raises(DataError) as caught:
        made.figures()
    assert told in str(caught.value)
    assert "\n" not in str(caught.value)
    assert "harness data profile odd" in caught.value.hint


def test_that_nothing_can_be_made_is_known_the_second_time(tmp_path: Path) -> None:
    made = case(tmp_path, {"x": numbers(4000), "y": ["a"] * 4000})
    told = []
    for _ in range(2):
        began = time.monotonic()
        with pytest.raises(DataError) as caught:
            made.figures()
        told.append((str(caught.value), time.monotonic() - began))
    assert told[0][0] == told[1][0]
    assert told[1][1] < 0.1


def test_who_needs_the_table_does_not_wait_for_a_model(tmp_path: Path) -> None:
    made = case(tmp_path, {"x": numbers(), "y": classes(ROWS)}, held=50)
    path = reference.made("table", made.spec, made.table)
    assert path is not None
    assert [one.name for one in path.parent.parent.iterdir() if one.is_dir()] == ["table"]


def test_without_held_out_rows_there_are_no_figures(tmp_path: Path) -> None:
    made = case(tmp_path, {"x": numbers(), "y": classes(ROWS)})
    assert reference.figures(made.spec, made.table).note == "no rows are held out"
    assert reference.held_table(made.spec, made.table) is None


def test_another_choice_of_target_is_another_reference(tmp_path: Path) -> None:
    made = case(tmp_path, {"x": numbers(), "y": classes(ROWS)})
    other = made._replace(spec=made.spec.model_copy(update={"positive": "b"}))
    assert (made.prepared()["y"] == 1 - other.prepared()["y"]).all()


def test_of_a_large_table_a_sample_is_learned_and_said(tmp_path: Path) -> None:
    x = numbers(6000)
    made = case(tmp_path, {"x": x, "y": ["a" if one > 0 else "b" for one in x]})
    with source(made.table.visible, None, "y") as rows:
        learned = learning.learn(rows, made.spec, most_rows=1000)
        again = learning.learn(rows, made.spec, most_rows=1000)
    assert 800 < len(learned.rows) < 1200
    assert learned.note == f"learned from a sample of {len(learned.rows):,} of 6,000 rows"
    assert learned.rows.equals(again.rows)


def test_rows_come_in_pieces_and_in_order(tmp_path: Path) -> None:
    made = case(tmp_path, {"x": range(9000), "y": classes(9000)})
    with source(made.table.visible, None, "y") as rows:
        pieces = [list(map(int, piece[0])) for piece in rows.pieces(cells=4096)]
    assert len(pieces) > 2
    assert [one for piece in pieces for one in piece] == list(range(9000))


def test_what_readers_take_for_missing_is_no_class(tmp_path: Path) -> None:
    y = ["NA" if i % 10 == 0 else " " if i % 10 == 1 else "pq"[i % 2] for i in range(ROWS)]
    made = case(tmp_path, {"x": numbers(), "y": y}, held=80, task=Task.MULTICLASS)
    assert len(made.prepared()) == 256
    assert sorted(made.prepared()["y"].unique()) == [0, 1]
    profile = profile_table(made.table.visible, made.spec, synthetic=False, sha256="0" * 64)
    assert profile.classes == ("p", "q")
    evidence = Evidence(
        dataset=made.spec,
        visible=made.table.visible,
        held=made.table.held,
        rows=profile.rows,
        classes=profile.classes,
    )
    assert len(evidence.held_labels()) == len(made.held()) == 64
