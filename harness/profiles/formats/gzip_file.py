"""A text file packed by itself, such as ``t.csv.gz``."""

from __future__ import annotations

import gzip
import shutil
import zlib
from pathlib import Path

from harness import files
from harness.profiles.dialects import wrong
from harness.profiles.formats.finder import HEAD_BYTES, Mask, of
from harness.profiles.formats.unpacking import plain_of, rows_of, unpack

NAME = "gzip"
SUFFIXES = (".csv.gz", ".gz", ".gzip")
MARK = b"\x1f\x8b"
LEVEL = 6  # as the program packs


def is_one(_path: Path, head: bytes) -> bool:
    """By the mark that it begins with."""
    return head.startswith(MARK)


def plain(path: Path, out: Path, _sheet: str | None = None) -> None:
    """What is inside; see ``finder.Format``."""
    with files.Scratch(out.parent) as folder:
        plain_of(path, _unpacked(path, folder), out)


def reading(path: Path) -> tuple[str, ...]:
    """That it is packed; what is inside is told by its own format."""
    with files.Scratch() as folder, gzip.open(path) as source:
        start = _name(path, folder)
        start.write_bytes(source.read(HEAD_BYTES))
        return (f"the file is {of(start).name}, packed with gzip",)


def write_rows(path: Path, keep: Mask, out: Path, _sheet: str | None = None) -> None:
    """Those records, packed again; see ``finder.Format``."""
    with files.Scratch(out.parent) as folder:
        kept = folder / "kept"
        rows_of(path, _unpacked(path, folder), keep, kept)
        # Without a name and a time in it, so that the same rows are the same file.
        with (
            kept.open("rb") as source,
            out.open("wb") as raw,
            gzip.GzipFile("", "wb", LEVEL, raw, mtime=0) as target,
        ):
            shutil.copyfileobj(source, target)


def _unpacked(path: Path, folder: Path) -> Path:
    made = _name(path, folder)
    try:
        with gzip.open(path) as source:
            unpack(path, source, made)
    except (EOFError, gzip.BadGzipFile, zlib.error):
        what = "is a gzip file that is damaged or was cut short"
        raise wrong(path, what, "Fetch it again") from None
    return made


def _name(path: Path, folder: Path) -> Path:
    return folder / f"table{Path(path.stem).suffix.lower()[:16]}"
