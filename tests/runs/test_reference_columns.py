"""What the reference pipeline makes of columns, however they are written."""

from __future__ import annotations

import csv
import datetime
import random
from collections import Counter
from pathlib import Path

import pytest
from tables import case, classes

from harness.errors import DataError
from harness.records import Task

ROWS = 120


@pytest.mark.parametrize(
    ("written", "numbers"),
    [
        (["1", " 2", "3.5 ", "1e3"], [1, 2, 3.5, 1000]),
        (["1,50", "2,25", "1.234,50"], [1.5, 2.25, 1234.5]),
        (["1,234.50", "12.5", "1,000,000"], [1234.5, 12.5, 1e6]),
        (["$12.50", "-$1,200.00", "($3.10)"], [12.5, -1200, -3.1]),
        (["5 €", "1.000,00 €", "7,5 €"], [5, 1000, 7.5]),
        (["12 %", "3.5%", "100%"], [12, 3.5, 100]),
        (["12k", "1.2M", "3k"], [12_000, 1_200_000, 3000]),
        (["1 234", "12", "1 234 567"], [1234, 12, 1234567]),
        (["12.50-", "3.00", "−4.10"], [-12.5, 3, -4.1]),
        (["5kg", "7.5kg", "12kg"], [5, 7.5, 12]),
    ],
)
def test_numbers_are_numbers_however_they_are_written(
    tmp_path: Path, written: list[str], numbers: list[float]
) -> None:
    some = [i % len(written) for i in range(ROWS)]
    columns = {"x": [written[at] for at in some], "y": classes(ROWS)}
    assert case(tmp_path, columns).prepared()["x"].tolist() == [numbers[at] for at in some]


def test_a_comma_of_one_value_is_told_by_the_others(tmp_path: Path) -> None:
    columns = {"x": ["1,234", "2,5", "3,75"] * 40, "y": classes(ROWS)}
    assert case(tmp_path, columns).prepared()["x"].tolist()[:3] == [1.234, 2.5, 3.75]


def test_a_blank_among_numbers_is_the_middle_one(tmp_path: Path) -> None:
    columns = {"x": [str(i) if i % 2 else " " for i in range(ROWS)], "y": classes(ROWS)}
    made = case(tmp_path, columns).prepared()
    middle = sorted(range(1, ROWS, 2))
    assert set(made["x"][::2]) == {(middle[29] + middle[30]) / 2}
    assert list(made.columns) == ["x", "y"]


@pytest.mark.parametrize("word", ["", " ", "NA", "NaN", "null", "?", "unknown"])
def test_nothing_is_missing_whatever_stands_for_it(tmp_path: Path, word: str) -> None:
    columns = {
        "number": [word if i % 20 == 0 else i * 31 % 97 for i in range(ROWS)],
        "text": [word if i % 20 == 0 else "uv"[i % 2] for i in range(ROWS)],
        "y": classes(ROWS),
    }
    made = case(tmp_path, columns).prepared()
    assert not made.isna().any().any()
    assert all(kind.kind in "if" for kind in made.dtypes)
    assert (made.filter(like="text_").sum(axis=1) == 1).all()
    assert "number_missing" not in made


def test_infinite_and_huge_numbers_are_finite(tmp_path: Path) -> None:
    columns = {"x": ["inf", "-Infinity", "1e300", "9" * 30, "5", "-1"] * 20, "y": classes(ROWS)}
    made = case(tmp_path, columns)
    assert made.prepared()["x"].abs().max() == 1e30
    assert made.columns() == ["x"]


@pytest.mark.parametrize(
    "form",
    [
        *("%Y-%m-%d", "%d.%m.%Y", "%m/%d/%Y", "%d/%m/%Y", "%d-%m-%y", "%d %B %Y", "%b %d, %Y"),
        *("%Y%m%d", "%Y/%m/%d", "%Y-%m-%dT%H:%M:%SZ", "%d.%m.%Y %H:%M", "%m/%d/%Y %I:%M %p"),
    ],
)
def test_dates_become_their_parts(tmp_path: Path, form: str) -> None:
    first = datetime.datetime(2019, 12, 30, 9, 30, tzinfo=datetime.UTC)
    days = [first + datetime.timedelta(days=i * 37 % 800) for i in range(ROWS)]
    made = case(tmp_path, {"d": [one.strftime(form) for one in days], "y": classes(ROWS)})
    found = made.prepared()
    assert found["d_year"].tolist() == [one.year for one in days]
    assert found["d_month"].tolist() == [one.month for one in days]
    assert found["d_day"].tolist() == [one.day for one in days]
    assert list(found.columns) == ["d_year", "d_month", "d_day", "y"]


def test_a_column_may_hold_dates_in_three_forms(tmp_path: Path) -> None:
    first = datetime.date(2021, 1, 13)
    days = [first + datetime.timedelta(days=i) for i in range(ROWS)]
    forms = ("%Y-%m-%d", "%d.%m.%Y", "%d %b %Y")
    columns = {
        "d": [one.strftime(forms[i % 3]) for i, one in enumerate(days)],
        "y": classes(ROWS),
    }
    assert case(tmp_path, columns).prepared()["d_day"].tolist() == [one.day for one in days]


def test_texts_of_few_values_are_one_hot(tmp_path: Path) -> None:
    columns = {"t": ["u", "v ", "w"] * 40, "flag": ["True", "False"] * 60, "y": classes(ROWS)}
    made = case(tmp_path, columns).prepared()
    assert list(made.columns) == ["t_u", "t_v", "t_w", "flag_False", "flag_True", "y"]
    assert made["t_v"].tolist() == [0, 1, 0] * 40


