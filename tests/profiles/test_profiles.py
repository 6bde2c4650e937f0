"""A profile counts what a naive reader counts, and whatever is wrong with a file is one line."""

from __future__ import annotations

import contextlib
import csv
import io
import os
import tempfile
import tomllib
from collections import Counter
from pathlib import Path

import duckdb
import pytest
from conftest import REAL_TABLE, REPOSITORY, real_table
from hypothesis import given, settings
from hypothesis import strategies as st

from harness.errors import DataError
from harness.profiles import profile as profiles
from harness.profiles import tables as opening
from harness.records import ColumnProfile, DatasetSpec, TableProfile, Task

DIGEST = "0" * 64
TELCO = tomllib.loads((REPOSITORY / "data/telco/dataset.toml").read_text())


def spec(target: str = "y", **more: object) -> DatasetSpec:
    values = {"name": "d", "description": "D", "target": target, "file": "d.csv", **more}
    return DatasetSpec.model_validate(values)


def profile_of(path: Path, target: str = "y", **more: object) -> TableProfile:
    return profiles.profile_table(path, spec(target, **more), synthetic=False, sha256=DIGEST)


def profile(folder: Path, content: str | bytes, target: str = "y", **more: object) -> TableProfile:
    path = folder / "d.csv"
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    return profile_of(path, target, **more)


def column(folder: Path, *values: str) -> ColumnProfile:
    """The profile of a column x that holds these fields."""
    out = io.StringIO()
    csv.writer(out).writerows([("x", "y"), *((value, "1") for value in values)])
    return profile(folder, out.getvalue()).columns[0]


def complaint(folder: Path, content: str | bytes, name: str = "d.csv") -> str:
    path = folder / name
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    return complaint_about(path)


def complaint_about(path: Path) -> str:
    with pytest.raises(DataError) as caught:
        profile_of(path)
    text = f"{caught.value.message}|{caught.value.hint}"
    assert text.isprintable()
    assert len(text) < 700
    assert caught.value.hint
    return str(caught.value)


def parquet(folder: Path, select: str) -> Path:
    path = folder / "d.parquet"
    duckdb.connect().execute(f"COPY ({select}) TO '{path}' (FORMAT parquet)")
    return path


# --- types and ranges ---------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("values", "kind"),
    [
        (("1", "-2", "+3"), "integer"),
        ((" 1", "2 "), "integer"),
        (("18446744073709551615", "1"), "integer"),
        (("1", "2.5"), "real"),
        (("1.", ".5", "1e3", "inf"), "real"),
        (("1", "1_000"), "text"),
        (("1", "0x10"), "text"),
        (("1", "1,5"), "text"),
        (("1\N{NO-BREAK SPACE}", "2"), "text"),
        (("99999999999999999999", "1"), "text"),
        (("1.5", "99999999999999999999"), "real"),
        (("True", "FALSE", "true"), "boolean"),
        (("yes", "no"), "text"),
        (("2020-01-31", "1999-12-01"), "date"),
        (("2020-01-31", "2020-02-30"), "text"),
        (("2020-01-31 10:00:00", "2020-01-31T11:00:00"), "timestamp"),
        (("2020-01-31", "2020-01-31 11:00:00"), "timestamp"),
        (("20200131", "19991201"), "integer"),
        (("", ""), "empty"),
        (("a", "1"), "text"),
    ],
)
def test_type_is_what_reading_gives(tmp_path: Path, values: tuple[str, ...], kind: str) -> None:
    assert column(tmp_path, *values).type == kind


def test_a_blank_makes_numbers_text_and_says_so(tmp_path: Path) -> None:
    found = column(tmp_path, "1.5", " ", "2", "3", "\t")
    assert (found.type, found.blank, found.missing) == ("text", 2, 0)
    assert found.quirks == ("numbers stored as text: 2 blank values",)


def test_numbers_stored_as_text_have_a_range_all_the_same(tmp_path: Path) -> None:
    found = column(tmp_path, "9", " ", "10")
    assert (found.minimum, found.maximum) == ("9", "10")


def test_empty_fields_leave_numbers_numbers(tmp_path: Path) -> None:
    found = column(tmp_path, "1", "", "2")
    assert (found.type, found.missing, found.blank) == ("integer", 1, 0)


