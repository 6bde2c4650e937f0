"""The same table in every format, for tests."""

from __future__ import annotations

import gzip
import json
import zipfile
from pathlib import Path
from typing import Any

import duckdb
from openpyxl import Workbook

HEADER = ["word", "n", "day"]
ROWS: list[list[Any]] = [
    ["a,b", 1, "2024-01-31"],
    ['say "x"', 2.5, "2024-02-29"],
    ["ünï", 3, ""],
    ["NA", 40, "2024-12-01"],
]
CSV = 'word,n,day\n"a,b",1,2024-01-31\n"say ""x""",2.5,2024-02-29\nünï,3,\nNA,40,2024-12-01\n'


def workbook(path: Path, **sheets: list[list[Any]]) -> Path:
    """Each sheet with its rows; None leaves a cell out."""
    book = Workbook()
    book.remove(book.active)
    for name, rows in sheets.items():
        sheet = book.create_sheet(name)
        for row in rows:
            sheet.append(row)
    book.save(path)
    return path


def archive(path: Path, **members: str) -> Path:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as made:
        for name, text in members.items():
            made.writestr(name, text)
    return path


def _csv(path: Path) -> None:
    path.write_text(CSV)


def _gzip(path: Path) -> None:
    path.write_bytes(gzip.compress(CSV.encode()))


def _zip(path: Path) -> None:
    archive(path, **{"folder/t.csv": CSV})


def _excel(path: Path) -> None:
    workbook(path, Sheet=[HEADER, *([one or None for one in row] for row in ROWS)])


def _jsonl(path: Path) -> None:
    rows = [{k: v for k, v in zip(HEADER, row, strict=True) if v != ""} for row in ROWS]
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))


def _parquet(path: Path) -> None:
    plain = path.with_suffix(".plain")
    plain.write_text(CSV)
    source = f"read_csv('{plain}', all_varchar = true)"
    duckdb.sql(f"COPY (FROM {source}) TO '{path}' (FORMAT parquet)")
    plain.unlink()


WRITERS = {
    "t.csv": _csv,
    "t.csv.gz": _gzip,
    "t.zip": _zip,
    "t.xlsx": _excel,
    "t.jsonl": _jsonl,
    "t.parquet": _parquet,
}


def table(folder: Path, name: str) -> Path:
    path = folder / name
    WRITERS[name](path)
    return path
