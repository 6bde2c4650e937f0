"""A table is the same table in every format, and what is wrong with a file is one line."""

from __future__ import annotations

import contextlib
import datetime as dt
import gzip
import io
import json
import tempfile
import time
import zipfile
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from table_files import CSV, HEADER, ROWS, WRITERS, archive, table, workbook

from harness.errors import DataError
from harness.profiles import formats, rows
from harness.profiles import profile as profiles
from harness.profiles.formats.finder import formats as all_formats
from harness.profiles.tables import open_table
from harness.records import DatasetSpec, TableProfile, Task

TEXT = [[str(one) for one in row] for row in ROWS]
READERS: dict[str, Any] = {
    ".jsonl": lambda path: pd.read_json(path, lines=True),
    ".xlsx": pd.read_excel,
    ".parquet": pd.read_parquet,
}
FETCH = "Fetch it again"


def profile(path: Path, **more: object) -> TableProfile:
    spec = DatasetSpec(name="d", description="D", file="d.csv", task=Task.EXPLORE, **more)
    return profiles.profile_table(path, spec, synthetic=False, sha256="0" * 64)


def complaint(path: Path) -> str:
    """What is said of a file that is refused: one printable line that names it, and no other."""
    with pytest.raises(DataError) as caught:
        profile(path)
    text = f"{caught.value.message}|{caught.value.hint}"
    assert text.isprintable()
    assert caught.value.message.startswith(str(path))
    assert "/tables/" not in text
    assert caught.value.hint
    return text


def write(path: Path, content: str | bytes) -> Path:
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    return path


# --- the same in all ----------------------------------------------------------------------------


@pytest.mark.parametrize("name", WRITERS)
def test_a_table_has_the_same_values(tmp_path: Path, name: str) -> None:
    path = table(tmp_path, name)
    assert list(rows.values(path)) == [HEADER, *TEXT]
    assert [one.name for one in profile(path).columns] == HEADER
    assert profile(path).rows == len(ROWS)


@pytest.mark.parametrize("name", WRITERS)
def test_rows_are_left_out_and_the_rest_is_read_as_before(tmp_path: Path, name: str) -> None:
    path, out = table(tmp_path, name), tmp_path / f"out.{name}"
    formats.of(path).write_rows(path, b"\1\0\1\0", out, None)
    assert formats.of(out) is formats.of(path)
    assert list(rows.values(out)) == [HEADER, TEXT[0], TEXT[2]]
    again = tmp_path / "again"
    formats.of(out).write_rows(out, b"\1\1", again, None)
    if not name.endswith("xlsx"):  # which holds the time of its writing
        assert again.read_bytes() == out.read_bytes()


@pytest.mark.parametrize("name", WRITERS)
def test_pandas_reads_what_was_written_by_its_name_alone(tmp_path: Path, name: str) -> None:
    path = table(tmp_path, name)
    (tmp_path / "out").mkdir()
    formats.of(path).write_rows(path, b"\1\1\1\0", tmp_path / "out" / name, None)
    read = READERS.get(path.suffix, pd.read_csv)
    before, after = read(path), read(tmp_path / "out" / name)
    pd.testing.assert_frame_equal(before[:3], after, check_dtype=False)


def test_a_format_is_told_by_content_and_not_by_name(tmp_path: Path) -> None:
    for name in WRITERS:
        if name != "t.jsonl":
            path = table(tmp_path, name).rename(tmp_path / "file")
            assert len(list(rows.values(path))) == 1 + len(ROWS)


def test_a_plain_file_is_made_once_and_the_file_itself_where_it_can_be(tmp_path: Path) -> None:
    for name in WRITERS:
        path = table(tmp_path, name)
        made = formats.plain(path)
        assert (made == path) == (name in ("t.csv", "t.parquet"))
        before = made.stat().st_mtime_ns
        assert formats.plain(path) == made
        assert made.stat().st_mtime_ns == before


