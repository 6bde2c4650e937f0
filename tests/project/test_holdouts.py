"""Rows that nobody sees: each row is in one part, and always in the same."""

from __future__ import annotations

import csv
import gzip
import hashlib
import io
import random
from pathlib import Path

import duckdb
import pytest

from harness.errors import ConfigError, DataError, UnknownNameError
from harness.project import datasets, holdouts
from harness.records import Holdout

ROWS = [f"{i},{'Yes' if i % 3 else 'No'}" for i in range(2000)]


def write(path: Path, rows: list[str], end: str = "\n", header: str = "id,target") -> Path:
    path.write_bytes((end.join([header, *rows]) + end).encode())
    return path


def split(path: Path, share: float, target: str = "target", **how: str) -> holdouts.Split:
    return holdouts.split(path, Holdout(share=share, **how), target)


def parts(split: holdouts.Split) -> tuple[list[str], list[str]]:
    assert split.held is not None
    visible, held = (path.read_bytes().decode() for path in (split.visible, split.held))
    return visible.split("\n")[:-1], held.split("\n")[:-1]


def ids(lines: list[str]) -> set[str]:
    return {line.partition(",")[0] for line in lines[1:]}


# --- by the features ----------------------------------------------------------------------------


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


@pytest.mark.parametrize("how", [{}, {"by": "day"}, {"group": "home"}])
def test_permuted_labels_change_nothing(tmp_path: Path, how: dict[str, str]) -> None:
    made = random.Random(5)
    features = [f"{i},2024-01-{1 + i % 28:02},{i % 50}" for i in range(800)]
    labels = ["a"] * 100 + ["b"] * 700
    found = []
    for name in ("one.csv", "other.csv"):
        made.shuffle(labels)
        rows = [f"{one},{label}" for one, label in zip(features, labels, strict=True)]
        path = write(tmp_path / name, rows, header="id,day,home,target")
        found.append(ids(parts(split(path, 0.25, **how))[1]))
    assert found[0] == found[1]
    assert found[0]


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
    assert split(write(tmp_path / "t.csv", ROWS), 0.2).holdout_rule == holdouts.RULE == 3


def test_the_rule_can_be_computed_elsewhere(tmp_path: Path) -> None:
    """So a version of a library that hashes otherwise is found out."""
    rows = [f"{i},{i % 7},ü{i},Yes" for i in range(400)]
    held = parts(split(write(tmp_path / "t.csv", rows, header="a,b,c,target"), 0.2))[1]

    def place(row: str) -> float:
        features = "\x1f".join(row.split(",")[:-1])
        return int(hashlib.md5(f"3{features}".encode()).hexdigest(), 16) / 16**32

    assert held[1:] == [row for row in rows if place(row) < 0.2]


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


def test_nothing_is_held_out_where_nothing_should_be(tmp_path: Path) -> None:
    path = write(tmp_path / "t.csv", ROWS)
    made = split(path, 0)
    assert made == holdouts.Split(visible=path, held=None, holdout_rule=None, counts=None)


# --- how rows are written -----------------------------------------------------------------------


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
@pytest.mark.parametrize("break_", ["\n", "\r\n", "\r"])
def test_a_quoted_line_break_does_not_end_a_row(tmp_path: Path, end: str, break_: str) -> None:
    rows = [f'{i},"a{break_}{end}b"' if i % 2 else f"{i},c" for i in range(300)]
    made = split(write(tmp_path / "t.csv", rows, end), 0.5)
    assert made.held is not None
    found = [part.read_bytes().decode() for part in (made.visible, made.held)]
    kept = {row for part in found for row in rows if f"{end}{row}{end}" in part}
    assert kept == set(rows)
    assert sum(map(len, found)) == sum(len(row) + len(end) for row in rows) + 2 * len(
        f"id,target{end}"
    )


def test_quotes_inside_of_a_value_are_only_quotes(tmp_path: Path) -> None:
    rows = [f'{i},5" pipe' if i % 2 else f'{i},"say ""yes"""' for i in range(400)]
    visible, held = parts(split(write(tmp_path / "t.csv", rows), 0.5))
    assert sorted(visible[1:] + held[1:]) == sorted(rows)


