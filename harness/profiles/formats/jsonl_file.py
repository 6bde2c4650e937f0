"""JSON lines: a record on each line, an object of names and plain values."""

from __future__ import annotations

import csv
import json
import re
from collections.abc import Iterator
from itertools import chain
from pathlib import Path
from typing import Any, BinaryIO

from harness.profiles.dialects import AS_UTF8, LONGEST_LINE, wrong
from harness.profiles.formats.finder import Mask
from harness.profiles.formats.unpacking import Bounded

NAME = "JSON lines"
SUFFIXES = (".jsonl", ".ndjson", ".json")
IS_TEXT = True
BEGINS = re.compile(rb'(\xef\xbb\xbf)?\s*\{\s*(["}])')
BOM = b"\xef\xbb\xbf"
MOST_NAMES = 20_000  # of columns; more, and they are values rather than names
LONGEST_REASON = 80  # characters
FLAT = "Write the records flat, a name for each plain value, as pandas.json_normalize does"
A_LINE = 'Write a record per line, as pandas does with to_json(orient="records", lines=True)'


def is_one(path: Path, head: bytes) -> bool:
    """By how its first record begins, or by its name, so that it is said what is wrong with it."""
    return path.suffix.lower() in SUFFIXES or BEGINS.match(head) is not None


def reading(_path: Path) -> tuple[str, ...]:
    """How pandas has to be asked."""
    return ("the file is JSON lines, a record on each line",)


def plain(path: Path, out: Path, _sheet: str | None = None) -> None:
    """A column for each name that any record has, in the order of their first use.

    Null and what is not there become empty fields; numbers stay as written.
    """
    names: dict[str, None] = {}
    for line, record in _records(path):
        names.update(dict.fromkeys(record))
        if len(names) > MOST_NAMES:
            what = f"has more than {MOST_NAMES:,} different names by line {line:,}"
            raise wrong(path, what, "Write values as values, and not as the names of columns")
    if not names:
        raise wrong(path, "is empty", "Give a table with some rows")
    with out.open("w", newline="", encoding="utf-8", errors="replace") as target:
        writer = csv.writer(Bounded(path, target, out.parent))
        writer.writerow(names)
        for line, record in _records(path):
            writer.writerow([_text(path, line, name, record.get(name)) for name in names])


def write_rows(path: Path, keep: Mask, out: Path, _sheet: str | None = None) -> None:
    """The lines of those records; see ``finder.Format``."""
    kept = chain(keep)
    with path.open("rb") as source, out.open("wb") as target:
        for _, line in _lines(path, source):
            if not line.removeprefix(BOM).strip() or next(kept):
                target.write(line if line.endswith(b"\n") else line + b"\n")


def _records(path: Path) -> Iterator[tuple[int, dict[str, Any]]]:
    """Each record with its line."""

    def pairs(found: list[tuple[str, Any]]) -> dict[str, Any]:
        made: dict[str, Any] = {}
        for name, value in found:
            if name in made:
                what = f"line {number:,} has the name {name[:LONGEST_REASON]!r} twice"
                raise wrong(path, what, "Rename one of them")
            made[name] = value
        return made

    with path.open("rb") as source:
        for number, line in _lines(path, source):
            text = line.removeprefix(BOM if number == 1 else b"").strip()
            if not text:
                continue
            try:
                record = json.loads(
                    text.decode(),
                    object_pairs_hook=pairs,
                    parse_int=str,
                    parse_float=str,
                    parse_constant=_constant,
                )
            except UnicodeDecodeError:
                raise wrong(path, f"line {number:,} is not UTF-8", AS_UTF8) from None
            except RecursionError:
                raise wrong(path, f"line {number:,} is nested too deeply", FLAT) from None
            except ValueError as error:
                reason = str(error).partition(":")[0][:LONGEST_REASON]
                raise wrong(
                    path, f"line {number:,} is not a JSON record ({reason})", A_LINE
                ) from None
            if not isinstance(record, dict):
                kind = "an array" if isinstance(record, list) else "a single value"
                raise wrong(path, f"line {number:,} is {kind} and not a record", A_LINE)
            yield number, record


def _lines(path: Path, source: BinaryIO) -> Iterator[tuple[int, bytes]]:
    number = 0
    while line := source.readline(LONGEST_LINE + 1):
        number += 1
        if len(line) > LONGEST_LINE:
            what = f"line {number:,} is longer than {LONGEST_LINE:,} bytes"
            raise wrong(path, what, A_LINE)
        yield number, line


def _constant(word: str) -> str | None:
    return None if word == "NaN" else word.replace("Infinity", "inf")


def _text(path: Path, line: int, name: str, value: object) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, dict | list):
        kind = "a record" if isinstance(value, dict) else "a list"
        raise wrong(path, f"line {line:,} has {kind} under {name[:LONGEST_REASON]!r}", FLAT)
    return str(value)
