"""Rows that nobody sees: each row is in one part, and always in the same."""

from __future__ import annotations

import csv
import io
from pathlib import Path

import pytest

from harness.errors import DataError
from harness.project import holdouts
from harness.records import Holdout

ROWS = [f"{i},{'Yes' if i % 3 else 'No'}" for i in range(2000)]


def write(path: Path, rows: list[str], end: str = "\n") -> Path:
    path.write_bytes((end.join(["id,target", *rows]) + end).encode())
    return path


def split(path: Path, share: float, target: str = "target") -> holdouts.Split:
    return holdouts.split(path, Holdout(share=share), target)


def parts(split: holdouts.Split) -> tuple[list[str], list[str]]:
    assert split.held is not None
    visible, held = (path.read_bytes().decode() for path in (split.visible, split.held))
    return visible.split("\n")[:-1], held.split("\n")[:-1]


def test_every_row_is_in_one_part(tmp_path: Path) -> None:
    visible, held = parts(split(write(tmp_path / "t.csv", ROWS), 0.2))
    assert visible[0] == held[0] == "id,target"
    assert sorted(visible[1:] + held[1:]) == sorted(ROWS)
    assert 0.17 < len(held) / len(ROWS) < 0.23


def test_the_same_rows_are_held_out_whatever_their_order_and_line_ends(tmp_path: Path) -> None:
    one = parts(split(write(tmp_path / "a.csv", ROWS), 0.2))[1]
    other = parts(split(write(tmp_path / "b.csv", ROWS[::-1], "\r\n"), 0.2))[1]
    assert sorted(line.rstrip("\r") for line in other) == sorted(one)
    assert all(line.endswith("\r") for line in other)


def ids(lines: list[str]) -> set[str]:
    return {line.partition(",")[0] for line in lines[1:]}


def test_who_is_held_out_tells_nothing_of_the_target(tmp_path: Path) -> None:
    swapped = {"Yes": "No", "No": "Yes"}
    other = [f"{i},{swapped[target]}" for i, target in (row.split(",") for row in ROWS)]
    held = parts(split(write(tmp_path / "a.csv", ROWS), 0.2))[1]
    assert ids(held) == ids(parts(split(write(tmp_path / "b.csv", other), 0.2))[1])
    # Of a row whose features are known, the rule cannot be asked which label makes it held out.
    both = [f"{i},{target}" for i in range(2000) for target in ("Yes", "No")]
    visible, held = parts(split(write(tmp_path / "c.csv", both), 0.2))
    assert len(held) % 2 == len(visible) % 2 == 1
    assert not ids(visible) & ids(held)


def test_the_way_of_writing_does_not_matter(tmp_path: Path) -> None:
    def held(name: str, delimiter: str, quoting: int, end: str) -> list[list[str]]:
        out = io.StringIO(newline="")
        rows = [["id", "target"], *([f"{i}{end}.", "Yes"] for i in range(2000))]
        csv.writer(out, delimiter=delimiter, quoting=quoting, lineterminator=end).writerows(rows)
        (tmp_path / name).write_bytes(out.getvalue().encode())
        path = split(tmp_path / name, 0.2).held
        assert path is not None
        with path.open(newline="") as source:
            return [row[0].split() for row in csv.reader(source, delimiter=delimiter)]

    assert held("a", ";", csv.QUOTE_ALL, "\r\n") == held("b", ",", csv.QUOTE_MINIMAL, "\n")


def test_another_target_makes_another_split(tmp_path: Path) -> None:
    path = write(tmp_path / "t.csv", [f"{i % 50},{i % 40}" for i in range(2000)])
    one, other = parts(split(path, 0.2)), parts(split(path, 0.2, "id"))
    assert ids(one[0]).isdisjoint(ids(one[1]))
    assert not ids(other[0]).isdisjoint(ids(other[1]))


def test_a_split_says_by_which_rule_it_was_made(tmp_path: Path) -> None:
    assert split(write(tmp_path / "t.csv", ROWS), 0.2).holdout_rule == holdouts.RULE == 2


@pytest.mark.parametrize(
    ("head", "told"), [("id,Target", "nearest: 'Target'"), ("target,target", "calls 2 columns")]
)
def test_the_target_must_be_there_once(tmp_path: Path, head: str, told: str) -> None:
    path = tmp_path / "t.csv"
    path.write_text("\n".join([head, *ROWS]))
    with pytest.raises(DataError, match=told):
        split(path, 0.2)


def test_the_target_alone_cannot_be_held_out(tmp_path: Path) -> None:
    path = tmp_path / "t.csv"
    path.write_text("target\n" + "Yes\nNo\n" * 50)
    with pytest.raises(DataError, match="no column but its target"):
        split(path, 0.2)


def test_twins_of_a_row_stay_together(tmp_path: Path) -> None:
    visible, held = parts(split(write(tmp_path / "t.csv", ROWS + ROWS), 0.2))
    assert not set(visible[1:]) & set(held[1:])


def test_a_quoted_line_break_does_not_end_a_row(tmp_path: Path) -> None:
    rows = [f'{i},"a\nb"' for i in range(300)]
    visible, held = parts(split(write(tmp_path / "t.csv", rows), 0.5))
    assert (len(visible) - 1) % 2 == (len(held) - 1) % 2 == 0
    assert len(visible) + len(held) == 2 + 600
    assert all(line.endswith('"a') or line == 'b"' for line in held[1:])


def test_nothing_is_held_out_where_nothing_should_be(tmp_path: Path) -> None:
    path = write(tmp_path / "t.csv", ROWS)
    made = split(path, 0)
    assert made == holdouts.Split(visible=path, held=None, holdout_rule=None)


def test_parquet_says_what_to_do(tmp_path: Path) -> None:
    import duckdb

    path = tmp_path / "t.parquet"
    duckdb.sql("select 1 as a").write_parquet(str(path))
    with pytest.raises(DataError, match="Set holdout = 0"):
        split(path, 0.2)