def test_empty_lines_are_no_rows(tmp_path: Path) -> None:
    spaced = tmp_path / "a.csv"
    spaced.write_text("id,target\n\n" + "\n\n".join(ROWS) + "\n\n\n")
    assert parts(split(spaced, 0.2)) == parts(split(write(tmp_path / "b.csv", ROWS), 0.2))


@pytest.mark.parametrize("rest", ["", "\n", "9", '"9"'])
def test_of_a_single_column_an_empty_line_is_a_row(tmp_path: Path, rest: str) -> None:
    path = tmp_path / "t.csv"
    path.write_text("x\n" + "".join(f"{'' if i % 3 else i}\n" for i in range(300)) + rest)
    made = holdouts.split(path, Holdout(share=0.5), None)
    assert made.counts is not None
    assert made.counts.rows == 300 + bool(rest)
    assert {"", "0"} <= {line for part in parts(made) for line in part}


def test_parquet_keeps_its_types_and_its_order(tmp_path: Path) -> None:
    made = "SELECT i AS id, i / 4 AS x, DATE '2024-01-01' + i::INT AS d, [i] AS l, i % 2 AS target"
    path, again = tmp_path / "t.parquet", tmp_path / "u.parquet"
    duckdb.sql(f"{made} FROM range(3000) t(i)").write_parquet(str(path))
    duckdb.sql(f"{made} FROM range(3000) t(i) ORDER BY i % 7, i").write_parquet(str(again))
    one, other = split(path, 0.2), split(again, 0.2)
    types = duckdb.read_parquet(str(path)).types
    rows = []
    for part in (one.visible, one.held):
        found = duckdb.read_parquet(str(part))
        assert found.types == types
        rows.append([row[0] for row in found.fetchall()])
        assert rows[-1] == sorted(rows[-1])
    assert sorted(rows[0] + rows[1]) == list(range(3000))
    assert 0.17 < len(rows[1]) / 3000 < 0.23
    held = duckdb.read_parquet(str(other.held)).fetchall()
    assert sorted(row[0] for row in held) == rows[1]


def test_a_packed_table_has_the_same_rows_held_out(tmp_path: Path) -> None:
    path = write(tmp_path / "t.csv", ROWS)
    packed = tmp_path / "t.csv.gz"
    packed.write_bytes(gzip.compress(path.read_bytes()))
    one, other = split(path, 0.2), split(packed, 0.2)
    assert one.counts == other.counts
    for plain, zipped in ((one.visible, other.visible), (one.held, other.held)):
        assert plain is not None
        assert zipped is not None
        assert zipped.name.endswith(".csv.gz")
        assert gzip.decompress(zipped.read_bytes()) == plain.read_bytes()


# --- whole groups -------------------------------------------------------------------------------


def grouped(path: Path, homes: list[str]) -> holdouts.Split:
    rows = [f"{i},{home},Yes" for i, home in enumerate(homes)]
    return split(write(path, rows, header="id,home,target"), 0.2, group="home")


def homes_of(lines: list[str]) -> set[str]:
    return {line.split(",")[1] for line in lines[1:]}


def test_no_group_is_in_both_parts(tmp_path: Path) -> None:
    visible, held = parts(grouped(tmp_path / "t.csv", [str(i % 300) for i in range(3000)]))
    assert not homes_of(visible) & homes_of(held)
    assert 0.1 < len(held) / 3000 < 0.3


@pytest.mark.parametrize("groups", [2, 3, 4, 5])
def test_few_groups_are_not_all_in_one_part(tmp_path: Path, groups: int) -> None:
    for number in range(5):
        homes = [f"h{number}-{i % groups}" for i in range(60)]
        visible, held = parts(grouped(tmp_path / f"{number}.csv", homes))
        assert homes_of(visible)
        assert homes_of(held)


