"""The table that a preparation is run on: held-out rows behind visible ones, without labels."""

from __future__ import annotations

import gzip
import json
import zipfile
from pathlib import Path

import pandas as pd
import pytest
from model_artifacts import HELD, ROWS, evidence, raw

from harness.checks import Evidence
from harness.checks.model import behind
from harness.errors import DataError
from harness.records import Task


def put(seen: Evidence, folder: Path) -> pd.DataFrame:
    path = folder / "behind.csv"
    path.write_bytes(behind.table(seen))
    return pd.read_csv(path)


@pytest.mark.parametrize("task", [Task.BINARY, Task.MULTICLASS, Task.REGRESSION])
def test_held_out_rows_have_one_and_the_same_target(tmp_path: Path, task: Task) -> None:
    """A placeholder tells nothing of what is hidden, and is a value that the table may have."""
    table = raw(task)
    made = put(evidence(task, table, tmp_path), tmp_path)
    assert len(made) == ROWS + HELD
    assert made[:ROWS].equals(pd.read_csv(tmp_path / "visible.csv"))
    pd.testing.assert_frame_equal(made.drop(columns="y"), table.drop(columns="y"))
    (value,) = made["y"][ROWS:].unique()
    visible = table["y"][:ROWS]
    if task is Task.REGRESSION:
        assert value in set(visible)
        assert abs(value - visible.median()) < 5
    else:
        assert value == visible.mode()[0]


def test_the_labels_have_no_part_in_it(tmp_path: Path) -> None:
    table = raw(Task.BINARY)
    turned = table.copy()
    held = turned.index[-HELD:]
    turned.loc[held, "y"] = turned.loc[held, "y"].map({"yes": "no", "no": "yes"})
    one, other = (
        behind.table(evidence(Task.BINARY, rows, tmp_path / name))
        for name, rows in (("one", table), ("other", turned))
    )
    assert one == other


def test_rows_without_a_target_are_left_out_where_they_are_hidden(tmp_path: Path) -> None:
    table = raw(Task.BINARY)
    table.loc[[3, ROWS + 3], "y"] = None
    made = put(evidence(Task.BINARY, table, tmp_path), tmp_path)
    assert len(made) == ROWS + HELD - 1
    assert made["y"].isna().sum() == 1


def test_a_table_of_another_dialect_stays_in_it(tmp_path: Path) -> None:
    seen = evidence(Task.BINARY, raw(Task.BINARY), tmp_path)
    for part in (seen.visible, seen.held):
        assert part is not None
        rows = pd.read_csv(part)
        rows["city"] = rows["city"] + ';"'
        text = rows.to_csv(None, sep=";", index=False, lineterminator="\r\n")
        part.write_bytes(text.rstrip("\r\n").encode())
    blob = behind.table(seen)
    assert blob.count(b"\r\n") == 1 + ROWS + HELD
    (tmp_path / "b.csv").write_bytes(blob)
    made = pd.read_csv(tmp_path / "b.csv", sep=";")
    assert made["city"].str.endswith(';"').all()
    assert len(made) == ROWS + HELD


def written(table: pd.DataFrame, path: Path) -> None:
    """A table in the format that the ending of its path says."""
    if path.suffix == ".jsonl":
        table.to_json(path, orient="records", lines=True)
    elif path.suffix == ".gz":
        path.write_bytes(gzip.compress(table.to_csv(index=False).encode()))
    elif path.suffix == ".zip":
        with zipfile.ZipFile(path, "w") as archive:
            archive.writestr("table.csv", table.to_csv(index=False))
    elif path.suffix == ".xlsx":
        pytest.importorskip("openpyxl")
        table.to_excel(path, index=False)
    else:
        import duckdb

        plain = path.with_suffix(".csv")
        table.to_csv(plain, index=False)
        types = "" if table["y"].dtype == float else ", types = {'y': 'VARCHAR'}"
        duckdb.sql(f"COPY (FROM read_csv('{plain}'{types})) TO '{path}' (FORMAT parquet)")


def read(blob: bytes, path: Path) -> pd.DataFrame:
    path.write_bytes(blob)
    if path.suffix == ".jsonl":
        return pd.DataFrame([json.loads(line) for line in path.read_text().splitlines()])
    if path.suffix == ".parquet":
        import duckdb

        rows = duckdb.sql(f"FROM '{path}'")
        return pd.DataFrame(rows.fetchall(), columns=rows.columns)
    return pd.read_excel(path) if path.suffix == ".xlsx" else pd.read_csv(path)


@pytest.mark.parametrize("ending", ["parquet", "jsonl", "csv.gz", "zip", "xlsx"])
@pytest.mark.parametrize("task", [Task.BINARY, Task.REGRESSION])
def test_other_formats_hold_the_same(tmp_path: Path, ending: str, task: Task) -> None:
    table = raw(task)
    plain = put(evidence(task, table, tmp_path), tmp_path)
    written(table[:-HELD], tmp_path / f"visible.{ending}")
    written(table[-HELD:], tmp_path / f"held.{ending}")
    update = {"visible": tmp_path / f"visible.{ending}", "held": tmp_path / f"held.{ending}"}
    seen = evidence(task, table, tmp_path / "again").model_copy(update=update)
    made = read(behind.table(seen), tmp_path / f"made.{ending}")
    assert made["y"].tolist() == plain["y"].tolist()
    assert made["rent"].tolist() == plain["rent"].tolist()


def test_a_table_that_is_too_large_is_said(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="larger than"):
        behind.table(evidence(Task.BINARY, raw(Task.BINARY), tmp_path), largest=100)
