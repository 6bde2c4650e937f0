"""An Excel workbook with a table on one of its sheets, read row by row."""

from __future__ import annotations

import contextlib
import csv
import datetime as dt
import warnings
import zipfile
from collections.abc import Iterator, Sequence
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING, Any

from harness.errors import DataError
from harness.profiles.dialects import wrong
from harness.profiles.formats.finder import Mask
from harness.profiles.formats.unpacking import FREELY, LARGEST_RATIO, Bounded

if TYPE_CHECKING:
    from openpyxl import Workbook

NAME = "Excel"
SUFFIXES = (".xlsx", ".xlsm", ".xls", ".xlsb")
KNOWS_DATES = True
ZIP = b"PK\x03\x04"
OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"  # what Excel wrote until 2003, and what it encrypts into
LOCKED = "EncryptedPackage".encode("utf-16-le")  # a stream of the latter
BOOK = "xl/workbook.xml"
SHEETS = "xl/worksheets/"  # read row by row; all else is read into memory
MOST_READ = 256 << 20  # bytes of that
MOST_EMPTY = 1000  # rows in a row that hold nothing, and are no table's end
MOST_ABOVE = 1000  # rows above the header that hold nothing
BESIDE = 16  # columns right of the table in which a value is noticed
LISTED = 8
LONGEST_REASON = 100  # characters
SAVE_AGAIN = "Open it, and save the sheet as .xlsx or as CSV"
NOT_VALUES = {"#DIV/0!", "#N/A", "#NAME?", "#NULL!", "#NUM!", "#REF!", "#VALUE!"}  # of formulas
Row = Sequence[Any]  # of values, or of cells


def is_one(path: Path, head: bytes) -> bool:
    """By what is in it, or by its name, so that it is said what is wrong with it."""
    if head.startswith(ZIP):
        with contextlib.suppress(zipfile.BadZipFile), zipfile.ZipFile(path) as archive:
            return any(name.startswith("xl/workbook.") for name in archive.namelist())
    return head.startswith(OLE) or path.suffix.lower() in SUFFIXES


def plain(path: Path, out: Path, sheet: str | None = None) -> None:
    """The sheet's values as pandas reads them; see ``finder.Format``."""
    with _opened(path) as book, out.open("w", newline="", encoding="utf-8") as target:
        writer = csv.writer(Bounded(path, target, out.parent))
        name = _sheet(path, book, sheet)
        writer.writerows(map(_text, row) for row in _rows(path, book, name))


def single(path: Path, out: Path, sheet: str | None = None) -> bool:
    """A workbook of that sheet alone, without formulas; see ``finder.Format``."""
    with _opened(path) as book:
        name = _sheet(path, book, sheet)
        if len(book.sheetnames) == 1:
            return False
    _write(path, None, out, name)
    return True


def reading(path: Path) -> tuple[str, ...]:
    """Which sheet it is, and what is above the header."""
    with _opened(path) as book:
        name = _sheet(path, book, None)
        skipped = _first(book, name) - 1
        said = f"the file is an Excel workbook, and the table is its sheet {name!r}"
        rows = f"{skipped} empty row{'s' * (skipped != 1)}"
        return (said, *((f"{rows} above the header",) if skipped else ()))


def write_rows(path: Path, keep: Mask, out: Path, sheet: str | None = None) -> None:
    """A workbook of that sheet alone with those rows, values and formats; see ``finder.Format``."""
    _write(path, keep, out, sheet)


def _write(path: Path, keep: Mask | None, out: Path, sheet: str | None) -> None:
    from openpyxl import Workbook  # noqa: PLC0415 - slow to import
    from openpyxl.cell import WriteOnlyCell  # noqa: PLC0415

    with _opened(path) as book:
        name = _sheet(path, book, sheet)
        made = Workbook(write_only=True)
        target = made.create_sheet(name)
        found = _rows(path, book, name, values=False)
        kept = chain([1], keep) if keep is not None else None
        for row in found:
            if kept is not None and not next(kept):
                continue
            cells = []
            for one in row:
                cell = WriteOnlyCell(target, _plain_value(one.value))
                if one.value is not None:
                    cell.number_format = one.number_format
                cells.append(cell)
            target.append(cells)
        made.save(out)


@contextlib.contextmanager
def _opened(path: Path) -> Iterator[Workbook]:
    """The workbook, for reading row by row. Raises DataError, whatever is wrong with it."""
    _check(path)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of what it holds beside the table
            from openpyxl import load_workbook  # noqa: PLC0415 - slow to import

            # Given as a file, since the library judges a path by its ending.
            with path.open("rb") as source:
                book = load_workbook(source, read_only=True, data_only=True, keep_links=False)
                try:
                    yield book
                finally:
                    book.close()
    except (DataError, OSError, MemoryError):
        raise
    except Exception as error:  # the library lets through whatever a broken part leads to
        reason = " ".join(str(error).split())[:LONGEST_REASON] or type(error).__name__
        raise wrong(path, f"cannot be read as an Excel workbook ({reason})", SAVE_AGAIN) from error


