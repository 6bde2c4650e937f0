"""Numbers and dates are told as what they are, however they are written; a key is a short key."""

from __future__ import annotations

import csv
import io
import time
from collections import Counter
from pathlib import Path

import pytest

from harness.errors import DataError
from harness.profiles import amounts, days, keys
from harness.profiles import profile as profiles
from harness.records import ColumnProfile, DatasetSpec, Holdout

FEW, MANY = 40, 2500  # rows: all values are counted, or their shapes


def column(folder: Path, values: list[str], name: str = "x", holdout: float = 0) -> ColumnProfile:
    """The profile of a column that holds these fields."""
    out = io.StringIO()
    csv.writer(out).writerows([(name, "y"), *((value, "1") for value in values)])
    path = folder / "d.csv"
    path.write_text(out.getvalue(), encoding="utf-8")
    spec = DatasetSpec(
        name="d", description="D", target="y", file="d.csv", holdout=Holdout(share=holdout)
    )
    return profiles.profile_table(path, spec, synthetic=False, sha256="0" * 64).columns[0]


# --- amounts ------------------------------------------------------------------------------------


@pytest.mark.parametrize("rows", [FEW, MANY])
@pytest.mark.parametrize(
    ("written", "said"),
    [
        ("{0},50", "decimal comma, such as '0,50'"),
        ("{1:,}.50", "thousands separator ',', such as '1,000.50'"),
        ("${0}.50", "currency '$', such as '$0.50'"),
        ("{0} %", "percent, such as '0 %'"),
        ("€ {0}", "currency '€', such as '€ 0'"),
        ("{0},99 €", "decimal comma, currency '€', such as '0,99 €'"),
        ("(${1:,})", "thousands separator ',', currency '$', parentheses for a minus sign"),
        ("{2} 234,50", "decimal comma, thousands separator ' ', such as '0 234,50'"),
        ("{2}'234.50", 'thousands separator "\'"'),
        ("{2}.234,50 EUR", "decimal comma, thousands separator '.', currency 'EUR'"),
        ("{0}k", "factor 'k', such as '0k'"),
        ("$1.{0}M", "currency '$', factor 'M', such as '$1.0M'"),
        ("{0} days", "unit 'days', such as '0 days'"),
        ("{0}.5kg", "unit 'kg', such as '0.5kg'"),
        ("<{0}", "signs such as '<' before them"),
        ("−{0}", "a minus sign that is no hyphen"),
        ("{0}.50-", "the minus sign at the end"),
    ],
)
def test_numbers_are_told_as_they_are_written(
    tmp_path: Path, rows: int, written: str, said: str
) -> None:
    values = [written.format(i, 1000 + 7 * i, i % 999) for i in range(rows)]
    found = column(tmp_path, values)
    assert found.type == "text"
    assert len(found.quirks) == 1
    assert found.quirks[0].startswith(f"numbers stored as text: {said}")


@pytest.mark.parametrize(
    ("values", "said"),
    [
        (["1,234", "2,345"], "a comma that is a thousands separator or a decimal comma"),
        (["1,234", "2,345.5"], "thousands separator ','"),
        (["1,234", "12,5"], "decimal comma"),
        (["1,234", "12", "950"], "thousands separator ','"),
        (["1,234", "0.5"], "thousands separator ','"),
        (["0,123", "0,456"], "decimal comma"),
        (["(1,234)", "(2,345)"], "thousands separator ',', parentheses for a minus sign"),
        (["1.234", "1.234,5"], "decimal comma, thousands separator '.'"),
        (["12,34,567.89", "1,23,456"], "thousands separator ','"),
        (["1,5", "1,234,567"], "decimal comma in 1 and thousands separator ',' in 1"),
        (["1\N{NARROW NO-BREAK SPACE}234", "5"], "thousands separator ' '"),
        (["$5", "€5"], "currencies '$', '€'"),
    ],
)
def test_the_whole_column_tells_what_a_comma_means(
    tmp_path: Path, values: list[str], said: str
) -> None:
    found = column(tmp_path, values).quirks[0]
    assert found.partition(": ")[2].partition(", such as")[0] == said


def test_what_is_no_number_among_them_is_counted(tmp_path: Path) -> None:
    found = column(tmp_path, [*(f"{i},5" for i in range(20)), "?", "?", " "])
    assert found.quirks[0].endswith("such as '0,5'; 1 blank value, 2 × '?'")
    found = column(tmp_path, [*(f"{i},5" for i in range(MANY)), "?", "?", " "])
    assert found.quirks[0].endswith("such as '0,5'; 1 blank value, 2 × '?'")


