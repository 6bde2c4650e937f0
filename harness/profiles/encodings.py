"""Text that is not in UTF-8, and a copy of it that is, where how it is written can be told.

A mark at the head is certain. Without one, bytes that are no UTF-8 are taken for Windows-1252,
which holds Latin-1's letters, where they look like letters of western languages: single ones among
ASCII. Text of another script, and UTF-8 that is damaged, would come out as other text.
"""

from __future__ import annotations

import codecs
import re
from pathlib import Path
from typing import NamedTuple

from harness.profiles import formats, tables
from harness.profiles.dialects import BOMS, CHUNK, wrong
from harness.profiles.formats.finder import remembered

WESTERN = "Windows-1252"
MOST_TOGETHER = 0.5  # share of the bytes beyond ASCII that stand beside another one
BEYOND = bytes(range(0x80, 0x100))
RUNS = re.compile(rb"[\x80-\xff]{2,}")


class Decoded(NamedTuple):
    """A file in UTF-8, and the encoding of the one that it is made of; None: they are the same."""

    path: Path
    encoding: str | None


def utf8(path: Path) -> Decoded:
    """The table's file as plain code can read it, remembered in the cache where it is another.

    What is no text, or in no encoding that can be told, stays as it is, for others to say what is
    wrong with it. Raises DataError where it is none that has an end, StoreError, OSError.
    """
    if not path.is_file() or not formats.of(path).is_text:
        return Decoded(path, None)
    encoding = told(path)
    if encoding is None:
        return Decoded(path, None)
    try:
        made = remembered(path, encoding, lambda out: _write(path, out, encoding))
    except UnicodeError:
        return Decoded(path, None)
    return Decoded(made, encoding)


def told(path: Path) -> str | None:
    """The encoding of a file of text, where it is not UTF-8 and can be told. As for ``utf8``."""
    tables.refuse_holes(path)
    with path.open("rb") as source:
        head = source.read(max(len(mark) for mark, _ in BOMS))
        marked = next((name for mark, name in BOMS if head.startswith(mark)), None)
    return marked or (WESTERN if not _is_utf8(path) and _is_western(path) else None)


def _is_utf8(path: Path) -> bool:
    decoder = codecs.getincrementaldecoder("utf-8")()
    try:
        with path.open("rb") as source:
            while block := source.read(CHUNK):
                if not block.isascii() or decoder.getstate()[0]:
                    decoder.decode(block)
        decoder.decode(b"", final=True)
    except UnicodeDecodeError:
        return False
    return True


def _is_western(path: Path) -> bool:
    beyond = together = 0
    with path.open("rb") as source:
        while block := source.read(CHUNK):
            try:
                block.decode(WESTERN)
            except UnicodeDecodeError:
                return False
            if 0 in block:
                return False
            beyond += len(block) - len(block.translate(None, BEYOND))
            together += len(block) - len(RUNS.sub(b"", block))
    return together <= MOST_TOGETHER * beyond  # letters of UTF-8 are two bytes or more together


def _write(path: Path, out: Path, encoding: str) -> None:
    with (
        path.open(encoding=encoding, newline="") as source,
        out.open("w", encoding="utf-8", newline="") as target,
    ):
        while block := source.read(CHUNK):
            target.write(block)


def refuse_to_keep(path: Path, encoding: str | None, place: Path | None, *, refer: bool) -> None:
    """Raise DataError where a file would be used as it is, though code cannot read it so.

    ``place`` is where its copy would go.
    """
    if encoding is None:
        return
    if refer:
        hint = "Leave --refer out: the copy in the project is written in UTF-8"
        raise wrong(path, f"is in {encoding}", hint)
    if place is not None and place.exists() and place.samefile(path):
        hint = "Move it out of the project, and give its new path"
        raise wrong(path, f"is in {encoding}, and its copy in UTF-8 would replace it", hint)
