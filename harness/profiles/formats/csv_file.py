"""Text with a record per line, whatever separates its fields."""

from __future__ import annotations

import csv
from pathlib import Path

from harness.errors import DataError
from harness.profiles import lines
from harness.profiles.dialects import HEAD_BYTES, MEND, diagnose, sniff
from harness.profiles.formats.finder import Mask

NAME = "CSV"
SUFFIXES = (".csv", ".tsv", ".tab", ".psv", ".txt", ".dat", ".data")
IS_TEXT = True


def is_one(_path: Path, _head: bytes) -> bool:
    """Whether it may be: what no other format claims is read as text, which says what is wrong."""
    return True


def write_rows(path: Path, keep: Mask, out: Path, _sheet: str | None = None) -> None:
    """The header and those records, to the byte; see ``finder.Format``."""
    with path.open("rb") as source, out.open("wb") as target:
        dialect = sniff(path, source.read(HEAD_BYTES))
        source.seek(0)
        try:
            found = lines.copy(source, dialect, keep, target)
        except (UnicodeDecodeError, csv.Error) as error:
            diagnose(path, dialect)
            raise DataError(f"{path.name} cannot be read as CSV ({error})") from None
    if found != len(keep):
        diagnose(path, dialect)
        counted = f"{found:,} rows by its lines and {len(keep):,} by its columns"
        raise DataError(f"{path.name} cannot be read as CSV ({counted})", MEND)
