"""The table as a preparation is to be run on it: visible rows, and held-out ones behind them.

The held-out rows have a placeholder for their target, the value of one visible row: of the most
frequent class, or the one in the middle. So no label of theirs is in it.
"""

from __future__ import annotations

import csv
import gzip
import io
import json
import shutil
import zipfile
from collections import Counter
from collections.abc import Callable, Sequence
from itertools import islice
from pathlib import Path
from typing import NamedTuple

from harness import files
from harness.checks.evidence import Evidence
from harness.errors import DataError
from harness.profiles import formats
from harness.profiles.dialects import HEAD_BYTES, sniff
from harness.profiles.rows import records, values
from harness.records import Task

LARGEST = 512 << 20  # bytes of both parts


class Parts(NamedTuple):
    """Files in one format; the target of ``held`` is to be that of a row of ``visible``."""

    visible: Path
    held: Path
    target: str
    row: int  # of the visible ones, from 0


def table(evidence: Evidence, largest: int = LARGEST) -> bytes:
    """The file's bytes, in the format of the visible one.

    Raises DataError where rows cannot be put behind others in this format or at this size, and
    Unreadable, as ``evidence``.
    """
    held, target = evidence.held, evidence.target
    if held is None or target is None:
        raise DataError("no rows are held out")
    if evidence.visible.stat().st_size + held.stat().st_size > largest:
        raise DataError(f"the table is larger than {largest >> 20} MB")
    read, sheet = evidence.reading(), evidence.dataset.sheet
    found = values(formats.plain(held, sheet))
    at = next(found).index(target)
    mask = bytes(read(row[at]) is not None for row in found)
    with files.Scratch() as folder:
        kept, out = folder / f"held{held.suffix}", folder / "out"
        formats.of(held).write_rows(held, mask, kept, sheet)
        _put(Parts(evidence.visible, kept, target, _usual(evidence, target)), out)
        return out.read_bytes()