def _check(path: Path) -> None:
    """Raises DataError for what is no workbook, or one that was made to fill the memory."""
    with path.open("rb") as source:
        head = source.read(len(OLE))
        if head == OLE:
            if _holds(source, LOCKED):
                hint = "Open it, take the password away (File, Info), and save it again"
                raise wrong(path, "is an encrypted Excel workbook", hint)
            raise wrong(path, "is an Excel workbook of the old kind (.xls)", SAVE_AGAIN)
    try:
        with zipfile.ZipFile(path) as archive:
            parts = archive.infolist()
    except zipfile.BadZipFile as error:
        what = "is an Excel workbook that is damaged or was cut short"
        if not head.startswith(ZIP):
            what = "is not an Excel workbook, for all its name"
        raise wrong(path, what, "Fetch it again, or give it its right name") from error
    if BOOK not in {part.filename for part in parts}:
        raise wrong(path, "is an Excel workbook of a binary kind (.xlsb)", SAVE_AGAIN)
    kept = sum(one.file_size for one in parts if not one.filename.startswith(SHEETS))
    large = max((one.file_size for one in parts if one.filename.startswith(SHEETS)), default=0)
    if kept > MOST_READ:
        what = f"holds {kept >> 20:,} MB of texts and other parts beside its sheets"
        raise wrong(path, what, "Save the sheet as CSV, and give that")
    if large > max(FREELY, LARGEST_RATIO * path.stat().st_size):
        raise wrong(path, f"holds more than {LARGEST_RATIO} times its own size", SAVE_AGAIN)


def _holds(source: Any, word: bytes) -> bool:
    before = b""
    while block := source.read(FREELY >> 8):
        if word in before + block:
            return True
        before = block[-len(word) :]
    return False


def _sheet(path: Path, book: Workbook, sheet: str | None) -> str:
    """The sheet that is asked for, else the only one that holds something."""
    names: list[str] = [one.title for one in book.worksheets]
    if sheet is not None:
        if sheet not in names:
            raise wrong(path, f"has no sheet {sheet!r}", f"It has: {_listed(names)}")
        return sheet
    filled = names if len(names) == 1 else [one for one in names if _first(book, one)]
    if not filled:
        raise wrong(path, "has only empty sheets", "Give a table with some rows")
    if len(filled) > 1:
        what = f"has several sheets: {_listed(filled)}"
        told = f"sheet = {_quoted(filled[0])} in its dataset.toml, or --sheet as you add it"
        raise wrong(path, what, f"Name one: {told}")
    return filled[0]


def _quoted(name: str) -> str:
    return "'" + name + "'" if '"' in name else '"' + name + '"'


def _listed(names: Sequence[str]) -> str:
    return ", ".join(map(repr, names[:LISTED])) + ", …" * (len(names) > LISTED)


def _first(book: Workbook, name: str) -> int:
    """The first row that holds something; 0: none of the first ones."""
    sheet = book[name]
    sheet.reset_dimensions()  # what a sheet says of its size may be wrong
    found = sheet.iter_rows(max_row=MOST_ABOVE, values_only=True)
    return next((at for at, row in enumerate(found, 1) if _width(row)), 0)


def _rows(path: Path, book: Workbook, name: str, *, values: bool = True) -> Iterator[Row]:
    """The header and the rows below it, each as wide as the header."""
    first = _first(book, name)
    if not first:
        raise wrong(path, f"has nothing on its sheet {name!r}", "Give a table with some rows")
    sheet = book[name]
    header = next(sheet.iter_rows(min_row=first, max_row=first, values_only=values))
    width = _width([one if values else one.value for one in header])
    yield header[:width]
    empty: list[Row] = []
    gap = 0
    # Some columns more, to see whether something is there; a row may claim to be endless.
    rows = sheet.iter_rows(min_row=first + 1, max_col=width + BESIDE, values_only=values)
    for number, row in enumerate(rows, first + 1):
        found = _width([one if values else one.value for one in row])
        if found > width:
            what = f"row {number:,} of sheet {name!r} has a value right of the last column's name"
            raise wrong(path, what, "Give that column a name, or empty it")
        if not found:
            gap += 1
            empty += [row[:width]] if gap <= MOST_EMPTY else []
            continue
        if gap > MOST_EMPTY:
            what = f"row {number:,} of sheet {name!r} comes after {gap:,} empty ones"
            raise wrong(path, what, "Remove it, or the rows above it")
        yield from empty
        empty, gap = [], 0
        yield row[:width]


def _width(row: Sequence[Any]) -> int:
    """Up to and with the last value."""
    return next((at for at in range(len(row), 0, -1) if row[at - 1] is not None), 0)


def _plain_value(value: Any) -> Any:
    return None if isinstance(value, str) and value in NOT_VALUES else value


def _text(value: Any) -> str:
    """A value as CSV has it; whole numbers without a fraction, as pandas makes them."""
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    if isinstance(value, dt.datetime):
        day = value.time() == dt.time(0) and value.tzinfo is None
        return str(value.date() if day else value)
    value = _plain_value(value)
    return "" if value is None else str(value)
