"""An archive with one table in it, as downloads often are."""

from __future__ import annotations

import contextlib
import shutil
import zipfile
import zlib
from collections.abc import Iterator
from pathlib import Path, PurePosixPath

from harness import files
from harness.profiles.dialects import wrong
from harness.profiles.formats.finder import HEAD_BYTES, Mask, of, of_name
from harness.profiles.formats.unpacking import BY_HAND, plain_of, rows_of, unpack

NAME = "zip"
SUFFIXES = (".zip",)
MARKS = (b"PK\x03\x04", b"PK\x05\x06", b"PK\x07\x08")  # the second one: of an empty archive
LISTED = 5
ENCRYPTED = 0x1  # a bit of a member's flags


def is_one(_path: Path, head: bytes) -> bool:
    """By the mark that it begins with. An Excel workbook, which is asked before, has it too."""
    return head.startswith(MARKS)


def plain(path: Path, out: Path, _sheet: str | None = None) -> None:
    """The table inside; see ``finder.Format``."""
    with files.Scratch(out.parent) as folder:
        plain_of(path, _unpacked(path, folder), out)


def single(path: Path, out: Path, sheet: str | None = None) -> bool:
    """An archive of the table alone, which pandas asks for; see ``finder.Format``."""
    if sheet is not None:
        raise wrong(path, "is zip, which has no sheets", "Remove sheet from its dataset.toml")
    with _opened(path) as archive:
        _table(path, archive)
        if len(archive.infolist()) == 1:
            return False
    with files.Scratch(out.parent) as folder:
        _pack(path, _unpacked(path, folder), out)
    return True


def reading(path: Path) -> tuple[str, ...]:
    """That it is packed; what is inside is told by its own format."""
    with files.Scratch() as folder, _opened(path) as archive:
        member = _table(path, archive)
        start = folder / f"table{_ending(member)}"
        with archive.open(member) as source:
            start.write_bytes(source.read(HEAD_BYTES))
        return (f"the file is {of(start).name}, packed with zip",)


def write_rows(path: Path, keep: Mask, out: Path, _sheet: str | None = None) -> None:
    """An archive of the table alone with those records; see ``finder.Format``."""
    with files.Scratch(out.parent) as folder:
        rows_of(path, _unpacked(path, folder), keep, folder / "kept")
        _pack(path, folder / "kept", out)


def _unpacked(path: Path, folder: Path) -> Path:
    with _opened(path) as archive:
        member = _table(path, archive)
        made = folder / f"table{_ending(member)}"
        with archive.open(member) as source:
            unpack(path, source, made)
    return made


def _pack(path: Path, content: Path, out: Path) -> None:
    """``content`` under the name that the table has in ``path``, and without a time."""
    with _opened(path) as archive:
        name = PurePosixPath(_table(path, archive).filename).name
    member = zipfile.ZipInfo(name)
    member.compress_type = zipfile.ZIP_DEFLATED
    with (
        content.open("rb") as source,
        zipfile.ZipFile(out, "w") as made,
        made.open(member, "w", force_zip64=True) as target,
    ):
        shutil.copyfileobj(source, target)


@contextlib.contextmanager
def _opened(path: Path) -> Iterator[zipfile.ZipFile]:
    try:
        with zipfile.ZipFile(path) as archive:
            yield archive
    except (zipfile.BadZipFile, EOFError, zlib.error) as error:
        what = "is a zip archive that is damaged or was cut short"
        raise wrong(path, what, "Fetch it again") from error
    except (NotImplementedError, RuntimeError) as error:  # a way of packing that Python lacks
        raise wrong(path, f"cannot be unpacked ({error})", BY_HAND) from error


def _table(path: Path, archive: zipfile.ZipFile) -> zipfile.ZipInfo:
    """The only member, or the only one whose name is that of a table."""
    members = [
        one for one in archive.infolist() if not one.is_dir() and not _is_hidden(one.filename)
    ]
    tables = [one for one in members if of_name(one.filename) is not None]
    found = members if len(members) == 1 else tables
    if not members:
        raise wrong(path, "is an empty archive", "Give one with a table in it")
    if len(found) != 1:
        names = [repr(one.filename) for one in found or members]
        listed = ", ".join(names[:LISTED]) + ", …" * (len(names) > LISTED)
        what = f"holds {len(found) or 'no'} tables: {listed}"
        raise wrong(path, what, "Unpack it, and give the one that is meant")
    if found[0].flag_bits & ENCRYPTED:
        raise wrong(path, "is encrypted", BY_HAND)
    return found[0]


def _ending(member: zipfile.ZipInfo) -> str:
    return PurePosixPath(member.filename).suffix.lower()[:16]


def _is_hidden(name: str) -> bool:
    parts = PurePosixPath(name).parts
    return "__MACOSX" in parts or any(part.startswith(".") and part != ".." for part in parts)