def test_a_quoted_empty_field_is_missing(tmp_path: Path) -> None:
    assert profile(tmp_path, 'x,y\n"",1\n,1\n2,1\n').columns[0].missing == 2


@pytest.mark.parametrize("blank", [" ", "   ", "\t", "\N{NO-BREAK SPACE}", "\n", "\v", "\u3000"])
def test_white_space_of_any_kind_is_blank(tmp_path: Path, blank: str) -> None:
    found = column(tmp_path, blank, "a")
    assert (found.blank, found.missing) == (1, 0)


def test_words_that_pandas_takes_for_missing_leave_numbers_numbers(tmp_path: Path) -> None:
    found = column(tmp_path, "1", "NA", "2", "NA")
    assert (found.type, found.missing) == ("integer", 0)
    assert found.quirks == ("2 rows that pandas reads as missing, such as 'NA'",)


def test_a_level_called_none_is_pointed_out(tmp_path: Path) -> None:
    found = column(tmp_path, "None", "Basic", "Basic")
    assert "1 row that pandas reads as missing, such as 'None'" in found.quirks


def test_range_is_in_numeric_order(tmp_path: Path) -> None:
    found = column(tmp_path, "9", "10", "-3")
    assert (found.minimum, found.maximum) == ("-3", "10")


def test_range_of_whole_numbers_is_exact(tmp_path: Path) -> None:
    found = column(tmp_path, "9007199254740993", "1")
    assert found.maximum == "9007199254740993"


def test_range_of_dates(tmp_path: Path) -> None:
    found = column(tmp_path, "2020-01-31", "1999-12-01", "")
    assert (found.minimum, found.maximum) == ("1999-12-01", "2020-01-31")


def test_words_have_no_range(tmp_path: Path) -> None:
    found = column(tmp_path, "a", "b")
    assert (found.minimum, found.maximum) == (None, None)


# --- levels, examples, quirks -------------------------------------------------------------------


def test_levels_come_most_frequent_first_then_by_value(tmp_path: Path) -> None:
    assert column(tmp_path, "b", "a", "c", "c").levels == (("c", 2), ("a", 1), ("b", 1))


def test_levels_are_told_up_to_twelve(tmp_path: Path) -> None:
    assert len(column(tmp_path, *map(str, range(12))).levels) == 12
    assert column(tmp_path, *map(str, range(13))).levels == ()


def test_examples_are_the_first_that_differ(tmp_path: Path) -> None:
    assert column(tmp_path, "z", " ", "z", "", "b", "a", "c").examples == ("z", "b", "a")


def test_distinct_is_exact_to_a_thousand(tmp_path: Path) -> None:
    assert column(tmp_path, *(f"v{i % 1000}" for i in range(3000))).distinct == 1000


