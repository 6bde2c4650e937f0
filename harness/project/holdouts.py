"""Rows that no generated code ever sees, so that what it built can be judged on them.

A row is held out by a hash of its features: the same rows whatever their order and how they are
written, and rows with the same features stay together. The target has no part in it, or whoever
knows the features and the rule could tell most labels. Each line stays as it was written.
"""

from __future__ import annotations

import csv
import hashlib
import json
from collections import Counter
from pathlib import Path

from harness import files
from harness.errors import DataError, StoreError
from harness.profiles import rows
from harness.profiles.dialects import diagnose
from harness.profiles.tables import open_table, target_of
from harness.records import Holdout, Record
from harness.weights import cache

RULE = 2  # by which rows are chosen; part of every split's name. 1: by the row and its target
CHOICES = 1 << 64


class Split(Record):
    """A table in two files with the same header. ``held`` is None where nothing is held out."""

    visible: Path
    held: Path | None
    holdout_rule: int | None  # likewise


def split(table: Path, holdout: Holdout, target: str | None) -> Split:
    """The table's split, remembered in the cache by its digest. Raises DataError, StoreError."""
    share = holdout.share
    if share == 0:
        return Split(visible=table, held=None, holdout_rule=None)
    about = files.text_digest(target or "")[:8]
    name = f"{cache.digest_of(table)[:32]}-{share:g}-{about}-{RULE}"
    folder = cache.folder() / "splits" / name
    made = Split(visible=folder / "visible.csv", held=folder / "held.csv", holdout_rule=RULE)
    if not folder.is_dir():
        _write(table, share, target, folder)
    return made


def _write(table: Path, share: float, target: str | None, folder: Path) -> None:
    with open_table(table) as opened:
        dialect = opened.dialect
        if dialect is None:
            raise DataError(
                f"{table.name} is Parquet, and rows are held out of CSV tables only",
                "Set holdout = 0 in its dataset.toml",
            )
        place = target_of(opened, target) if target is not None else None
        if place is not None and len(dialect.names) == 1:
            raise DataError(
                f"{table.name} has no column but its target, so no rows can be held out",
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
                    is_held = bool(fields) and _is_held(fields, place, share)
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


def _is_held(fields: list[str], target: int | None, share: float) -> bool:
    """Whether this row is held out: told by its features alone, so that this tells no label."""
    features = fields if target is None else [*fields[:target], *fields[target + 1 :]]
    ends = [one.replace("\r\n", "\n").replace("\r", "\n") for one in features]  # inside values
    digest = hashlib.sha256(f"{RULE}{json.dumps(ends)}".encode()).digest()
    return int.from_bytes(digest[:8], "big") < share * CHOICES