@pytest.mark.parametrize(
    ("name", "file"),
    [
        ("t.xlsx", "t.csv"),
        ("t.csv", "t.xlsx"),
        ("t.csv.gz", "t.csv"),
        ("t.parquet", "t.csv"),
        ("t.jsonl", "table"),
        ("t.zip", "data"),
    ],
)
def test_a_name_that_code_would_take_for_another_format_is_refused(
    tmp_path: Path, name: str, file: str
) -> None:
    path = table(tmp_path, name)
    with pytest.raises(DataError) as caught:
        formats.check_name(path, file)
    suggested = caught.value.hint.split('"')[1]
    formats.check_name(path, suggested)


@pytest.mark.parametrize("name", WRITERS)
def test_what_has_to_be_known_before_reading_is_said(tmp_path: Path, name: str) -> None:
    said = " ".join(profile(table(tmp_path, name)).reading)
    word = {".csv": "", ".gz": "packed with gzip", ".zip": "packed with zip"}
    word |= {".xlsx": "its sheet 'Sheet'", ".jsonl": "JSON lines", ".parquet": "Parquet"}
    assert word[Path(name).suffix] in said
    assert bool(said) == (name != "t.csv")


def test_a_dialect_is_said_through_its_packing(tmp_path: Path) -> None:
    path = write(tmp_path / "t.tsv.gz", gzip.compress(b"a\tb\n1\t2\n"))
    assert profile(path).reading[1:] == (r"fields of this file are separated by '\t'",)


def test_json_lines_may_be_packed_too(tmp_path: Path) -> None:
    lines = b'{"a": 1}\n{"a": 2, "b": "x"}\n'
    path = write(tmp_path / "t.jsonl.gz", gzip.compress(lines))
    assert list(rows.values(path)) == [["a", "b"], ["1", ""], ["2", "x"]]
    formats.of(path).write_rows(path, b"\0\1", tmp_path / "out.jsonl.gz", None)
    assert gzip.decompress((tmp_path / "out.jsonl.gz").read_bytes()) == lines[9:]


# --- archives -----------------------------------------------------------------------------------


@pytest.mark.parametrize("at", [0.3, 0.7, 0.99])
@pytest.mark.parametrize("name", ["t.csv.gz", "t.zip", "t.xlsx", "t.parquet"])
def test_a_file_that_was_cut_short(tmp_path: Path, name: str, at: float) -> None:
    whole = table(tmp_path, name).read_bytes()
    said = complaint(write(tmp_path / name, whole[: int(len(whole) * at)]))
    assert "cut short" in said
    assert FETCH in said


def test_a_table_beside_other_things_is_taken_out_of_a_zip(tmp_path: Path) -> None:
    members = {"__MACOSX/._t.csv": "x", ".hidden": "x", "README.md": "x", "t.csv": CSV}
    path = archive(tmp_path / "t.zip", **members)
    assert list(rows.values(path)) == [HEADER, *TEXT]
    alone = formats.single(path)
    assert zipfile.ZipFile(alone).namelist() == ["t.csv"]
    assert formats.single(alone) == alone


@pytest.mark.parametrize(
    ("members", "told"),
    [
        ({"a.csv": CSV, "b.csv": CSV}, "holds 2 tables: 'a.csv', 'b.csv'"),
        ({"a.md": CSV, "b.png": CSV}, "holds no tables: 'a.md', 'b.png'"),
        ({}, "is an empty archive"),
        ({"a.csv": "\0\1"}, "holds something else than text"),
        ({"../../a\n.csv": "a,b\n1\n"}, "line 2 has 1 field"),
    ],
)
def test_a_zip_without_one_table(tmp_path: Path, members: dict[str, str], told: str) -> None:
    assert told in complaint(archive(tmp_path / "t.zip", **members))


def test_an_encrypted_zip(tmp_path: Path) -> None:
    path = archive(tmp_path / "t.zip", **{"t.csv": CSV})
    blob = bytearray(path.read_bytes())
    blob[blob.index(b"PK\1\2") + 8] |= 1  # the flag, in the directory
    assert "is encrypted" in complaint(write(path, bytes(blob)))


def test_bombs_are_told_before_they_fill_the_disk(tmp_path: Path) -> None:
    packed = io.BytesIO()
    with gzip.GzipFile("", "wb", 1, packed) as target:
        for _ in range(70):
            target.write(b"1,2\n" * (1 << 20))
    begun = time.monotonic()
    bomb = gzip.compress(packed.getvalue())  # a small file is what makes it one
    assert "something else than text" in complaint(write(tmp_path / "twice.csv.gz", bomb))
    assert "200 times its own size" in complaint(write(tmp_path / "t.csv.gz", packed.getvalue()))
    assert time.monotonic() - begun < 30