def test_a_target_of_such_numbers_has_no_balance(tmp_path: Path) -> None:
    path = tmp_path / "d.csv"
    path.write_text("x;y\n" + "".join(f"a;{i},5\n" for i in range(20)))
    spec = DatasetSpec(name="d", description="D", target="y", file="d.csv")
    found = profiles.profile_table(path, spec, synthetic=False, sha256="0" * 64)
    assert found.target_balance == ()


@pytest.mark.parametrize(
    "value", ["", "1.2.3", "10-20", "12abc34", "0001X", "1,2,3", "a1", "(5", "0x10", ".", "1 2"]
)
def test_not_everything_with_digits_is_an_amount(value: str) -> None:
    assert amounts.read(value) is None


def test_names_that_begin_with_a_number_are_no_amounts() -> None:
    seats = Counter(filter(None, (amounts.read(f"{i}{chr(65 + i)}") for i in range(20))))
    assert seats.total() == 20
    assert amounts.describe(seats) == ()


# --- dates and times ----------------------------------------------------------------------------


@pytest.mark.parametrize("rows", [FEW, MANY])
@pytest.mark.parametrize(
    ("written", "said"),
    [
        ("{d:02}.{m:02}.{y}", "dates stored as text: day first, such as '13."),
        ("{m:02}.{m:02}.{y}", "dates stored as text: day first, such as '01."),
        ("{m:02}/{d:02}/{y}", "dates stored as text: month first, such as '01/13"),
        ("{d}-{m}-{y}", "dates stored as text: day first, such as '13-1-"),
        ("{m}/{m}/{y}", "dates stored as text: ambiguous, day first or month first"),
        ("{d:02}/{m:02}/{s:02}", "dates stored as text: day first, two-digit years"),
        ("{d:02}/{m:02}/{y} 9:{s:02} PM", "dates stored as text: day first, with a time"),
        ("{y}.{m:02}.{d:02}", "dates stored as text: year first"),
        ("{d} Mar {y}", "dates stored as text: the month by name"),
        ("March {d}, {y}", "dates stored as text: the month by name"),
        ("{d}. März {y}", "dates stored as text: the month by name"),
        ("{m:02}:{s:02}", "times of day stored as text"),
        ("{y}-Q1", "quarters stored as text"),
        ("{y}-{m:02}", "months stored as text"),
        ("{n}:{s:02}:00", "durations stored as text"),
    ],
)
def test_dates_are_told_as_they_are_written(
    tmp_path: Path, rows: int, written: str, said: str
) -> None:
    values = [
        written.format(d=i % 28 + 1, m=i % 12 + 1, y=1900 + i % 200, s=i % 60, n=30 + i)
        for i in range(rows)
    ]
    found = column(tmp_path, values)
    assert found.type == "text"
    assert len(found.quirks) == 1
    assert found.quirks[0].startswith(said)


def test_dates_of_two_forms_are_counted(tmp_path: Path) -> None:
    found = column(tmp_path, ["2020-01-31", "31/01/2020", "01/02/2020"])
    assert found.quirks[0].startswith("dates stored as text: year first in 1, day first in 2")


def test_dates_packed_into_whole_numbers_are_no_key(tmp_path: Path) -> None:
    found = column(tmp_path, [f"{1950 + i}0131" for i in range(50)], "id")
    assert found.type == "integer"
    assert found.quirks == ("dates stored as whole numbers: year, month and day, YYYYMMDD",)


@pytest.mark.parametrize("value", ["10.0.0.1", "1.2.10", "45/45/2020", "123-45-6789", "hello 1"])
def test_not_everything_with_dots_is_a_date(value: str) -> None:
    assert days.read(value) is None


@pytest.mark.parametrize("unit", ["1,", "1 ", " ", "1", "'", "a ", "1:", "1d ", "(", "$"])
def test_long_values_are_read_in_no_time(unit: str) -> None:
    begun = time.monotonic()
    for length in (40, 100_000):
        amounts.read((unit * length)[:length])
        days.read((unit * length)[:length])
    assert time.monotonic() - begun < 1


def test_flags_that_are_short_for_yes_and_no(tmp_path: Path) -> None:
    assert column(tmp_path, ["y", "n", "y"]).quirks == ("a flag, written as 'n' and 'y'",)
    assert column(tmp_path, ["Yes", "No", "Yes"]).quirks == ()


