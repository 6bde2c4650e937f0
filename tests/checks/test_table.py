"""The ``table`` check on tables that are not as they should be, for each task."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pandas as pd
import pytest
from check_artifacts import TABLE, failed, good, run
from small_tables import HEADER, KINDS, TARGETS, evidence, rows

from harness.checks.evidence import Evidence
from harness.records import CheckResult, Task

Change = Callable[[pd.DataFrame], object]
COPY = "no copy of the target"


def prepared(known: Evidence) -> pd.DataFrame:
    """A right table: team one-hot, numbers as they are, classes numbered in another order."""
    raw = pd.read_csv(known.visible).dropna(subset=[known.target])
    made = pd.get_dummies(raw[HEADER], columns=["team"], dtype=int)
    target = raw[known.target]
    made["late"] = raw["days"] > 14
    codes = {"yes": 1, "no": 0, **{kind: 2 - at for at, kind in enumerate(KINDS)}}
    made[known.target] = target.map(codes) if known.task.has_classes else target
    return made


def checked(
    known: Evidence, tmp_path: Path, change: Change | None = None
) -> dict[str, CheckResult]:
    table = prepared(known)
    changed = change(table) if change else None
    table = changed if isinstance(changed, pd.DataFrame) else table
    blobs = {"prepared.csv": table.to_csv(index=False).encode()}
    return run(TABLE, blobs, tmp_path / "at", seen=known)


@pytest.mark.parametrize("task", list(TARGETS))
def test_a_right_table_passes_whatever_the_task(tmp_path: Path, task: Task) -> None:
    part = rows(task, 120, 1)
    part[3][-1] = part[8][-1] = ""
    found = checked(evidence(tmp_path, task, part), tmp_path)
    assert not failed(found)
    assert list(found) == ["rows", "no blanks", "only numbers", "target kept", COPY]
    assert found["rows"].message == (
        "118 of the 118 visible tickets that have a target (2 have none)"
    )


def test_a_table_without_a_target_needs_none(tmp_path: Path) -> None:
    known = evidence(tmp_path, Task.BINARY, rows(Task.BINARY, 50, 1))
    blob = prepared(known).drop(columns="open").to_csv(index=False).encode()
    about = {"task": Task.EXPLORE, "target": None, "positive": None}
    known = known.model_copy(update={"dataset": known.dataset.model_copy(update=about)})
    found = run(TABLE, {"prepared.csv": blob}, tmp_path / "at", seen=known)
    assert list(found) == ["rows", "no blanks", "only numbers"]
    assert not failed(found)


FAULTS: list[tuple[Task, Change, str, str]] = [
    (Task.BINARY, lambda t: t.iloc[3:], "rows", "3 are missing"),
    (Task.BINARY, lambda t: pd.concat([t, t.iloc[:2]]), "rows", "2 too many"),
    (Task.REGRESSION, lambda t: t.assign(days=t["days"].where(t["days"] > 1)), "no blanks", "are"),
    (
        Task.MULTICLASS,
        lambda t: t.assign(words="a"),
        "only numbers",
        "1 columns are not numeric: words",
    ),
    (Task.BINARY, lambda t: t.drop(columns="open"), "target kept", "there is no column 'open'"),
    (Task.BINARY, lambda t: t.rename(columns={"open": "state"}), "target kept", "no column 'open'"),
    (
        Task.BINARY,
        lambda t: t.assign(open=1 - t["open"]),
        "target kept",
        "is 0 where the table has",
    ),
    (
        Task.BINARY,
        lambda t: t.assign(open=t["open"] + 1),
        "target kept",
        "be 0 and 1, and holds 1, 2",
    ),
    (Task.BINARY, lambda t: t.assign(open=0), "target kept", "and is 0 in all rows"),
    (Task.BINARY, lambda t: t.iloc[::-1], "target kept", "are they in another order?"),
    (
        Task.BINARY,
        lambda t: t.assign(open=(t["words"] > 90).astype(int)),
        "target kept",
        "should be 1 exactly in the",
    ),
    (Task.MULTICLASS, lambda t: t.assign(kind=t["kind"] + 1), "target kept", "the numbers 0 to 2"),
    (
        Task.MULTICLASS,
        lambda t: t.assign(kind=t["kind"].where(t.index > 2, (t["kind"] + 1) % 3)),
        "target kept",
        "in 3 of 300 rows it is another than the usual one",
    ),
    (
        Task.REGRESSION,
        lambda t: t.assign(price=t["price"] / 7),
        "target kept",
        "300 are others: row 1",
    ),
    (Task.REGRESSION, lambda t: t.iloc[::-1], "target kept", "are the rows in another order?"),
    (Task.BINARY, lambda t: t.assign(state=t["open"]), COPY, "'state': made of the target 'open'"),
    (Task.BINARY, lambda t: t.assign(state=5 - 3 * t["open"]), COPY, "'state': made of"),
    (Task.MULTICLASS, lambda t: t.assign(state=(t["kind"] + 1) % 3), COPY, "'state': made of"),
    (Task.MULTICLASS, lambda t: t.assign(bug=(t["kind"] == 2) * 1), COPY, "'bug': made of"),
    (Task.REGRESSION, lambda t: t.assign(cents=t["price"] * 100 + 3), COPY, "'cents': made of"),
    (Task.REGRESSION, lambda t: t.assign(cube=t["price"] ** 3), COPY, "'cube': made of"),
    (Task.REGRESSION, lambda t: t.assign(dear=(t["price"] > 1500) * 1), COPY, "'dear': made of"),
]


@pytest.mark.parametrize(("task", "change", "name", "why"), FAULTS)
def test_of_one_fault_exactly_one_check_fails_and_says_why(
    tmp_path: Path, task: Task, change: Change, name: str, why: str
) -> None:
    wrong = failed(checked(evidence(tmp_path, task), tmp_path, change))
    assert set(wrong) == {name}
    assert why in wrong[name]


def test_exact_duplicates_may_go(tmp_path: Path) -> None:
    part = rows(Task.MULTICLASS, 60, 1)
    known = evidence(tmp_path, Task.MULTICLASS, [*part, part[5], part[9]])
    found = checked(known, tmp_path, lambda t: t.drop_duplicates())
    assert not failed(found)
    assert found["rows"].message == "60 of the 62 visible tickets: all but 2 exact duplicates"


def test_numbers_may_be_rounded(tmp_path: Path) -> None:
    known = evidence(tmp_path, Task.REGRESSION)
    assert not failed(checked(known, tmp_path, lambda t: t.assign(price=t["price"].round(2))))


@pytest.mark.parametrize("task", [Task.BINARY, Task.REGRESSION])
def test_a_feature_that_columns_tell_as_well_is_fair(tmp_path: Path, task: Task) -> None:
    part = rows(task, 200, 1)
    for row in part:
        words, days = int(row[0]), float(row[1])
        fits = "yes" if words > 7 * days else "no"
        row[-1] = fits if task is Task.BINARY else f"{words * days:.2f}"
    known = evidence(tmp_path, task, part)

    def add(table: pd.DataFrame) -> pd.DataFrame:
        made = table["words"] * table["days"]
        if task is Task.BINARY:
            made = (table["words"] / table["days"].clip(lower=0.001) > 7).astype(int)
        return table.assign(made=made)

    found = checked(known, tmp_path, add)
    assert not failed(found)
    assert found[COPY].message == (
        "'made': tells the target, as the columns 'words' and 'days' together of the table does"
    )


@pytest.mark.parametrize(
    ("change", "wrong"),
    [
        (lambda t: t.rsplit("\n", 3)[0] + "\n", {"rows"}),
        (lambda t: t.replace("\n1,", "\none,", 1).replace("\n0,", "\nnone,", 1), {"only numbers"}),
        (lambda t: t.replace("Churn", "Left", 1), {"target kept"}),
    ],
)
def test_the_shipped_table_is_judged_as_well(
    tmp_path: Path, change: Callable[[str], str], wrong: set[str]
) -> None:
    blobs = {"prepared.csv": change(good()["prepared.csv"].decode()).encode()}
    assert set(failed(run(TABLE, blobs, tmp_path))) == wrong


@pytest.mark.parametrize("blob", [b"", b"\x00\xff\xfe", b"a\n" * 3, b'"' * 100])
def test_a_table_that_is_none_fails_in_a_line(tmp_path: Path, blob: bytes) -> None:
    found = run(TABLE, {"prepared.csv": blob}, tmp_path)
    assert found
    assert all("\n" not in one.message for one in found.values())
    assert failed(found)