def test_an_archive_of_an_archive(tmp_path: Path) -> None:
    import tarfile

    with tarfile.open(tmp_path / "t.tar.gz", "w:gz") as made:
        made.add(table(tmp_path, "t.csv"), "t.csv")
    assert "holds a tar archive" in complaint(tmp_path / "t.tar.gz")


# --- Excel --------------------------------------------------------------------------------------


def test_several_sheets_are_named_and_one_can_be_chosen(tmp_path: Path) -> None:
    path = workbook(tmp_path / "t.xlsx", One=[["a"], [1]], Two=[["b", "c"], [2, 3]], Empty=[])
    assert "has several sheets: 'One', 'Two'|Name one: sheet = \"One\" in" in complaint(path)
    with pytest.raises(DataError, match="It has: 'One', 'Two', 'Empty'"):
        formats.single(path, "Three")
    alone = formats.single(path, "Two")
    assert list(rows.values(alone)) == [["b", "c"], ["2", "3"]]
    assert list(pd.read_excel(alone).columns) == ["b", "c"]
    (said,) = profile(alone).reading
    assert said == "the file is an Excel workbook, and the table is its sheet 'Two'"


def test_empty_sheets_do_not_count(tmp_path: Path) -> None:
    path = workbook(tmp_path / "t.xlsx", Sheet1=[], Sheet2=[["a"], [1]], Sheet3=[])
    assert list(pd.read_excel(formats.single(path)).columns) == ["a"]


def test_a_sheet_means_nothing_elsewhere(tmp_path: Path) -> None:
    for name in ("t.csv", "t.zip", "t.csv.gz"):
        with pytest.raises(DataError, match="has no sheets"):
            formats.single(table(tmp_path, name), "One")


def test_an_encrypted_workbook_and_an_old_one(tmp_path: Path) -> None:
    container = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(2 << 20)
    locked = container + "EncryptedPackage".encode("utf-16-le") + bytes(99)
    said = complaint(write(tmp_path / "t.xlsx", locked))
    assert "is an encrypted Excel workbook" in said
    assert "password" in said
    assert "of the old kind" in complaint(write(tmp_path / "t.xls", container))


def test_what_excel_knows_is_read_as_pandas_reads_it(tmp_path: Path) -> None:
    cells = [
        ["day", "moment", "flag", "share", "whole", "formula", "code"],
        [dt.date(2024, 1, 31), dt.datetime(2024, 1, 31, 9, 30), True, 0.5, 2.0, "#N/A", "007"],
        [dt.date(2024, 2, 29), None, False, 1, 3, 4, "x"],
    ]
    path = workbook(tmp_path / "t.xlsx", Sheet=cells)
    found = {one.name: one for one in profile(path).columns}
    kinds = ("date", "timestamp", "boolean", "real", "integer", "integer", "text")
    assert tuple(one.type for one in found.values()) == kinds
    assert found["formula"].missing == found["moment"].missing == 1
    assert found["day"].quirks == ()  # dates they are, without parsing
    formats.of(path).write_rows(path, b"\1\1", tmp_path / "out.xlsx", None)
    pd.testing.assert_frame_equal(pd.read_excel(tmp_path / "out.xlsx"), pd.read_excel(path))


def test_rows_above_the_header_are_told_and_left_out_of_a_part(tmp_path: Path) -> None:
    path = workbook(
        tmp_path / "t.xlsx", S=[[], [], ["a", "b"], [1, None], [None, None], [3, 4], []]
    )
    assert list(rows.values(path)) == [["a", "b"], ["1", ""], ["", ""], ["3", "4"]]
    assert profile(path).reading[1:] == ("2 empty rows above the header",)
    formats.of(path).write_rows(path, b"\1\1\1", tmp_path / "out.xlsx", None)
    assert pd.read_excel(tmp_path / "out.xlsx")["a"].to_list()[::2] == [1, 3]


