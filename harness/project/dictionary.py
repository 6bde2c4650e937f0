"""Reads what columns mean from a data dictionary: a CSV file, or a table or list in Markdown.

Whatever stands in one is text of others: it is brought to one printable line of bounded length.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterator, Sequence
from pathlib import Path

from harness import files
from harness.errors import DataError
from harness.records import Record

MOST_BYTES = 16 << 20
LONGEST = 1000  # characters of a meaning
LONGEST_UNIT = 40
LONGEST_LINE = 4000  # characters of a list's line that is looked at
DELIMITERS = ",;\t|"
NAMES = {
    *("name", "variable", "field", "column", "feature", "attribute", "col", "var", "key"),
    *("column name", "variable name", "field name", "feature name", "attribute name"),
}
MEANINGS = {
    *("description", "meaning", "definition", "explanation", "details", "label", "notes"),
    *("comment", "what it means", "variable description", "column description", "desc"),
}
UNITS = {"unit", "units", "unit of measure", "unit of measurement", "measured in"}
RULER = re.compile(r"[\s|:=-]*-[\s|:=-]*")  # below the header of a Markdown table
ITEM = re.compile(r"\s{0,8}(?:[-*+]|[0-9]{1,3}[.)])\s+(\S.*)")
NAMED = (  # what an item calls its column: in marks, or up to the first colon or dash
    re.compile(r"(?:\*\*|__)?`([^`]+)`(?:\*\*|__)?\s*(?::|=|-{1,2}|–|—)?\s*(.*)"),
    re.compile(r"(?:\*\*|__)([^*]+?):?(?:\*\*|__)\s*(?::|=|-{1,2}|–|—)?\s*(.*)"),
    re.compile(r"(.+?)(?:\s*:\s+|\s+(?:-{1,2}|–|—|=)\s+)(.*)"),
)
SPLIT = re.compile(r"(?<!\\)\|")


class Entry(Record):
    """What a dictionary says of one name."""

    name: str
    meaning: str
    unit: str = ""


class Matched(Record):
    """A dictionary beside the columns of a table."""

    meanings: dict[str, str]  # by the columns' own names
    units: dict[str, str]
    unmatched: tuple[str, ...]  # names that no column has


def read(path: Path) -> tuple[Entry, ...]:
    """The entries of a dictionary. Raises DataError where there are none."""
    try:
        text = files.read(path, MOST_BYTES).decode("utf-8-sig")
    except OSError as error:
        raise DataError(f"{path} cannot be read ({error.strerror})") from None
    except UnicodeDecodeError:
        raise DataError(f"{path} is not UTF-8 text", "Save it as UTF-8") from None
    found = [*_markdown_tables(text)] or [*_items(text)] or [*_csv(text)]
    if not found:
        raise DataError(
            f"{path} describes no columns",
            "Give a CSV file or a Markdown table with the columns name and description, or a "
            "Markdown list such as '- `name`: description'",
        )
    return tuple(found)


def match(entries: Sequence[Entry], columns: Sequence[str]) -> Matched:
    """Entries by the columns that they describe; case and punctuation may differ.

    The first description of a column counts.
    """
    plain: dict[str, str] = {}
    for column in columns:
        plain.setdefault(_plain(column), column)
    meanings: dict[str, str] = {}
    units: dict[str, str] = {}
    unmatched: list[str] = []
    known = set(columns)
    for entry in entries:
        found = entry.name if entry.name in known else plain.get(_plain(entry.name))
        if found is None:
            unmatched.append(entry.name)
            continue
        if entry.meaning:
            meanings.setdefault(found, entry.meaning)
        if entry.unit:
            units.setdefault(found, entry.unit)
    return Matched(meanings=meanings, units=units, unmatched=tuple(dict.fromkeys(unmatched)))


def one_line(text: str, longest: int = LONGEST) -> str:
    """Text as one printable line, cut with an ellipsis."""
    shown = "".join(c if c.isprintable() else " " for c in text[: 4 * longest])
    line = " ".join(shown.split())
    return line if len(line) <= longest else line[: longest - 1] + "…"


def _plain(name: str) -> str:
    return "".join(c for c in name.casefold() if c.isalnum()) or name.strip()


def _entry(name: str, meaning: str, unit: str = "") -> Entry:
    # The name is kept to the letter: a column may have any.
    return Entry(
        name=name[: 2 * LONGEST], meaning=one_line(meaning), unit=one_line(unit, LONGEST_UNIT)
    )


def _of_rows(rows: Sequence[Sequence[str]]) -> Iterator[Entry]:
    """Entries of a table whose first row names its columns; none where that names none we know."""
    heads = [" ".join(cell.casefold().replace("_", " ").split()) for cell in rows[0]]
    name, meaning, unit = (
        next((at for at, head in enumerate(heads) if head in known), None)
        for known in (NAMES, MEANINGS, UNITS)
    )
    if name is None or (meaning is None and unit is None):
        return
    for row in rows[1:]:
        cells = [
            row[at] if at is not None and at < len(row) else "" for at in (name, meaning, unit)
        ]
        if cells[0].strip():
            yield _entry(*cells)


def _csv(text: str) -> Iterator[Entry]:
    """Entries of a CSV text, whatever separates its fields."""
    before = csv.field_size_limit(MOST_BYTES)
    try:
        for delimiter in DELIMITERS:
            try:
                reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter)
                rows = [row for row in reader if row]
            except csv.Error:
                continue
            found = list(_of_rows(rows)) if rows else []
            if found:
                yield from found
                return
    finally:
        csv.field_size_limit(before)


def _markdown_tables(text: str) -> Iterator[Entry]:
    """Entries of all tables: lines with bars, of which the second is a ruler."""
    lines = text.splitlines()
    at = 0
    while at + 1 < len(lines):
        if "|" not in lines[at] or "|" not in lines[at + 1] or not RULER.fullmatch(lines[at + 1]):
            at += 1
            continue
        end = at + 2
        while end < len(lines) and "|" in lines[end]:
            end += 1
        yield from _of_rows([_cells(line) for line in (lines[at], *lines[at + 2 : end])])
        at = end


def _cells(line: str) -> list[str]:
    cells = SPLIT.split(line.strip())
    inner = cells[1 if not cells[0].strip() else 0 :]
    inner = inner[:-1] if len(inner) > 1 and not inner[-1].strip() else inner
    return [_without_marks(cell.strip().replace("\\|", "|")) for cell in inner]


def _items(text: str) -> Iterator[Entry]:
    """Entries of list items, such as ``- `tenure`: months with us``."""
    for line in text.splitlines():
        item = ITEM.fullmatch(line[:LONGEST_LINE])
        if item is None:
            continue
        found = next((one for form in NAMED if (one := form.fullmatch(item[1]))), None)
        if found is not None and found[2].strip():
            yield _entry(_without_marks(found[1].strip()), _without_marks(found[2]))


def _without_marks(text: str) -> str:
    """The text of a cell without what sets it in bold or as code."""
    for mark in ("**", "__", "`"):
        if len(text) > 2 * len(mark) and text.startswith(mark) and text.endswith(mark):
            return text[len(mark) : -len(mark)]
    return text