# --- keys ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("values", "said"),
    [
        ([f"{i:04}-{'ABCDEFG'[i % 7]}XYZ" for i in range(FEW)], "identifier"),
        ([f"C{i}" for i in range(FEW)], "identifier"),
        ([f"{i * 2654435761 % 2**32:08x}-4a1b" for i in range(FEW)], "identifier"),
        ([f"joe{i}@example.com" for i in range(FEW)], "identifier"),
        ([f"123-45-{6000 + i}" for i in range(FEW)], "identifier"),
        ([f"{i:05}" for i in range(7, 7 + 713 * FEW, 713)], "identifier"),
        ([f"{i}" for i in range(500, 500 + FEW)], "identifier"),
        ([f"The customer called {i} times" for i in range(FEW)], "free text"),
        ([f"Braund, Mr. Owen {chr(65 + i)}." for i in range(26)], "free text"),
        ([f"{['Smith', 'Kowalski', 'Nguyen'][i % 3]}{'a' * i}" for i in range(FEW)], ""),
        ([f"{i * 713 + 20_000}" for i in range(FEW)], ""),
        ([f"{1950 + i}" for i in range(FEW)], ""),
        ([f"{i}.5" for i in range(FEW)], ""),
        ([f"{i * 10}-{i * 10 + 9}" for i in range(FEW)], ""),
        ([f"{52 + i / 100:.2f},{13 + i / 100:.2f}" for i in range(FEW)], ""),
    ],
)
def test_only_a_short_key_is_an_identifier(tmp_path: Path, values: list[str], said: str) -> None:
    quirks = column(tmp_path, values).quirks
    assert [q for q in quirks if "differs" in q] == ([f"{said}: every value differs"] * bool(said))


@pytest.mark.parametrize(
    ("name", "is_key"),
    [
        *(("id", True), ("order_id", True), ("customerID", True), ("PassengerId", True)),
        *(("House No", True), ("ID Kunde", True), ("zip code", True), ("key", True)),
        *(("number_of_children", False), ("amount", False), ("paid", False), ("", False)),
    ],
)
def test_a_name_tells_a_key_too(tmp_path: Path, name: str, is_key: bool) -> None:
    assert keys.named(name) == is_key
    values = [str(20_000 + i * 713) for i in range(FEW)]
    found = column(tmp_path, values, name).quirks
    assert ("identifier: every value differs" in found) == is_key
    reals = [f"{20_000 + i * 713}.5" for i in range(FEW)]
    assert not any("identifier" in quirk for quirk in column(tmp_path, reals, name).quirks)


def test_a_sequence_with_rows_held_out_of_it_is_a_key(tmp_path: Path) -> None:
    values = [str(i) for i in range(200) if i % 5]
    assert column(tmp_path, values, holdout=0.2).quirks == ("identifier: every value differs",)
    halved = [str(i) for i in range(0, 200, 2)]
    assert column(tmp_path, halved, holdout=0.2).quirks == ()


# --- the separator's own line -------------------------------------------------------------------


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
@pytest.mark.parametrize("mark", ["", "\ufeff"])
@pytest.mark.parametrize("separator", [";", "\t", "^"])
def test_a_line_that_names_the_separator_is_no_header(
    tmp_path: Path, end: str, mark: str, separator: str
) -> None:
    lines = [f"sep={separator}", *(f"{x}{separator}{y}" for x, y in ("xy", "1a", "2b"))]
    path = tmp_path / "d.csv"
    path.write_bytes((mark + end.join(lines) + end).encode())
    spec = DatasetSpec(name="d", description="D", target="y", file="d.csv")
    found = profiles.profile_table(path, spec, synthetic=False, sha256="0" * 64)
    assert [c.name for c in found.columns] == ["x", "y"]
    assert found.rows == 2
    assert found.reading == (
        "line 1 of this file names the separator: skip 1 line",
        f"fields of this file are separated by {separator!r}",
    )


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("sep=;\nx,y\n1,2\n", "line 1 says that ';' separates fields, where ',' does"),
        ("sep=;\n", "is empty below line 1"),
        ('"sep=;"\nx;y\n1;2\n', "line 1 names the separator in quotes"),
        ("sep=;\nx;y\n1;2\n1;2;3\n", "line 4 has 3 fields"),
        ("sep=;\nx;y\n" + "1;2\n" * 70_000 + "1;2;3\n", "line 70003 has 3 fields"),
    ],
)
def test_a_line_that_names_the_wrong_separator(tmp_path: Path, text: str, told: str) -> None:
    path = tmp_path / "d.csv"
    path.write_text(text)
    spec = DatasetSpec(name="d", description="D", target="y", file="d.csv")
    with pytest.raises(DataError) as caught:
        profiles.profile_table(path, spec, synthetic=False, sha256="0" * 64)
    assert told in str(caught.value)