def test_a_value_beside_the_table(tmp_path: Path) -> None:
    path = workbook(tmp_path / "t.xlsx", S=[["a"], [1], [2, None, "note"]])
    assert "row 3 of sheet 'S' has a value right of the last column's name" in complaint(path)


def sheet_of(path: Path, xml: str) -> Path:
    """A workbook whose sheet is the given XML, as no program would write it."""
    template = io.BytesIO()
    workbook(path, S=[["a"]])
    with zipfile.ZipFile(path) as old, zipfile.ZipFile(template, "w", zipfile.ZIP_DEFLATED) as new:
        for one in old.namelist():
            is_sheet = one == "xl/worksheets/sheet1.xml"
            new.writestr(one, xml if is_sheet else old.read(one))
    return write(path, template.getvalue())


def worksheet(data: str) -> str:
    space = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
    return f'<worksheet xmlns="{space}"><sheetData>{data}</sheetData></worksheet>'


def row(number: int, *values: int, at: str = "A") -> str:
    cells = "".join(f'<c r="{at}{number}"><v>{value}</v></c>' for value in values)
    return f'<row r="{number}">{cells}</row>'


HEADED = '<row r="1"><c r="A1" t="inlineStr"><is><t>a</t></is></c></row>'


def test_empty_rows_below_the_table_are_nothing(tmp_path: Path) -> None:
    empty = "".join(f'<row r="{i}"/>' for i in range(3, 100_000))
    path = sheet_of(tmp_path / "t.xlsx", worksheet(HEADED + row(2, 5) + empty))
    begun = time.monotonic()
    assert list(rows.values(path)) == [["a"], ["5"]]
    assert time.monotonic() - begun < 15


def test_a_value_far_below_the_table(tmp_path: Path) -> None:
    path = sheet_of(tmp_path / "t.xlsx", worksheet(HEADED + row(2, 5) + row(200_000, 6)))
    assert "row 200,000 of sheet 'S' comes after" in complaint(path)


def test_a_workbook_that_holds_far_more_than_its_size(tmp_path: Path) -> None:
    path = sheet_of(tmp_path / "t.xlsx", worksheet(HEADED + " " * (257 << 20)))
    assert "200 times its own size" in complaint(path)


def test_entities_that_grow(tmp_path: Path) -> None:
    grown = "".join(f'<!ENTITY e{i} "{f"&e{i - 1};" * 10 if i else "x" * 99}">' for i in range(9))
    xml = f"<!DOCTYPE x [{grown}]>" + worksheet(HEADED.replace(">a<", ">&e8;<"))
    assert "cannot be read as an Excel workbook" in complaint(sheet_of(tmp_path / "t.xlsx", xml))


# --- JSON lines ---------------------------------------------------------------------------------


def test_records_may_lack_keys(tmp_path: Path) -> None:
    lines = ['{"a": 1, "b": "x"}', "", '{"c": true}', '{"b": null, "a": 1e3}', "{}"]
    path = write(tmp_path / "t.jsonl", "\n".join(lines))
    assert list(rows.values(path)) == [
        ["a", "b", "c"],
        ["1", "x", ""],
        ["", "", "true"],
        ["1e3", "", ""],
        ["", "", ""],
    ]


@pytest.mark.parametrize(
    ("content", "told"),
    [
        ('{"a": 1}\n{"a": [1]}\n', "line 2 has a list under 'a'"),
        ('{"a": {"b": 1}}\n', "line 1 has a record under 'a'"),
        ('{"a": 1}\n{"a": 2\n', "line 2 is not a JSON record"),
        ('[{"a": 1}]', "line 1 is an array and not a record"),
        ('{"a": 1}\n7\n', "line 2 is a single value"),
        ('{\n"a": 1\n}', "line 1 is not a JSON record"),
        ('{"a": 1, "a": 2}', "line 1 has the name 'a' twice"),
        ('{"a": ' + "[" * 99_999 + "]" * 99_999 + "}", "line 1 is nested too deeply"),
        ('{"a": "' + "x" * (10 << 20) + '"}', "line 1 is longer than 2,000,000 bytes"),
        (b'{"a": "\xff"}\n', "line 1 is not UTF-8"),
        ("{}\n{}\n", "is empty"),
        ("", "is empty"),
        ("".join(json.dumps({f"{i}": i}) + "\n" for i in range(30_000)), "20,000 different names"),
        ('{"a": "\\u0000"}', "holds a NUL byte"),
    ],
)
def test_what_is_no_table_in_json_lines(tmp_path: Path, content: str | bytes, told: str) -> None:
    assert told in complaint(write(tmp_path / "t.jsonl", content))


