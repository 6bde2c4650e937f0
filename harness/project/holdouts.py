"""Rows that no generated code ever sees, so that what it built can be judged on them.

A row is held out by a hash of its own text: the same rows whatever their order, and twins of a row
stay together. Each line stays as it was written.
"""

from __future__ import annotations

import csv
import hashlib
from collections import Counter
from pathlib import Path

from harness import files
from harness.errors import DataError, StoreError
from harness.profiles import rows
from harness.profiles.dialects import diagnose
from harness.profiles.tables import open_table
from harness.records import Record
from harness.weights import cache

VERSION = "1"  # of the rule by which rows are chosen; part of every split's name
CHOICES = 1 << 64


class Split(Record):
    """A table in two files with the same header. ``held`` is None where nothing is held out."""

    visible: Path
    held: Path | None


def split(table: Path, share: float) -> Split:
    """The table's split, remembered in the cache by its digest. Raises DataError, StoreError."""
    if share == 0:
        return Split(visible=table, held=None)
    name = f"{cache.digest_of(table)[:32]}-{share:g}-{VERSION}"
    folder = cache.folder() / "splits" / name
    made = Split(visible=folder / "visible.csv", held=folder / "held.csv")
    if not folder.is_dir():
        _write(table, share, folder)
    return made


def _write(table: Path, share: float, folder: Path) -> None:
    with open_table(table) as opened:
        dialect = opened.dialect
    if dialect is None:
        raise DataError(
            f"{table.name} is Parquet, and rows are held out of CSV tables only",
            "Set holdout = 0 in its dataset.toml",
        )
    try:
        folder.parent.mkdir(parents=True, exist_ok=True)
        with files.Scratch(folder.parent) as scratch:
            with (
                (scratch / "visible.csv").open("w", newline="", encoding="utf-8") as visible,
                (scratch / "held.csv").open("w", newline="", encoding="utf-8") as held,
            ):
                records = rows.records(table, dialect)
                header, _ = next(records)
                visible.write(header)
                held.write(header)
                written = Counter[bool]()
                for record, fields in records:
                    is_held = bool(fields) and _is_held(record, share)
                    written[is_held] += bool(fields)
                    (held if is_held else visible).write(record)
            if written[True] and not written[False]:
                raise DataError(
                    f"{table.name} has too few rows to hold {share:g} of them out: none are left",
                    "Set holdout = 0 in its dataset.toml, or give a larger table",
                )
            scratch.rename(folder)
    except (UnicodeDecodeError, csv.Error) as error:
        diagnose(table, dialect)
        raise DataError(f"{table.name} cannot be read as CSV ({error})") from None
    except FileExistsError:
        return  # another process was quicker, with the same result
    except OSError as error:
        if folder.is_dir():
            return
        raise StoreError(f"{folder} could not be written ({error.strerror})") from error


def _is_held(record: str, share: float) -> bool:
    digest = hashlib.sha256((VERSION + record.rstrip("\r\n")).encode()).digest()
    return int.from_bytes(digest[:8], "big") < share * CHOICES
