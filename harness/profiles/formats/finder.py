"""Which format a file is in, told by its content, and the plain file that stands for it."""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import NamedTuple

from harness import files
from harness.errors import StoreError
from harness.weights import cache as caches

HEAD_BYTES = 4096
VERSION = 1  # of what ``plain`` makes of a file: what another version made is made anew
LAST = "csv_file"  # takes what no other format claims, and has the words for what is wrong with it
Mask = bytes | bytearray | memoryview
"""A byte per record in the file's order, the header not counted: 0 leaves the record out."""


class Format(NamedTuple):
    """What the module of a format holds. All functions raise DataError and OSError."""

    name: str  # as in "is a Parquet file"
    suffixes: tuple[str, ...]  # that names of such files end in, the usual one first
    is_one: Callable[[Path, bytes], bool]  # by the file's first bytes
    # (file, mask, out, sheet): the same file with those records only, each as it was written.
    write_rows: Callable[[Path, Mask, Path, str | None], None]
    # (file, out, sheet): the table as CSV in UTF-8 or as Parquet. None: the file is that already.
    plain: Callable[[Path, Path, str | None], None] | None


@cache
def formats() -> tuple[Format, ...]:
    """All of them, in the order in which they are asked whether a file is theirs."""
    here = [one.name for one in pkgutil.iter_modules([str(Path(__file__).parent)])]
    names = sorted(name for name in here if name.endswith("_file"))
    found = []
    for name in sorted(names, key=lambda name: name == LAST):
        module = importlib.import_module(f"{__package__}.{name}")
        plain = getattr(module, "plain", None)
        found.append(Format(module.NAME, module.SUFFIXES, module.is_one, module.write_rows, plain))
    return tuple(found)


def of(path: Path) -> Format:
    """The format of a file. Raises OSError."""
    with files.opened(path) as source:
        head = source.read(HEAD_BYTES)
    return next(one for one in formats() if one.is_one(path, head))


def plain(path: Path, sheet: str | None = None) -> Path:
    """The table as a file that duckdb reads: CSV in UTF-8 or Parquet, told apart by content.

    Of a CSV or Parquet file this is the file itself; of another, one that is remembered in the
    cache by digest. Raises DataError where it is no table, StoreError, OSError.
    """
    found = of(path)
    if found.plain is None:
        return path
    about = files.text_digest(f"{found.name}\0{sheet}\0{VERSION}")[:8]
    folder = caches.folder() / "plain" / f"{caches.digest_of(path)[:32]}-{about}"
    made = folder / "table"
    if folder.is_dir():
        return made
    try:
        folder.parent.mkdir(parents=True, exist_ok=True)
        with files.Scratch(folder.parent) as scratch:
            found.plain(path, scratch / made.name, sheet)
            scratch.rename(folder)
    except FileExistsError:
        return made  # another process was quicker, with the same result
    except OSError as error:
        if folder.is_dir():
            return made
        raise StoreError(f"{folder} could not be written ({error.strerror})") from error
    return made