def test_rows_without_a_group_are_groups_of_their_own(tmp_path: Path) -> None:
    visible, held = parts(grouped(tmp_path / "t.csv", ["", "", "a", "b"] * 500))
    assert "" in homes_of(visible) & homes_of(held)


def test_a_single_group_is_refused(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="has 1 group by 'home'"):
        grouped(tmp_path / "t.csv", ["a"] * 100)


# --- the latest ---------------------------------------------------------------------------------


def dated(path: Path, values: list[str], share: float = 0.25) -> set[str]:
    """The values of the rows held out, of rows in no order."""
    rows = [f'{i};"{value}";Yes' for i, value in enumerate(values)]
    random.Random(3).shuffle(rows)
    made = split(write(path, rows, header="id;when;target"), share, by="when")
    return {line.split(";")[1].strip('"') for line in parts(made)[1][1:]}


DAYS = [(2019 + n // 12, 1 + n % 12, 1 + n % 28) for n in range(40)]
NAMES = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
LONG = ("January", "February", "March", "April", "May", "June", "July", "August", "September")
WRITTEN = {
    "iso": [f"{y}-{m:02}-{d:02}" for y, m, d in DAYS],
    "iso with a time": [f"{y}-{m:02}-{d:02}T{m:02}:00:00" for y, m, d in DAYS],
    "packed": [f"{y}{m:02}{d:02}" for y, m, d in DAYS],
    "day first": [f"{d:02}.{m:02}.{y}" for y, m, d in DAYS],
    "day first, short": [f"{d}/{m:02}/{y}" for y, m, d in DAYS],
    "day first, short year": [f"{d:02}/{m:02}/{y - 2000}" for y, m, d in DAYS],
    "day first with a time": [f"{d:02}.{m:02}.{y} 1{m % 10}:30" for y, m, d in DAYS],
    "month first": [f"{m}/{d}/{y}" for y, m, d in DAYS],
    "month first with a time": [f"{m}/{d}/{y} {m}:05 PM" for y, m, d in DAYS],
    "by name": [f"{d} {NAMES[m - 1]} {y}" for y, m, d in DAYS],
    "by name, American": [f"{NAMES[m - 1]} {d}, {y}" for y, m, d in DAYS],
    "by name, dashes": [f"{d:02}-{NAMES[m - 1].upper()}-{y - 2000}" for y, m, d in DAYS],
    "by name, weekday": [f"Mon, {d:02} {NAMES[m - 1]} {y} 10:00:00" for y, m, d in DAYS],
    "ordinals": [f"{NAMES[m - 1]} {d}th, {y}" for y, m, d in DAYS],
    "months": [f"{NAMES[m - 1]} {y}" for y, m, _ in DAYS],
    "months in numbers": [f"{m:02}/{y}" for y, m, _ in DAYS],
    "quarters": [f"{y}-Q{1 + (m - 1) // 3}" for y, m, _ in DAYS],
    "weeks": [f"{y}-W{4 * m:02}" for y, m, _ in DAYS],
    "numbers": [str(y * 12 + m - 24600) for y, m, _ in DAYS],
    "real numbers": [f"{(y * 12 + m - 24300) / 7:.3f}" for y, m, _ in DAYS],
}


@pytest.mark.parametrize("notation", WRITTEN)
def test_the_latest_are_held_out_however_dates_are_written(tmp_path: Path, notation: str) -> None:
    values = WRITTEN[notation]
    assert dated(tmp_path / "t.csv", values) == set(values[30:])


def test_rows_of_the_day_at_the_border_are_told_apart_by_their_features(tmp_path: Path) -> None:
    rows = [f"{i},{2000 + i // 400},Yes" for i in range(2000)]
    path = write(tmp_path / "t.csv", rows, header="id,year,target")
    visible, held = parts(split(path, 0.3, by="year"))
    assert 0.27 < len(held) / 2000 < 0.33
    assert {line.split(",")[1] for line in held[1:]} == {"2003", "2004"}
    assert "2004" not in {line.split(",")[1] for line in visible[1:]}


def test_a_row_without_a_date_is_never_among_the_latest(tmp_path: Path) -> None:
    values = ["", "NA", " ", *(f"2024-01-{1 + i % 28:02}" for i in range(100))]
    assert all(value.startswith("2024-01-") for value in dated(tmp_path / "t.csv", values))


@pytest.mark.parametrize(
    ("values", "told"),
    [
        (["02/03/2023", "04/05/2023"], "may be day first or month first"),
        (["13/01/2023", "01/13/2023"], "several notations: day first in 20, month first in 20"),
        (["2023-01-01", "soon"], "holds 'soon' in 20 rows: neither a plain number nor a date"),
        (["1,50", "2,75"], "holds '1,50'"),
        (["31.02.2023", "01.02.2023"], "holds '31.02.2023' in 20 rows, which cannot be read"),
        (["3 mai 2023", "4 juin 2023"], "which cannot be read as a date"),
        (["10:30", "11:45"], "holds times of day"),
        (["", " "], "holds no values"),
        (["13.01.2023 10:00+02:00", "14.01.2023 09:00+01:00"], "a time zone"),
    ],
)
def test_what_has_no_order_is_refused(tmp_path: Path, values: list[str], told: str) -> None:
    with pytest.raises(DataError, match=told) as caught:
        dated(tmp_path / "t.csv", values * 20)
    assert "'when', by which rows are held out" in caught.value.message
    assert caught.value.hint


def test_typed_columns_are_ordered_by_their_type(tmp_path: Path) -> None:
    made = "SELECT i AS id, TIMESTAMP '2024-01-01' + INTERVAL (i * 9) HOUR AS t, i % 2 AS target"
    path = tmp_path / "t.parquet"
    duckdb.sql(f"{made} FROM range(1000) t(i) ORDER BY hash(i)").write_parquet(str(path))
    held = duckdb.read_parquet(str(split(path, 0.1, by="t").held)).fetchall()
    assert sorted(row[0] for row in held) == list(range(900, 1000))


def test_not_a_number_is_not_the_greatest(tmp_path: Path) -> None:
    path = tmp_path / "t.parquet"
    made = "SELECT i AS id, CASE WHEN i < 500 THEN 'nan'::DOUBLE ELSE i END AS t, 1 AS target"
    duckdb.sql(f"{made} FROM range(1000) t(i)").write_parquet(str(path))
    held = duckdb.read_parquet(str(split(path, 0.1, by="t").held)).fetchall()
    assert sorted(row[0] for row in held) == list(range(950, 1000))


# --- columns that are not there, and counts -----------------------------------------------------


@pytest.mark.parametrize("key", ["by", "group"])
def test_a_column_that_is_not_there_is_told_by_its_line(project: Path, key: str) -> None:
    folder = project / "data/d"
    folder.mkdir()
    (folder / "dataset.toml").write_text(
        'description = "D"\ntarget = "target"\npositive = "Yes"\nfile = "d.csv"\n'
        f'holdout = {{ share = 0.2, {key} = "hosehold" }}\n'
    )
    write(folder / "d.csv", ROWS, header="household,target")
    with pytest.raises(ConfigError, match="no column named 'hosehold'") as caught:
        datasets.table(project, datasets.load(project, "d"))
    assert "Did you mean 'household'?" in str(caught.value)
    assert "dataset.toml:5" in str(caught.value)
    with pytest.raises(UnknownNameError):
        split(folder / "d.csv", 0.2, **{key: "hosehold"})


def test_a_split_counts_what_it_holds_out_by_class(tmp_path: Path) -> None:
    rows = [*ROWS, "7000,", "7001,"]
    made = split(write(tmp_path / "t.csv", rows), 0.9)
    held = [line.split(",")[1] for line in parts(made)[1][1:]]
    assert made.counts is not None
    assert (made.counts.rows, made.counts.held) == (2002, len(held))
    assert dict(made.counts.classes) == {word: held.count(word) for word in ("Yes", "No")}
    assert split(tmp_path / "t.csv", 0.9) == made
