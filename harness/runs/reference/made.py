"""The files of the reference, each made once per table and kept in the cache.

What is asked for alone is made alone: who needs the prepared table does not wait for a model.
That nothing can be made of a table is kept as well.
"""

from __future__ import annotations

import contextlib
import csv
import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import filelock

from harness import files
from harness.checks import metrics
from harness.errors import DataError, StoreError
from harness.profiles.dialects import printable
from harness.project.datasets import Table
from harness.records import DatasetSpec, ReferenceFigures, Task
from harness.runs.reference import fitting, learning
from harness.runs.reference.learning import Learned
from harness.runs.reference.reading import Source, source
from harness.weights import cache

if TYPE_CHECKING:
    import pandas as pd
    import xgboost

VERSION = "5"  # of what is made
LONGEST_REASON = 200  # characters
FILES = {"table": "table.csv", "model": "model.json", "columns": "columns.json"}  # role -> file
HELD, FIGURES, PREDICTIONS = "held_table.csv", "figures.json", "predictions.csv"
PROBLEM = "problem.txt"
NONE_HELD = "no rows are held out"
Make = Callable[[DatasetSpec, Table, Path], None]  # writes files into a folder


def made(role: str, dataset: DatasetSpec, table: Table) -> Path | None:
    """What stands in for an artifact of this role (a field of ``Reference``).

    None where there is no such thing: a table to explore has no model. Raises DataError where
    nothing can be learned from the table, StoreError where it cannot be kept.
    """
    if role == "table":
        return _part("table", dataset, table, _make_table) / FILES[role]
    if dataset.task is Task.EXPLORE:
        return None
    return _part("model", dataset, table, _make_model) / FILES[role]


def figures(dataset: DatasetSpec, table: Table) -> ReferenceFigures:
    """What the reference's model reaches on the held-out rows; none without any. Raises as made."""
    if dataset.task is Task.EXPLORE:
        return ReferenceFigures(figures={}, baseline={}, note="nothing is predicted")
    path = _part("model", dataset, table, _make_model) / FIGURES
    return ReferenceFigures.model_validate_json(path.read_bytes())


def held_table(dataset: DatasetSpec, table: Table) -> Path | None:
    """The held-out rows that have a target, in order, prepared as the reference's table is.

    A CSV file of the same features in the same order, and no target; None where none are held
    out. Raises as ``made``.
    """
    if table.held is None:
        return None
    return _part("held", dataset, table, _make_held) / HELD


def _part(part: str, dataset: DatasetSpec, table: Table, make: Make) -> Path:
    """The folder of files that are made together. Raises DataError, StoreError."""
    about = [dataset.task.value, dataset.target, dataset.positive, dataset.sheet]
    held = cache.digest_of(table.held) if table.held is not None else ""
    digest = files.text_digest(json.dumps([*about, held]))[:16]
    name = f"{cache.digest_of(table.visible)[:32]}-{digest}-{VERSION}"
    folder = cache.folder() / "reference" / name / part
    if not folder.is_dir():
        try:
            folder.parent.mkdir(parents=True, exist_ok=True)
            # What takes minutes is made by one process, and the others wait.
            with filelock.FileLock(folder.parent / f"{part}.lock"):
                if not folder.is_dir():
                    _make(make, dataset, table, folder)
        except OSError as error:
            raise StoreError(f"{folder} could not be written ({error.strerror})") from error
    if (folder / PROBLEM).is_file():
        raise _problem((folder / PROBLEM).read_text(), dataset)
    return folder


def _make(make: Make, dataset: DatasetSpec, table: Table, folder: Path) -> None:
    with files.Scratch(folder.parent) as scratch:
        try:
            make(dataset, table, scratch)
        except (ValueError, TypeError, LookupError, ArithmeticError) as error:  # or XGBoost's own
            reason = str(error).strip().partition("\n")[0][:LONGEST_REASON]
            files.write_atomic(scratch / PROBLEM, printable(reason).encode())
        except MemoryError:  # another time there may be more
            raise _problem("there is too little memory", dataset) from None
        scratch.rename(folder)


