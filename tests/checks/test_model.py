"""The ``model`` check on models that do not load, were not tuned, or use what cannot be known."""

from __future__ import annotations

from pathlib import Path

from check_artifacts import MODEL, TRIALS, failed, good, run


def test_a_file_that_is_no_model_does_not_load(tmp_path: Path) -> None:
    assert "model loads" in failed(run(MODEL, {**good(), "model.json": b"{}"}, tmp_path))


def test_too_few_trials_are_counted(tmp_path: Path) -> None:
    few = TRIALS[: TRIALS.index(b"5,")]
    wrong = failed(run(MODEL, {**good(), "trials.csv": few}, tmp_path))
    assert wrong == {"tuned": "5 trials in trials.csv, 20 asked for"}


def test_features_of_no_raw_column_are_named(tmp_path: Path) -> None:
    header, *rows = good()["prepared.csv"].decode().split("\n")
    mixed = "\n".join([header, *rows[:-1][::-1], ""]).encode()
    wrong = failed(run(MODEL, {**good(), "prepared.csv": mixed}, tmp_path))
    assert "cannot be made of any one raw column" in wrong["held-out ROC AUC"]
