"""Text with a record per line, whatever separates its fields."""

from __future__ import annotations

import csv
from itertools import chain
from pathlib import Path

from harness.errors import DataError
from harness.profiles.dialects import HEAD_BYTES, diagnose, sniff
from harness.profiles.formats.finder import Mask
from harness.profiles.rows import records

NAME = "CSV"
SUFFIXES = (".csv", ".tsv", ".tab", ".psv", ".txt", ".dat", ".data")


def is_one(_path: Path, _head: bytes) -> bool:
    """Whether it may be: what no other format claims is read as text, which says what is wrong."""
    return True


def write_rows(path: Path, keep: Mask, out: Path, _sheet: str | None = None) -> None:
    """The header and those records, to the character; see ``finder.Format``."""
    with path.open("rb") as source:
        dialect = sniff(path, source.read(HEAD_BYTES))
    try:
        found = records(path, dialect)
        with out.open("w", newline="", encoding="utf-8") as target:
            target.write(next(found)[0])
            rows = ((text, bool(fields)) for text, fields in found)
            kept = chain(keep)
            for text, is_record in rows:
                if not is_record or next(kept):
                    target.write(text)
    except (UnicodeDecodeError, csv.Error) as error:
        diagnose(path, dialect)
        raise DataError(f"{path.name} cannot be read as CSV ({error})") from None
