"""The ``model`` check on models that do not load, were not tuned, or use what cannot be known."""

from __future__ import annotations

import contextlib
import json
import sqlite3
from pathlib import Path

import pytest
from check_artifacts import MODEL, PRINTED, TRIALS, failed, good, run

from harness.checks.model import tuning
from harness.records import CheckStatus

FEW = TRIALS[: TRIALS.index(b"5,")]
STUDY = MODEL.model_copy(update={"study": "study.db"})


def study(path: Path, states: list[str]) -> bytes:
    """Storage of one study with trials that ended so, as Optuna lays it out."""
    with contextlib.closing(sqlite3.connect(path)) as at:
        at.execute("CREATE TABLE trials (trial_id INTEGER, study_id INTEGER, state VARCHAR(8))")
        at.executemany("INSERT INTO trials VALUES (?, 1, ?)", enumerate(states))
        at.commit()
    return path.read_bytes()


def test_a_file_that_is_no_model_does_not_load(tmp_path: Path) -> None:
    found = run(MODEL, {**good(), "model.json": b"{}"}, tmp_path)
    assert set(failed(found)) == {"model loads"}
    assert "features listed" not in found


def test_too_few_trials_are_counted(tmp_path: Path) -> None:
    wrong = failed(run(MODEL, {**good(), "trials.csv": FEW}, tmp_path))
    assert wrong == {"tuned": "5 trials in trials.csv, 20 asked for"}


def test_a_table_of_trials_alone_is_a_claim(tmp_path: Path) -> None:
    tuned = run(MODEL, good(), tmp_path, printed="Best is trial 3")["tuned"]
    assert (tuned.status, tuned.figure) == (CheckStatus.CLAIMED, 20)
    assert tuned.message == "20 trials in trials.csv, of which what the cells printed shows none"


@pytest.mark.parametrize(
    ("rows", "finished", "printed", "status", "figure"),
    [
        (20, None, PRINTED, CheckStatus.PASSED, 20),
        (20, None, PRINTED.replace("finished with value: 0.8", "pruned. "), CheckStatus.PASSED, 20),
        (20, None, PRINTED[:200], CheckStatus.CLAIMED, 20),
        (20, None, PRINTED.splitlines()[3] * 50, CheckStatus.CLAIMED, 20),
        (0, None, PRINTED, CheckStatus.FAILED, 0),
        (20, 20, "", CheckStatus.PASSED, 20),
        (20, 19, PRINTED, CheckStatus.FAILED, 19),
    ],
)
def test_trials_are_counted_where_they_can_be(
    rows: int, finished: int | None, printed: str, status: CheckStatus, figure: int
) -> None:
    tuned = tuning.judge(
        20, "trials.csv", "study.db", tuning.Trials(rows=rows, finished=finished), printed
    )
    assert (tuned.status, tuned.figure) == (status, figure)


@pytest.mark.parametrize(
    ("states", "tuned"),
    [
        (["COMPLETE"] * 18 + ["PRUNED"] * 2, "20 trials in study.db, 20 asked for"),
        (["COMPLETE"] * 18 + ["FAIL"] * 30, "18 trials in study.db, 20 asked for"),
    ],
)
def test_a_study_is_counted_in_its_storage(tmp_path: Path, states: list[str], tuned: str) -> None:
    blobs = {**good(), "study.db": study(tmp_path / "study.db", states)}
    found = run(STUDY, blobs, tmp_path / "at", printed="")
    assert found["tuned"].message == tuned
    assert (found["tuned"].status is CheckStatus.PASSED) == tuned.startswith("20")


@pytest.mark.parametrize("blob", [b"", b"no storage", b"SQLite format 3\x00" + b"\xff" * 500])
def test_storage_that_is_none_leaves_the_claim(tmp_path: Path, blob: bytes) -> None:
    tuned = run(STUDY, {**good(), "study.db": blob}, tmp_path, printed="")["tuned"]
    assert tuned.status is CheckStatus.CLAIMED


def test_features_of_no_raw_column_are_named(tmp_path: Path) -> None:
    header, *rows = good()["prepared.csv"].decode().split("\n")
    mixed = "\n".join([header, *rows[:-1][::-1], ""]).encode()
    wrong = failed(run(MODEL, {**good(), "prepared.csv": mixed}, tmp_path))
    assert "cannot be made of any one raw column" in wrong["held-out ROC AUC"]


def test_probabilities_that_are_no_numbers_are_refused(tmp_path: Path) -> None:
    model = json.loads(good()["model.json"])
    for tree in model["learner"]["gradient_booster"]["model"]["trees"]:
        tree["base_weights"] = [float("nan")] * len(tree["base_weights"])
        tree["split_conditions"] = [float("nan")] * len(tree["split_conditions"])
    found = run(MODEL, {**good(), "model.json": json.dumps(model).encode()}, tmp_path)
    assert failed(found)
    assert all("NaN" not in one.model_dump_json() for one in found.values())
    assert all(one.figure == one.figure for one in found.values())


@pytest.mark.parametrize("columns", [b"[" * 100_000, b"\xff", b"[1e999, NaN]"])
def test_a_list_of_features_that_is_none_is_said(tmp_path: Path, columns: bytes) -> None:
    found = run(MODEL, {**good(), "columns.json": columns}, tmp_path)
    assert set(failed(found)) == {"features listed"}