def test_odd_values_of_json_stay_values(tmp_path: Path) -> None:
    content = '{"a": NaN, "b": -Infinity, "c": "\\ud800", "d": ' + "9" * 5000 + "}\n"
    path = write(tmp_path / "t.jsonl", content)
    assert list(rows.values(path))[1] == ["", "-inf", "?", "9" * 5000]


# --- all the same -------------------------------------------------------------------------------


@pytest.mark.parametrize("name", [name for name in WRITERS if name not in ("t.jsonl", "t.parquet")])
def test_a_table_without_rows(tmp_path: Path, name: str) -> None:
    path = table(tmp_path, name)
    formats.of(path).write_rows(path, bytes(len(ROWS)), tmp_path / name.replace("t", "u", 1), None)
    assert "no rows" in complaint(tmp_path / name.replace("t", "u", 1))


@pytest.mark.parametrize("name", ["t.csv", "t.jsonl"])
def test_a_table_of_one_column(tmp_path: Path, name: str) -> None:
    content = {"t.csv": "a\nx\ny\n", "t.jsonl": '{"a": "x"}\n{"a": "y"}\n'}
    found = profile(write(tmp_path / name, content[name]))
    assert [(one.name, one.type) for one in found.columns] == [("a", "text")]


def test_a_column_of_dates_in_three_formats_is_told(tmp_path: Path) -> None:
    days = ["2024-01-31", "31.12.2023", "3 Mar 2023"] * 20
    found = profile(write(tmp_path / "t.csv", "n,day\n" + "".join(f"1,{day}\n" for day in days)))
    (said,) = found.columns[1].quirks
    assert said.startswith("dates stored as text: year first in 20, day first in 20, the month by")


def test_nested_columns_of_parquet_are_named(tmp_path: Path) -> None:
    import duckdb

    path = tmp_path / "t.parquet"
    duckdb.sql("SELECT 1 AS a, [1, 2] AS l, {'x': 1} AS s, map {'k': 1} AS m").write_parquet(
        str(path)
    )
    found = {one.name: one for one in profile(path).columns}
    assert [one.type for one in found.values()] == ["integer", "nested", "nested", "nested"]
    assert all("holds lists or records" in " ".join(found[name].quirks) for name in "lsm")


@given(
    content=st.binary(max_size=200),
    head=st.sampled_from(
        [b"\x1f\x8b\x08\0", b"PK\x03\x04", b'{"a":', b"\xd0\xcf\x11\xe0", b"PK\5\6"]
    ),
    name=st.sampled_from([f"t{one.suffixes[0]}" for one in all_formats()]),
)
@settings(max_examples=60, deadline=None)
def test_any_bytes_are_a_table_or_a_complaint(content: bytes, head: bytes, name: str) -> None:
    with tempfile.TemporaryDirectory() as folder:
        path = write(Path(folder) / name, head + content)
        with contextlib.suppress(DataError), open_table(path) as opened:
            assert opened.columns


def test_dates_as_text_are_no_identifier_where_types_are_stored(tmp_path: Path) -> None:
    import duckdb

    path = tmp_path / "t.parquet"
    days = "CAST(DATE '2024-01-01' + CAST(i AS INTEGER) AS VARCHAR)"
    duckdb.sql(f"SELECT {days} AS day FROM range(50) t(i)").write_parquet(str(path))
    assert profile(path).columns[0].quirks == ("dates stored as text",)


@pytest.mark.parametrize("name", ["t.csv", "t.csv.gz"])
def test_a_table_of_only_text(tmp_path: Path, name: str) -> None:
    text = b"a,b\n" + b"some words,more\nother words,less\n" * 20
    found = profile(write(tmp_path / name, gzip.compress(text) if name.endswith("gz") else text))
    assert [(one.type, one.distinct) for one in found.columns] == [("text", 2)] * 2
