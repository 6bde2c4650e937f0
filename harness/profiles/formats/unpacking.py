"""What a packed file holds, and no more of it than it may: archives made to fill a disk are told.

Used by the formats whose files are packed.
"""

from __future__ import annotations

import contextlib
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import IO, Protocol

from harness.profiles.dialects import wrong
from harness.profiles.formats.finder import Format, Mask, of, told_of

BLOCK = 1 << 20  # bytes
FREELY = 256 << 20  # bytes that a file of any size may hold
LARGEST_RATIO = 200  # of what a larger one holds to its size: tables seldom reach 50, bombs 1,000
LEAST_FREE = 1 << 30  # bytes of the disk that are left alone
TAR = (257, b"ustar")  # where its mark is
BY_HAND = "Unpack it yourself, and give the file that comes out"


class Source(Protocol):
    """What bytes are read from."""

    def read(self, size: int = -1, /) -> bytes:
        """At most so many; none at the end."""


class Bounded:
    """Counts what is written of a file. Raises DataError where that is out of all proportion."""

    def __init__(self, path: Path, out: IO[bytes] | IO[str], at: Path) -> None:
        self._path, self._out, self._at = path, out, at
        self._most = max(FREELY, LARGEST_RATIO * path.stat().st_size)
        self._written = self._looked = 0

    def write(self, some: bytes | str) -> int:
        """See ``IO.write``."""
        self._written += len(some)
        if self._written > self._most:
            what = f"holds more than {LARGEST_RATIO} times its own size"
            raise wrong(self._path, what, f"If that is meant: {BY_HAND[0].lower()}{BY_HAND[1:]}")
        if self._written - self._looked > FREELY:
            self._looked = self._written
            if shutil.disk_usage(self._at).free < LEAST_FREE:
                raise wrong(self._path, f"does not fit unpacked into {self._at}", "Free some space")
        return self._out.write(some)  # type: ignore[arg-type]


def unpack(path: Path, source: Source, out: Path) -> None:
    """Write what ``source`` gives out of ``path``. Raises DataError where that is no text."""
    with out.open("wb") as target:
        bounded = Bounded(path, target, out.parent)
        block = source.read(BLOCK)
        at, mark = TAR
        if block[at:].startswith(mark):
            raise wrong(path, "holds a tar archive", BY_HAND)
        while block:
            if b"\0" in block:
                raise wrong(path, "holds something else than text", BY_HAND)
            bounded.write(block)
            block = source.read(BLOCK)


@contextlib.contextmanager
def inside(path: Path, unpacked: Path) -> Iterator[Format]:
    """The format of what was unpacked; what is wrong with it is said of ``path``."""
    found = of(unpacked)
    if not found.is_text:
        raise wrong(path, f"holds a file in {found.name}", BY_HAND)
    with told_of(path, unpacked):
        yield found


def plain_of(path: Path, unpacked: Path, out: Path) -> None:
    """What was unpacked, as a plain file."""
    with inside(path, unpacked) as found:
        if found.plain is None:
            unpacked.replace(out)
        else:
            found.plain(unpacked, out, None)


def rows_of(path: Path, unpacked: Path, keep: Mask, out: Path) -> None:
    """Those records of what was unpacked, not packed again."""
    with inside(path, unpacked) as found:
        found.write_rows(unpacked, keep, out, None)
