"""Which raw column tells the target most, and which columns determine it."""

from __future__ import annotations

from pathlib import Path

import pytest
from small_tables import evidence, rows

from harness.records import Task

TASKS = [Task.BINARY, Task.MULTICLASS, Task.REGRESSION]


@pytest.mark.parametrize("task", TASKS)
def test_the_strongest_column_is_named_with_what_it_reaches(tmp_path: Path, task: Task) -> None:
    alone = evidence(tmp_path, task).strongest()
    assert alone is not None
    assert alone.column == "words"
    assert (0.3 if task is Task.REGRESSION else 0.6) < alone.figure < 0.97


@pytest.mark.parametrize("task", TASKS)
def test_a_number_that_is_the_target_is_the_strongest(tmp_path: Path, task: Task) -> None:
    visible, held = rows(task, 300, 1), rows(task, 100, 2)
    levels = sorted({row[-1] for row in (*visible, *held)})
    for row in (*visible, *held):
        row[1] = row[-1] if task is Task.REGRESSION else str(levels.index(row[-1]))
    known = evidence(tmp_path, task, visible, held)
    alone = known.strongest()
    assert alone is not None
    assert (alone.column, alone.figure > 0.98) == ("days", True)
    assert known.source_of_target() == "the column 'days'"


def test_a_key_that_differs_in_every_row_tells_nothing(tmp_path: Path) -> None:
    visible, held = rows(Task.BINARY, 100, 1), rows(Task.BINARY, 50, 2)
    for number, row in enumerate((*visible, *held)):
        row[2] = f"key {number}"
    known = evidence(tmp_path, Task.BINARY, visible, held)
    alone = known.strongest()
    assert alone is not None
    assert alone.column != "team"
    assert known.source_of_target() is None


@pytest.mark.parametrize("task", TASKS)
def test_columns_that_only_help_determine_nothing(tmp_path: Path, task: Task) -> None:
    assert evidence(tmp_path, task).source_of_target() is None


def test_a_threshold_of_a_number_determines_the_class(tmp_path: Path) -> None:
    visible = rows(Task.BINARY, 200, 1)
    for row in visible:
        row[-1] = "yes" if float(row[1]) > 12 else "no"
    assert evidence(tmp_path, Task.BINARY, visible).source_of_target() == "the column 'days'"


def test_without_held_out_rows_no_column_speaks(tmp_path: Path) -> None:
    known = evidence(tmp_path, Task.BINARY).model_copy(update={"held": None})
    assert known.strongest() is None