def test_large_files_count_a_thousand_exactly_and_estimate_beyond(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(opening, "SMALL", 0)
    rows = "".join(f"{i % 1000},{i % 9000},{i},1\n" for i in range(20_000))
    few, many, key, _ = profile(tmp_path, "few,many,key,y\n" + rows).columns
    assert few.distinct == 1000
    assert many.distinct == pytest.approx(9000, rel=0.2)
    assert key.distinct == 20_000
    assert key.quirks == ("identifier: every value differs",)


def test_a_large_file_is_told_of_like_a_small_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It is stored by columns on the way, and a field that is empty, quoted or broken stays so."""
    odd = ['""', "", "NA", '" "', '"a\nb"', "007", "1.50", '"x""y"', "2024-01-31", "31.12.2023"]
    lines = [f"{i},{odd[i % 10]},{i % 3},{'' if i % 4 else '3,5'!r},{i / 8}" for i in range(900)]
    text = "\n".join(["id,odd,y,comma,real", *lines]).replace("'3,5'", '"3,5"').replace("''", '""')
    small = profile(tmp_path, text)
    monkeypatch.setattr(opening, "SMALL", 0)
    seen: list[float] = []
    large = profiles.profile_table(
        tmp_path / "d.csv",
        spec(),
        synthetic=False,
        sha256=DIGEST,
        on_bytes=lambda done, total: seen.append(done / total),
    )
    assert large == small
    assert seen == sorted(seen)
    assert 0.5 < seen[-1] <= 1


def test_one_repeated_value_is_no_identifier(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(opening, "SMALL", 0)
    assert column(tmp_path, *map(str, range(5000)), "17").quirks == ()


@pytest.mark.parametrize(
    ("values", "quirk"),
    [
        (("a", "a"), "constant"),
        (("a", ""), "constant where not missing"),
        (("", ""), "no values"),
        (("0", "1", "1"), "0/1 flag"),
        (tuple(f"id{i}" for i in range(20)), "identifier: every value differs"),
        (("1", "2", "3", "?", "?", " "), "numbers stored as text: 1 blank value, 2 × '?'"),
        ((*map(str, range(9)), *"abcd"), "mixed types: 9 numbers, 4 words"),
        (("5", *"abcdefg"), "mixed types: 1 number, 7 words"),
        (("a ", "b", " "), "surrounding spaces in 1 value"),
        (("Yes", "yes", "no"), "levels that differ only in case: 'Yes', 'yes'"),
        (("007", "8"), "leading zeros in 1 row, lost when read as numbers"),
        (("9" * 20, "1"), "whole numbers too long for 64 bits in 1 row"),
        (("2020-01-31", "2020-02-01", " "), "dates stored as text: 0 other values, 1 blank value"),
        (("2020-01-31", "2020-02-01"), "text until it is parsed as dates"),
    ],
)
def test_quirk(tmp_path: Path, values: tuple[str, ...], quirk: str) -> None:
    assert quirk in column(tmp_path, *values).quirks


def test_reals_that_all_differ_are_no_identifier(tmp_path: Path) -> None:
    assert column(tmp_path, *(f"{i}.5" for i in range(50))).quirks == ()


def test_a_column_without_a_name_is_called_as_pandas_calls_it(tmp_path: Path) -> None:
    found = profile(tmp_path, ",y\n0,1\n1,1\n").columns[0]
    assert found.name == "Unnamed: 0"
    assert found.quirks[0].startswith("no name in the header")


def test_another_delimiter_is_pointed_out_once(tmp_path: Path) -> None:
    found = profile(tmp_path, "x;y\n1,5;a\n")
    assert found.reading == ("fields of this file are separated by ';'",)
    assert found.columns[1].quirks == ("constant",)


# --- target -------------------------------------------------------------------------------------


def test_balance_is_of_the_rows_that_have_a_target(tmp_path: Path) -> None:
    found = profile(tmp_path, "x,y\n1,No\n2,Yes\n3,No\n4,\n5,No\n")
    assert found.target_balance == (("No", 0.75), ("Yes", 0.25))


def test_balance_names_twelve_levels_at_most(tmp_path: Path) -> None:
    found = profile(tmp_path, "x,y\n" + "".join(f"1,v{i}\n" for i in range(30)))
    assert len(found.target_balance) == 12


def test_balance_of_more_levels_than_are_counted(tmp_path: Path) -> None:
    rows = "".join(f"1,v{i}\n" for i in range(2500))
    assert profile(tmp_path, f"x,y\n{rows}1,v7\n").target_balance[0] == ("v7", 2 / 2501)


def test_a_number_as_target_has_no_balance(tmp_path: Path) -> None:
    assert profile(tmp_path, "x,y\n" + "".join(f"1,{i}\n" for i in range(13))).target_balance == ()


def test_a_target_without_values_has_no_balance(tmp_path: Path) -> None:
    assert profile(tmp_path, "x,y\n1,\n").target_balance == ()


def test_missing_target_names_the_nearest_columns(tmp_path: Path) -> None:
    path = tmp_path / "d.csv"
    path.write_text("customer,churn,Churned\n1,2,3\n")
    with pytest.raises(DataError, match=r"no column 'Churn'.*nearest: 'churn', 'Churned'"):
        profile_of(path, "Churn")


def test_missing_target_far_from_all_names_the_columns(tmp_path: Path) -> None:
    assert "it has: 'alpha', 'beta'" in complaint(tmp_path, "alpha,beta\n1,2\n")


# --- what a file may look like ------------------------------------------------------------------


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
@pytest.mark.parametrize(
    ("delimiter", "mark"), [(",", "\ufeff"), (";", "\n\n"), ("\t", ""), ("|", "")]
)
def test_dialects_are_told_apart(tmp_path: Path, end: str, delimiter: str, mark: str) -> None:
    lines = ["x,y", 'a,"p,""q"""', "b,"]
    body = end.join(line.replace(",", delimiter) for line in lines) + end
    found = profile(tmp_path, mark.replace("\n", end) + body)
    assert [c.name for c in found.columns] == ["x", "y"]
    assert found.columns[1].examples == (f'p{delimiter}"q"',)


def test_single_quotes(tmp_path: Path) -> None:
    found = profile(tmp_path, "'x','y'\n'a,b','it''s'\n")
    assert [c.examples for c in found.columns] == [("a,b",), ("it's",)]


def test_the_last_line_may_lack_its_end(tmp_path: Path) -> None:
    assert profile(tmp_path, "x,y\n1,2\n3,4").rows == 2


def test_quoted_line_breaks_do_not_make_rows(tmp_path: Path) -> None:
    assert profile(tmp_path, 'x,y\r\n"1\n2\r\n3",4\r\n').rows == 1


def test_a_single_column(tmp_path: Path) -> None:
    assert profile(tmp_path, "y\na\nb\n").columns[0].distinct == 2


def test_rows_that_look_like_notes_are_rows(tmp_path: Path) -> None:
    assert profile(tmp_path, "x,y\n# note,1\n//,2\n").rows == 2


def test_more_columns_than_one_pass_takes(tmp_path: Path) -> None:
    names = [f"c{i}" for i in range(70)]
    lines = [",".join([*names, "y"]), ",".join([*map(str, range(70)), "z"])]
    found = profile(tmp_path, "\n".join(lines)).columns
    assert [c.examples[0] for c in found[:70]] == [str(i) for i in range(70)]


@pytest.mark.parametrize(
    "name",
    [
        'say "x"',
        "it's",
        "a\nb",
        "x; DROP TABLE t; --",
        "c1",
        "{x}",
        "?",
        "$1",
        "@",
        "é ✓",
        "Y",
        "%",
    ],
)
def test_column_names_are_data(tmp_path: Path, name: str) -> None:
    out = io.StringIO()
    csv.writer(out).writerows([(name, "y"), ("1", "a")])
    found = profile(tmp_path, out.getvalue(), columns={name: "meant"}).columns[0]
    assert (found.name, found.examples, found.meaning) == (name, ("1",), "meant")


@pytest.mark.parametrize("value", ["```", "'; --", "\x1b[31m", "{{ x }}", "a\r\nb", "\u202e", "$1"])
def test_values_are_data(tmp_path: Path, value: str) -> None:
    found = column(tmp_path, value, value)
    assert found.levels == ((value, 2),)
    assert found.examples == (value,)


@pytest.mark.parametrize("value", ["\x1b[31m", "a\nb", "w" * 500])
def test_quirks_are_short_printable_lines(tmp_path: Path, value: str) -> None:
    found = column(tmp_path, "1", "2", value, value.upper() + "W", value.lower() + "w")
    assert all(quirk.isprintable() and len(quirk) < 200 for quirk in found.quirks)
    assert found.quirks


def test_values_are_cut_at_eighty_characters(tmp_path: Path) -> None:
    value = "é" * 400_000
    found = profile(tmp_path, f"x,y\n{value},{value}\n1,b\n")
    cut = "é" * 79 + "…"
    assert found.columns[0].levels == (("1", 1), (cut, 1))
    assert found.columns[0].examples == (cut, "1")
    assert ("b", 0.5) in found.target_balance
    assert (cut, 0.5) in found.target_balance


def test_long_values_that_differ_at_their_end_are_distinct(tmp_path: Path) -> None:
    assert column(tmp_path, "w" * 5000 + "a", "w" * 5000 + "b").distinct == 2


@pytest.mark.parametrize(
    "name", ["it's.csv", "a*b?.csv", "[x].csv", "{a,b}.csv", "a b;--.csv", "x.gz", "~", "k=v"]
)
def test_file_names_are_taken_literally(tmp_path: Path, name: str) -> None:
    (tmp_path / "axbc.csv").write_text("x,y\n9,9\n9,9\n")
    (tmp_path / "x.csv").write_text("x,y\n9,9\n9,9\n")
    (tmp_path / name).write_text("x,y\n1,2\n")
    found = profile_of(tmp_path / name)
    assert (found.file, found.rows) == (name, 1)


def test_folder_names_are_taken_literally(tmp_path: Path) -> None:
    folder = tmp_path / "k=[v]*"
    folder.mkdir()
    assert len(profile(folder, "x,y\n1,2\n").columns) == 2


def test_a_link_is_followed(tmp_path: Path) -> None:
    profile(tmp_path, "x,y\n1,2\n")
    (tmp_path / "link").symlink_to(tmp_path / "d.csv")
    assert profile_of(tmp_path / "link").file == "link"


# --- what is wrong with a file ------------------------------------------------------------------


def test_missing_file(tmp_path: Path) -> None:
    assert "is not there" in complaint_about(tmp_path / "nope.csv")


def test_folder(tmp_path: Path) -> None:
    assert "is a folder" in complaint_about(tmp_path)


def test_pipe(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "d.csv")
    assert "is a named pipe" in complaint_about(tmp_path / "d.csv")


def test_unreadable_file(tmp_path: Path) -> None:
    (tmp_path / "d.csv").write_text("x,y\n1,2\n")
    (tmp_path / "d.csv").chmod(0)
    mine = os.geteuid()
    if mine == 0:  # root may read everything
        os.seteuid(65534)
    try:
        assert "Permission denied" in complaint_about(tmp_path / "d.csv")
    finally:
        os.seteuid(mine)


def test_names_that_would_break_the_line(tmp_path: Path) -> None:
    assert "\\n" in complaint_about(tmp_path / "a\nb\x1b.csv")


def test_name_that_is_no_text(tmp_path: Path) -> None:
    assert "not UTF-8" in complaint_about(tmp_path / "\udcff.csv")


@pytest.mark.parametrize("content", ["", "\n\n", "\ufeff", "  \n"])
def test_empty_file(tmp_path: Path, content: str) -> None:
    assert "is empty" in complaint(tmp_path, content)


def test_no_rows(tmp_path: Path) -> None:
    assert "no rows" in complaint(tmp_path, "x,y\n")


def test_no_header(tmp_path: Path) -> None:
    assert "no header: line 1" in complaint(tmp_path, "1,2.5\n3,4\n")


def test_the_target_twice(tmp_path: Path) -> None:
    assert "calls 2 columns 'y', the target" in complaint(tmp_path, "x,y,y\n1,2,3\n")


def test_names_that_differ_in_case_are_two(tmp_path: Path) -> None:
    assert [c.name for c in profile(tmp_path, "Y,y\n1,2\n").columns] == ["Y", "y"]


def test_header_with_an_open_quote(tmp_path: Path) -> None:
    assert "line 1 names a column" in complaint(tmp_path, 'x,"y\n' + "1,2\n" * 500)


def test_one_endless_line(tmp_path: Path) -> None:
    assert "no line break" in complaint(tmp_path, "x," * 200_000)


@pytest.mark.parametrize("rows", [3, 70_000], ids=["near", "far"])
@pytest.mark.parametrize(
    ("line", "told"),
    [
        (b"1", "has 1 field where the header has 2"),
        (b"1,2,3", "has 3 fields where the header has 2"),
        (b"1,caf\xe9", "is not UTF-8"),
        (b"1,a\0b", "holds a NUL byte"),
        (b'"1"x,2', "is not CSV"),
        (b'1,"2', "is not CSV"),
        (b"1,2\r", "ends otherwise"),
        (b"1," + b"w" * 3_000_000, "is longer than"),
    ],
    ids=["short", "long", "latin", "nul", "quote", "open", "ends", "huge"],
)
def test_a_bad_line_is_named(tmp_path: Path, rows: int, line: bytes, told: str) -> None:
    # The first row takes two lines, so that counting rows would be off by one.
    content = b'x,y\n"a\nb",2\n' + b"1,2\n" * rows + line + b"\n" + b"1,2\n" * 3
    text = complaint(tmp_path, content)
    assert told in text
    assert f"line {rows + 4} " in text


def test_looking_for_the_bad_line_leaves_the_csv_module_as_it_was(tmp_path: Path) -> None:
    before = csv.field_size_limit()
    complaint(tmp_path, "x,y\n" + "1,2\n" * 90_000 + "1\n")
    assert csv.field_size_limit() == before


@pytest.mark.parametrize("encoding", ["utf-16", "utf-32"])
def test_other_encodings_are_named(tmp_path: Path, encoding: str) -> None:
    assert f"is in {encoding.upper()}" in complaint(tmp_path, "x,y\n1,2\n".encode(encoding))


def test_utf_16_without_a_mark(tmp_path: Path) -> None:
    assert "line 1 holds a NUL byte" in complaint(tmp_path, "x,y\n1,2\n".encode("utf-16-le"))


# --- Parquet ------------------------------------------------------------------------------------


def test_stored_types_count(tmp_path: Path) -> None:
    select = (
        "SELECT i::TINYINT AS i, i / 2 AS r, i::DECIMAL(9, 2) AS d, i > 1 AS b, [i] AS l,"
        " DATE '2020-01-01' + i::INT AS day, TIMESTAMP '2020-01-01 10:00:00' AS t,"
        " i::VARCHAR AS y, '\\xAA'::BLOB AS o FROM range(5) s(i)"
    )
    found = {c.name: c.type for c in profile_of(parquet(tmp_path, select)).columns}
    assert found == {
        "i": "integer", "r": "real", "d": "real", "b": "boolean", "l": "nested", "day": "date",
        "t": "timestamp", "y": "text", "o": "binary",
    }  # fmt: skip


def test_text_in_parquet_gets_the_same_inspection(tmp_path: Path) -> None:
    select = "SELECT unnest(['1', ' ', '', NULL, '10', 'NA', '9']) AS x, 'a' AS y"
    found = profile_of(parquet(tmp_path, select)).columns[0]
    assert (found.type, found.missing, found.blank, found.maximum) == ("text", 2, 1, "10")
    assert found.quirks == ("numbers stored as text: 1 blank value, 1 × 'NA'",)


def test_nan_in_parquet_is_pointed_out_and_outside_the_range(tmp_path: Path) -> None:
    select = "SELECT unnest([1.5, 'NaN'::DOUBLE, NULL]) AS x, 'a' AS y"
    found = profile_of(parquet(tmp_path, select)).columns[0]
    assert (found.missing, found.maximum) == (1, "1.5")
    assert "NaN in 1 row, not counted as missing" in found.quirks


@pytest.mark.parametrize("name", ['say ""x""', "a\nb", "x; --"])
def test_column_names_in_parquet_are_data(tmp_path: Path, name: str) -> None:
    found = profile_of(parquet(tmp_path, f'SELECT 1 AS "{name}", 2 AS y'))
    assert found.columns[0].name == name.replace('""', '"')


def test_parquet_without_rows(tmp_path: Path) -> None:
    assert "no rows" in complaint_about(parquet(tmp_path, "SELECT 1 AS x, 2 AS y LIMIT 0"))


def test_parquet_cut_short(tmp_path: Path) -> None:
    path = parquet(tmp_path, "SELECT i AS x, i AS y FROM range(1000) t(i)")
    assert "cut short" in complaint(tmp_path, path.read_bytes()[:-100])


def test_parquet_by_name_only(tmp_path: Path) -> None:
    assert "is not a Parquet file" in complaint(tmp_path, "x,y\n1,2\n", "d.parquet")


def test_broken_parquet_is_one_line(tmp_path: Path) -> None:
    path = parquet(tmp_path, "SELECT 'w' || i AS x, i AS y FROM range(5000) t(i)")
    whole = path.read_bytes()
    path.write_bytes(whole[:4] + b"\xff" * (len(whole) - 300) + whole[-296:])
    assert "cannot be read as Parquet" in complaint_about(path)


# --- against a naive reader ---------------------------------------------------------------------

fields = st.one_of(
    st.sampled_from(["", " ", "0", "1", "-7", "2.5", "NA", "yes", "Yes", '"', ",", ";", "a,b"]),
    st.text(
        st.characters(codec="utf-8", exclude_characters="\0", exclude_categories=["Cs"]),
        max_size=6,
    ),
)
tables = st.lists(st.tuples(fields, fields, fields), min_size=1, max_size=20)


def written(rows: list[tuple[str, ...]], end: str, delimiter: str, always: bool) -> str:
    special = {delimiter, '"', "\r", "\n"}
    return "".join(
        delimiter.join(
            '"' + value.replace('"', '""') + '"' if always or special & set(value) else value
            for value in row
        )
        + end
        for row in rows
    )


@given(
    rows=tables,
    names=st.sampled_from([("x", "y", "z"), ("x\n1", "y", "z"), ("x", "y", "z\r\n2")]),
    end=st.sampled_from(["\n", "\r\n"]),
    delimiter=st.sampled_from(",;\t"),
    always=st.booleans(),
)
@settings(max_examples=25, deadline=None)
def test_counts_are_those_of_a_naive_reader(
    rows: list[tuple[str, str, str]],
    names: tuple[str, str, str],
    end: str,
    delimiter: str,
    always: bool,
) -> None:
    with tempfile.TemporaryDirectory() as folder:
        found = profile(Path(folder), written([names, *rows], end, delimiter, always))
    assert found.rows == len(rows)
    for values, column in zip(zip(*rows, strict=True), found.columns, strict=True):
        counts = Counter(value for value in values if value)
        assert column.missing == values.count("")
        assert column.blank == sum(value.isspace() for value in values)
        assert column.distinct == len(counts)
        assert dict(column.levels) == (counts if len(counts) <= 12 else {})


@given(content=st.binary(max_size=200), head=st.sampled_from([b"", b"x,y\n", b"PAR1"]))
@settings(max_examples=25, deadline=None)
def test_any_bytes_are_a_profile_or_a_complaint(content: bytes, head: bytes) -> None:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "d.csv"
        path.write_bytes(head + content)
        with contextlib.suppress(DataError):
            assert profile_of(path).rows > 0


def test_nothing_but_the_file_can_be_read(tmp_path: Path) -> None:
    from harness.profiles.tables import open_table

    (tmp_path / "d.csv").write_text("x,y\n1,2\n")
    (tmp_path / "other.csv").write_text("x,y\n1,2\n")
    with open_table(tmp_path / "d.csv") as table, pytest.raises(duckdb.PermissionException):
        table.connection.execute("FROM read_text(?)", [str(tmp_path / "other.csv")])


# --- the shipped dataset ------------------------------------------------------------------------


@real_table
def test_the_real_table() -> None:
    found = profile_of(REAL_TABLE, "Churn", columns=TELCO["columns"])
    columns = {c.name: c for c in found.columns}
    assert (found.rows, len(columns)) == (7043, 21)
    assert dict(found.target_balance)["Yes"] == pytest.approx(0.2654, abs=5e-5)
    assert columns["TotalCharges"].type == "text"
    assert columns["TotalCharges"].quirks == ("numbers stored as text: 11 blank values",)
    assert columns["SeniorCitizen"].quirks == ("0/1 flag",)
    assert columns["customerID"].quirks == ("identifier: every value differs",)
    assert all(c.meaning for c in found.columns)


@real_table
def test_both_digests_are_of_the_real_table() -> None:
    from hashlib import sha256

    blob = REAL_TABLE.read_bytes()
    digests = [sha256(b).hexdigest() for b in (blob, blob.replace(b"\r\n", b"\n"))]
    assert digests == TELCO["sha256"]


def test_the_twin_has_the_traps_and_every_column_a_meaning() -> None:
    found = profile_of(
        REPOSITORY / "data/telco/telco_synthetic.csv", "Churn", columns=TELCO["columns"]
    )
    quirks = {c.name: c.quirks for c in found.columns if c.quirks}
    assert quirks == {
        "customerID": ("identifier: every value differs",),
        "SeniorCitizen": ("0/1 flag",),
        "TotalCharges": ("numbers stored as text: 11 blank values",),
    }
    assert all(c.meaning for c in found.columns)


def test_classes_are_what_pandas_reads_as_values(tmp_path: Path) -> None:
    path = tmp_path / "t.csv"
    path.write_text("x,y\n1,b\n2,NA\n3,None\n4, \n5,\n6,a\n")
    for positive, classes in ((None, ("a", "b")), ("None", ("a", "b", "None"))):
        task = Task.BINARY if positive else Task.MULTICLASS
        about = {"task": task, "target": "y", "positive": positive}
        spec = DatasetSpec(name="d", description="D", file="t.csv", **about)
        assert (
            profiles.profile_table(path, spec, synthetic=False, sha256="0" * 64).classes == classes
        )
