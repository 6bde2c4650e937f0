"""Rows that nobody sees: each row is in one part, and always in the same."""

from __future__ import annotations

from pathlib import Path

import pytest

from harness.errors import DataError
from harness.project import holdouts

ROWS = [f"{i},{'Yes' if i % 3 else 'No'}" for i in range(2000)]


def write(path: Path, rows: list[str], end: str = "\n") -> Path:
    path.write_bytes((end.join(["id,target", *rows]) + end).encode())
    return path


def parts(split: holdouts.Split) -> tuple[list[str], list[str]]:
    assert split.held is not None
    visible, held = (path.read_bytes().decode() for path in (split.visible, split.held))
    return visible.split("\n")[:-1], held.split("\n")[:-1]


def test_every_row_is_in_one_part(tmp_path: Path) -> None:
    visible, held = parts(holdouts.split(write(tmp_path / "t.csv", ROWS), 0.2))
    assert visible[0] == held[0] == "id,target"
    assert sorted(visible[1:] + held[1:]) == sorted(ROWS)
    assert 0.17 < len(held) / len(ROWS) < 0.23


def test_the_same_rows_are_held_out_whatever_their_order_and_line_ends(tmp_path: Path) -> None:
    one = parts(holdouts.split(write(tmp_path / "a.csv", ROWS), 0.2))[1]
    other = parts(holdouts.split(write(tmp_path / "b.csv", ROWS[::-1], "\r\n"), 0.2))[1]
    assert sorted(line.rstrip("\r") for line in other) == sorted(one)
    assert all(line.endswith("\r") for line in other)


def test_twins_of_a_row_stay_together(tmp_path: Path) -> None:
    visible, held = parts(holdouts.split(write(tmp_path / "t.csv", ROWS + ROWS), 0.2))
    assert not set(visible[1:]) & set(held[1:])


def test_a_quoted_line_break_does_not_end_a_row(tmp_path: Path) -> None:
    rows = [f'{i},"a\nb"' for i in range(300)]
    visible, held = parts(holdouts.split(write(tmp_path / "t.csv", rows), 0.5))
    assert (len(visible) - 1) % 2 == (len(held) - 1) % 2 == 0
    assert len(visible) + len(held) == 2 + 600
    assert all(line.endswith('"a') or line == 'b"' for line in held[1:])


def test_nothing_is_held_out_where_nothing_should_be(tmp_path: Path) -> None:
    path = write(tmp_path / "t.csv", ROWS)
    assert holdouts.split(path, 0) == holdouts.Split(visible=path, held=None)


def test_parquet_says_what_to_do(tmp_path: Path) -> None:
    import duckdb

    path = tmp_path / "t.parquet"
    duckdb.sql("select 1 as a").write_parquet(str(path))
    with pytest.raises(DataError, match="Set holdout = 0"):
        holdouts.split(path, 0.2)