def _usual(evidence: Evidence, target: str) -> int:
    """The number of a visible row whose target is the most frequent one, or in the middle."""
    read = evidence.reading()
    found = values(formats.plain(evidence.visible, evidence.dataset.sheet))
    at = next(found).index(target)
    labels = ((number, read(row[at])) for number, row in enumerate(found))
    known = [(number, label) for number, label in labels if label is not None]
    if not known:
        raise DataError("no visible row has a target")
    if evidence.task is Task.REGRESSION:
        return sorted(known, key=lambda one: float(one[1]))[len(known) // 2][0]
    ((most, _),) = Counter(label for _, label in known).most_common(1)
    return next(number for number, label in known if label == most)


def _put(parts: Parts, out: Path) -> None:
    name = formats.of(parts.visible).name
    if name not in PUT:
        raise DataError(f"no rows can be put behind others in a table in {name}")
    PUT[name](parts, out)


def _csv(parts: Parts, out: Path) -> None:
    with parts.visible.open("rb") as source:
        dialect = sniff(parts.visible, source.read(HEAD_BYTES))
    at = dialect.names.index(parts.target)
    seen = (fields for _, fields in islice(records(parts.visible, dialect), 1, None) if fields)
    value = next(islice(seen, parts.row, None))[at]
    shutil.copyfile(parts.visible, out)
    with parts.held.open("rb") as source:
        own = sniff(parts.held, source.read(HEAD_BYTES))
    behind = io.StringIO(newline="")
    ends = "\r\n" if "r" in dialect.end and "n" in dialect.end else "\n"
    writer = csv.writer(
        behind, delimiter=dialect.delimiter, quotechar=dialect.quote, lineterminator=ends
    )
    for _, fields in islice(records(parts.held, own), 1, None):
        if fields:
            writer.writerow([*fields[:at], value, *fields[at + 1 :]])
    with out.open("r+b") as target:
        target.seek(-1, io.SEEK_END)
        gap = b"" if target.read(1) in b"\r\n" else ends.encode()
        target.write(gap + behind.getvalue().encode())


def _parquet(parts: Parts, out: Path) -> None:
    import duckdb  # noqa: PLC0415 - slow to import

    name = parts.target.replace('"', '""')
    with files.Scratch(out.parent) as folder, duckdb.connect() as connection:
        # The library expands patterns in names, so it is given ones that hold none.
        seen, held, made = folder / "seen", folder / "held", folder / "made"
        seen.symlink_to(parts.visible.resolve())
        held.symlink_to(parts.held.resolve())
        of_seen, of_held = (
            f"read_parquet('{one}', hive_partitioning = false)" for one in (seen, held)
        )
        value = f'(SELECT "{name}" FROM {of_seen} LIMIT 1 OFFSET {parts.row})'  # noqa: S608
        connection.execute(
            f"COPY (SELECT * FROM {of_seen} UNION ALL "  # noqa: S608
            f'SELECT * REPLACE ({value} AS "{name}") FROM {of_held}) '
            f"TO '{made}' (FORMAT parquet)"
        )
        made.replace(out)


def _json_lines(parts: Parts, out: Path) -> None:
    lines = [line for line in _lines(parts.visible) if line.strip()]
    value = json.loads(lines[parts.row]).get(parts.target)
    with out.open("w", encoding="utf-8", newline="") as target:
        target.writelines(f"{line}\n" for line in lines)
        for line in _lines(parts.held):
            if line.strip():
                record = {**json.loads(line), parts.target: value}
                target.write(json.dumps(record, ensure_ascii=False) + "\n")


def _lines(path: Path) -> Sequence[str]:
    return path.read_text(encoding="utf-8-sig").split("\n")


def _excel(parts: Parts, out: Path) -> None:
    from openpyxl import load_workbook  # noqa: PLC0415 - slow to import

    seen, held = load_workbook(parts.visible), load_workbook(parts.held)
    sheet, other = seen.worksheets[0], held.worksheets[0]
    header, *rows = sheet.iter_rows(values_only=True)
    at = [str(one) for one in header].index(parts.target)
    value = rows[parts.row][at]
    for number, row in enumerate(other.iter_rows(min_row=2), sheet.max_row + 1):
        for place, cell in enumerate(row):
            made = sheet.cell(number, place + 1, value if place == at else cell.value)
            made.number_format = cell.number_format
    seen.save(out)


def _gzip(parts: Parts, out: Path) -> None:
    def unpacked(path: Path, at: Path) -> None:
        with gzip.open(path) as source, at.open("wb") as target:
            shutil.copyfileobj(source, target)

    inside = _inside(parts, out, unpacked, Path(parts.visible.stem).suffix)
    with out.open("wb") as raw, gzip.GzipFile("", "wb", fileobj=raw, mtime=0) as target:
        target.write(inside)


def _zip(parts: Parts, out: Path) -> None:
    def unpacked(path: Path, at: Path) -> None:
        with zipfile.ZipFile(path) as archive:
            at.write_bytes(archive.read(archive.infolist()[0]))

    with zipfile.ZipFile(parts.visible) as archive:
        name = archive.infolist()[0].filename
    inside = _inside(parts, out, unpacked, Path(name).suffix)
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as made:
        made.writestr(name, inside)


def _inside(parts: Parts, out: Path, unpacked: Callable[[Path, Path], None], suffix: str) -> bytes:
    """What of a packed table is to be packed again."""
    with files.Scratch(out.parent) as folder:
        seen, held, made = folder / f"seen{suffix}", folder / f"held{suffix}", folder / "made"
        unpacked(parts.visible, seen)
        unpacked(parts.held, held)
        _put(parts._replace(visible=seen, held=held), made)
        return made.read_bytes()


PUT: dict[str, Callable[[Parts, Path], None]] = {
    "CSV": _csv,
    "Parquet": _parquet,
    "JSON lines": _json_lines,
    "Excel": _excel,
    "gzip": _gzip,
    "zip": _zip,
}