def _problem(reason: str, dataset: DatasetSpec) -> DataError:
    return DataError(
        f"the reference pipeline can learn nothing from {dataset.file} ({reason})",
        f"Look at the table: harness data profile {dataset.name}",
    )


@contextlib.contextmanager
def _learned(dataset: DatasetSpec, table: Table) -> Iterator[tuple[Source, Learned]]:
    with source(table.visible, dataset.sheet, dataset.target) as visible:
        yield visible, learning.learn(visible, dataset)


def _make_table(dataset: DatasetSpec, table: Table, folder: Path) -> None:
    with _learned(dataset, table) as (visible, learned):
        _write(folder / FILES["table"], visible, learned, dataset.target)


def _make_held(dataset: DatasetSpec, table: Table, folder: Path) -> None:
    assert table.held is not None
    with (
        _learned(dataset, table) as (_, learned),
        source(table.held, dataset.sheet, dataset.target) as held,
    ):
        _write(folder / HELD, held, learned, None)


def _make_model(dataset: DatasetSpec, table: Table, folder: Path) -> None:
    with _learned(dataset, table) as (_, learned):
        pass
    target, numbers = learned.target, learned.numbers
    assert target is not None
    assert numbers is not None
    features = learned.recipe.features(learned.rows)
    model = fitting.fit(features, numbers, target)
    model.save_model(folder / FILES["model"])
    (folder / FILES["columns"]).write_text(json.dumps(list(features.columns)))
    known = ReferenceFigures(figures={}, baseline={}, note=NONE_HELD)
    if table.held is not None:
        with source(table.held, dataset.sheet, dataset.target) as held:
            known = _judged(model, learned, held, folder / PREDICTIONS)
    (folder / FIGURES).write_text(known.model_dump_json())


def _judged(model: xgboost.Booster, learned: Learned, held: Source, path: Path) -> ReferenceFigures:
    """The figures of the held-out rows that have a target; their predictions are written down."""
    target, numbers = learned.target, learned.numbers
    assert target is not None
    assert numbers is not None
    predictions: list[list[float]] = []
    labels: list[str] = []
    for piece in _prepared(held, learned, name := _unused(learned.recipe.names)):
        features = piece.drop(columns=name)
        predictions += fitting.predict(model, features, target)
        labels += target.labels(piece[name])
    with path.open("w", newline="") as out:
        csv.writer(out).writerows([target.classes or ("prediction",), *predictions])
    if not labels:
        return ReferenceFigures(figures={}, baseline={}, note="no held-out row has a target")
    seen = target.labels(numbers)
    return ReferenceFigures(
        figures=metrics.figures(target.task, target.classes, labels, predictions),
        baseline=metrics.baseline(target.task, target.classes, seen, labels),
        note=learned.note,
    )


def _unused(names: list[str]) -> str:
    return max(names, key=len) + "."


def _prepared(rows: Source, learned: Learned, target: str | None) -> Iterator[pd.DataFrame]:
    """The rows that have a target, in order; the target's numbers under that name, or without."""
    import numpy as np  # noqa: PLC0415

    for piece in rows.pieces():
        there, numbers = piece, None
        if learned.target is not None and rows.target is not None:
            numbers = learned.target.numbers(piece[rows.target])
            there = piece[~np.isnan(numbers)]
            numbers = numbers[~np.isnan(numbers)]
        made = learned.recipe.features(there)
        if target is not None and numbers is not None:
            whole = len(numbers) and (numbers == np.floor(numbers)).all()
            made[target] = numbers.astype("int64") if whole else numbers
        yield made


def _write(path: Path, rows: Source, learned: Learned, target: str | None) -> None:
    header = [*learned.recipe.names, *([] if target is None else [target])]
    with path.open("w", newline="", encoding="utf-8") as out:
        csv.writer(out, lineterminator="\n").writerow(header)
        for piece in _prepared(rows, learned, target):
            piece.to_csv(out, index=False, header=False, lineterminator="\n")
