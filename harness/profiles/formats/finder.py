"""Which format a file is in, told by its content, and the plain file that stands for it."""

from __future__ import annotations

import contextlib
import importlib
import pkgutil
from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path
from typing import NamedTuple

from harness import files
from harness.errors import DataError, StoreError
from harness.profiles.dialects import printable, wrong
from harness.weights import cache as caches

HEAD_BYTES = 4096
VERSION = 1  # of what is made of a file: what another version made is made anew
LAST = "csv_file"  # takes what no other format claims, and has the words for what is wrong with it
Mask = bytes | bytearray | memoryview
"""A byte per record in the file's order, the header not counted: 0 leaves the record out."""


class Format(NamedTuple):
    """What the module of a format holds. All functions raise DataError and OSError."""

    name: str  # as in "is a Parquet file"
    suffixes: tuple[str, ...]  # that names of such files end in, the usual one first
    is_text: bool  # a line per record, so that it may be inside an archive as well
    is_one: Callable[[Path, bytes], bool]  # by the file's first bytes
    # (file, mask, out, sheet): the same file with those records only, each as it was written.
    write_rows: Callable[[Path, Mask, Path, str | None], None]
    # (file, out, sheet): the table as CSV in UTF-8 or as Parquet. None: the file is that already.
    plain: Callable[[Path, Path, str | None], None] | None
    # (file, out, sheet): the same file with the one table only; False: it holds nothing else.
    single: Callable[[Path, Path, str | None], bool] | None
    # What a reader has to be told before it comes to the first record, in short sentences.
    reading: Callable[[Path], tuple[str, ...]] | None
    knows_dates: bool  # so that pandas need not parse any


@cache
def formats() -> tuple[Format, ...]:
    """All of them, in the order in which they are asked whether a file is theirs."""
    here = [one.name for one in pkgutil.iter_modules([str(Path(__file__).parent)])]
    names = sorted(name for name in here if name.endswith("_file"))
    found = []
    for name in sorted(names, key=lambda name: name == LAST):
        module = importlib.import_module(f"{__package__}.{name}")
        found.append(
            Format(
                name=module.NAME,
                suffixes=module.SUFFIXES,
                is_text=getattr(module, "IS_TEXT", False),
                is_one=module.is_one,
                write_rows=module.write_rows,
                plain=getattr(module, "plain", None),
                single=getattr(module, "single", None),
                reading=getattr(module, "reading", None),
                knows_dates=getattr(module, "KNOWS_DATES", False),
            )
        )
    return tuple(found)


def of(path: Path) -> Format:
    """The format of a file. Raises OSError."""
    with files.opened(path) as source:
        head = source.read(HEAD_BYTES)
    return next(one for one in formats() if one.is_one(path, head))


def of_name(name: str) -> Format | None:
    """The format that a file's name promises; None: its ending is none that is known."""
    fits = [
        (len(suffix), one)
        for one in formats()
        for suffix in one.suffixes
        if name.lower().endswith(suffix)
    ]
    return max(fits, key=lambda fit: fit[0])[1] if fits else None


def check_name(path: Path, name: str) -> None:
    """Raises DataError where the table in ``path`` cannot go by this name, as code would take it.

    Generated code, and pandas with it, goes by the ending. Raises OSError.
    """
    found, promised = of(path), of_name(name)
    if promised is found or (promised is None and found.plain is None):
        return
    what = f"is {found.name}, and as {name} it would be taken for "
    what += promised.name if promised else "something else"
    own = "".join(path.suffixes[-2:]).lower()
    ending = own if own.endswith(".gz") and of_name(own) is found else found.suffixes[0]
    fitting = f"{name.partition('.')[0] or 'table'}{ending}"
    raise wrong(path, what, f'Set file = "{fitting}" in its dataset.toml')


def plain(path: Path, sheet: str | None = None) -> Path:
    """The table as a file that duckdb reads: CSV in UTF-8 or Parquet, told apart by content.

    Of a CSV or Parquet file this is the file itself; of another, one that is remembered in the
    cache by digest. Raises DataError where it is no table, StoreError, OSError.
    """
    found = of(path)
    make = found.plain
    if make is None:
        return path
    return remembered(path, f"plain {found.name} {sheet}", lambda out: make(path, out, sheet))


def single(path: Path, sheet: str | None = None) -> Path:
    """The file itself, or where it holds other things beside the table, one that does not.

    So nothing has to be told, from here on, which sheet or which member the table is. The same
    as for ``plain`` holds.
    """
    found = of(path)
    make = found.single
    if make is None:
        if sheet is not None:
            hint = "Remove sheet from its dataset.toml"
            raise wrong(path, f"is {found.name}, which has no sheets", hint)
        return path
    name = f"single {found.name} {sheet}"
    made = remembered(path, name, lambda out: _or_nothing(make(path, out, sheet), out))
    return made if made.stat().st_size else path


def _or_nothing(is_made: bool, out: Path) -> None:
    if not is_made:
        out.touch()


def remembered(path: Path, name: str, make: Callable[[Path], None]) -> Path:
    """What ``make`` makes of a file, under a name for that; made once, whatever its path.

    Raises what ``make`` raises, and StoreError.
    """
    about = files.text_digest(f"{name} {VERSION}")[:8]
    folder = caches.folder() / "tables" / f"{caches.digest_of(path)[:32]}-{about}"
    made = folder / "table"
    if folder.is_dir():
        return made
    try:
        folder.parent.mkdir(parents=True, exist_ok=True)
        with files.Scratch(folder.parent) as scratch:
            make(scratch / made.name)
            scratch.rename(folder)
    except OSError as error:
        if folder.is_dir():
            return made  # another process was quicker, with the same result
        raise StoreError(f"{folder} could not be written ({error.strerror})") from error
    return made


@contextlib.contextmanager
def told_of(path: Path, stand_in: Path) -> Iterator[None]:
    """What is wrong with a file that stands in for another is said of the other."""
    try:
        yield
    except DataError as error:
        said = error.message.replace(printable(str(stand_in)), printable(str(path)))
        raise DataError(said, error.hint) from None
