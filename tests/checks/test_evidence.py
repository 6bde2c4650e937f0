"""What leaves the harness for a check, and which rows it is of."""

from __future__ import annotations

from pathlib import Path

import pytest
from check_artifacts import MODEL, SERVICE, TABLE
from check_artifacts import evidence as telco
from small_tables import evidence, rows, same

from harness.checks.kinds import KINDS
from harness.records import CheckOptions, Task


@pytest.mark.parametrize("options", [TABLE, MODEL, SERVICE], ids=lambda one: one.kind)
def test_labels_never_reach_the_sandbox(options: CheckOptions) -> None:
    seen = telco()
    header = seen.held_features().decode().split("\n")[0].rstrip("\r")
    assert "Churn" not in header.split(",")
    assert len(seen.held_labels()) == seen.held_features().decode().count("\n") - 1
    given = KINDS[options.kind].files(options, {options.artifact: b""}, seen)
    assert b"Churn" not in given.get("held.csv", b"").split(b"\n")[0]


@pytest.mark.parametrize("task", [Task.BINARY, Task.MULTICLASS, Task.REGRESSION])
def test_rows_without_a_target_are_no_part_of_anything(tmp_path: Path, task: Task) -> None:
    visible, held = rows(task, 40, 1), rows(task, 30, 2)
    for part, numbers in ((visible, (0, 7, 39)), (held, (3, 4))):
        for number, blank in zip(numbers, ("", "  ", "NA"), strict=False):
            part[number][-1] = blank
    known = evidence(tmp_path, task, visible, held)
    assert same(known.visible_labels(), [row[-1] for row in visible if row[-1].strip("NA ")])
    assert same(known.held_labels(), [row[-1] for row in held if row[-1].strip("NA ")])
    assert known.visible_rows().count(b"\n") == 1 + 37
    header, *features = known.held_features().decode().splitlines()
    assert header == "words,days,team"
    assert features == [",".join(row[:-1]) for row in held if row[-1].strip()]
    assert known.held_features(every=10).decode().splitlines() == [header, *features[::10]]


def test_without_a_target_all_rows_are_there(tmp_path: Path) -> None:
    known = evidence(tmp_path, Task.BINARY, rows(Task.BINARY, 9, 1), rows(Task.BINARY, 5, 1))
    spec = known.dataset.model_copy(update={"task": Task.EXPLORE, "target": None, "positive": None})
    known = known.model_copy(update={"dataset": spec})
    assert known.visible_rows().count(b"\n") == 10
    assert known.held_features().count(b"\n") == 6
    assert known.held_labels() == []


def test_the_positive_class_is_the_last(tmp_path: Path) -> None:
    known = evidence(tmp_path, Task.BINARY, positive="no")
    assert known.ordered_classes == ("yes", "no")
    never = evidence(tmp_path, Task.BINARY, positive="perhaps")
    assert never.ordered_classes == ("no", "yes", "perhaps")


def test_a_class_with_spaces_around_it_may_be_the_positive_one(tmp_path: Path) -> None:
    part = [[*row[:-1], f" {row[-1]}"] for row in rows(Task.BINARY, 9, 1)]
    known = evidence(tmp_path, Task.BINARY, part, part)
    assert known.ordered_classes == (" no", " yes")
    assert set(known.held_labels()) == {" no", " yes"}


def test_a_row_repeats_an_earlier_one(tmp_path: Path) -> None:
    part = rows(Task.BINARY, 3, 1)
    known = evidence(tmp_path, Task.BINARY, [*part, part[1], part[1], part[0]])
    assert known.repeats() == [False, False, False, True, True, True]