def test_of_texts_of_many_values_the_most_frequent_are_told_apart(tmp_path: Path) -> None:
    towns = [f"town {min(i % 41, i % 53):02}" for i in range(410)]
    often = [town for town, _ in Counter(towns).most_common(10)]
    made = case(tmp_path, {"t": towns, "y": classes(410)}).prepared()
    assert list(made.columns) == [*(f"t_{town}" for town in sorted(often)), "t_other", "y"]
    assert made["t_other"].tolist() == [int(town not in often) for town in towns]
    assert (made.drop(columns="y").sum(axis=1) == 1).all()


def test_a_value_that_only_held_out_rows_have_is_another_one(tmp_path: Path) -> None:
    towns = [f"town {i % 41:02}" for i in range(410)] + ["elsewhere"]
    few = ["u", "v"] * 205 + ["w"]
    made = case(tmp_path, {"t": towns, "f": few, "y": classes(411)}, held=1).held()
    assert made.loc[0].sum() == made.loc[0, "t_other"] == 1


def test_what_tells_nothing_is_left_out(tmp_path: Path) -> None:
    rnd = random.Random(1)
    columns = {
        "constant": ["c"] * ROWS,
        "zero": [0] * ROWS,
        "empty": [""] * ROWS,
        "key": [f"{rnd.randrange(10**6):06}-{i:03}X" for i in range(ROWS)],
        "id": range(1000, 1000 + ROWS),
        "words": [f"the {rnd.random()} of a {i}" for i in range(ROWS)],
        "x": [i % 9 for i in range(ROWS)],
        "y": classes(ROWS),
    }
    assert list(case(tmp_path, columns).prepared().columns) == ["x", "y"]


def test_columns_may_share_a_name(tmp_path: Path) -> None:
    made = case(tmp_path, {"x": [i % 9 for i in range(ROWS)], "y": classes(ROWS)})
    rows = list(csv.reader(made.table.visible.read_text().splitlines()))
    made.table.visible.write_text("".join(f"{r[0]},{r[0]},{r[1]}\n" for r in rows))
    assert list(made.prepared().columns) == ["x", "x.1", "y"]


def test_held_out_rows_are_prepared_by_what_visible_ones_told(tmp_path: Path) -> None:
    x = [str(i) for i in range(1, 100)] * 2 + ["", "1e6"]
    made = case(tmp_path, {"x": x, "t": ["u", "v"] * 100, "y": classes(200)}, held=2)
    assert list(made.held().columns) == list(made.prepared().columns)[:-1]
    assert made.held()["x"].tolist() == [50, 1e6]


def test_a_table_may_have_two_thousand_columns(tmp_path: Path) -> None:
    rnd = random.Random(1)
    columns = {f"n{i}": [rnd.random() for _ in range(80)] for i in range(1500)}
    columns |= {f"t{i}": [rnd.choice("uvwxyz") for _ in range(80)] for i in range(500)}
    made = case(tmp_path, {**columns, "y": classes(80)}, held=20)
    assert 0 <= made.figures()["roc_auc"] <= 1
    assert len(made.columns()) == 1500 + 500 * 3


@pytest.mark.parametrize(
    "hostile",
    [
        "=cmd|' /C calc'!A0",
        "__import__('os').system('id')",
        "'; DROP TABLE t; --",
        "\x1b[31m",
        "\u202e",
        "a,b\nc",
        "[<]",
        "x" * 5000,
        "%s%n{0}{{7*7}}",
    ],
)
def test_cells_are_only_data(tmp_path: Path, hostile: str) -> None:
    columns = {"t": [hostile, "u"] * 60, hostile[:200]: range(0, 2 * ROWS, 2), "y": classes(ROWS)}
    made = case(tmp_path, columns)
    prepared = made.prepared()
    assert sum(name.startswith("t_") for name in prepared.columns) == 2
    assert not any({*"[]<\n\x1b\u202e"} & {*name} for name in prepared.columns)
    assert made.columns() == list(prepared.columns)[:-1]


def test_nested_values_are_left_out(tmp_path: Path) -> None:
    import duckdb

    made = case(tmp_path, {"x": [1], "y": ["a"]})
    rows = "SELECT [i] AS nested, {'k': i} AS s, 'b'::BLOB AS b, i % 7 AS x,"
    rows += " CASE WHEN i % 3 = 0 THEN 'a' ELSE 'b' END AS y"
    path = tmp_path / "t.parquet"
    duckdb.connect().execute(f"COPY ({rows} FROM range(60) t(i)) TO '{path}' (FORMAT parquet)")
    table = made.table.model_copy(update={"path": path, "visible": path})
    assert list(made._replace(table=table).prepared().columns) == ["x", "y"]


def test_a_table_of_texts_that_all_differ_teaches_nothing(tmp_path: Path) -> None:
    columns = {"t": [f"text {i} of its own" for i in range(60)], "y": classes(60)}
    with pytest.raises(DataError, match="no column holds numbers, dates or values") as caught:
        case(tmp_path, columns).prepared()
    assert "\n" not in str(caught.value)


def test_rows_are_in_order_and_those_without_a_target_left_out(tmp_path: Path) -> None:
    y = ["" if i % 10 == 0 else str(i * 37 % 101) for i in range(ROWS)]
    made = case(tmp_path, {"x": range(0, 3 * ROWS, 3), "y": y}, task=Task.REGRESSION)
    assert made.prepared()["x"].tolist() == [3 * i for i in range(ROWS) if i % 10]
    assert made.prepared()["y"].tolist() == [i * 37 % 101 for i in range(ROWS) if i % 10]
