"""Walks a file that may lie about its lengths."""

from __future__ import annotations

from pathlib import Path
from typing import Any, BinaryIO

from harness.errors import ModelFileError
from harness.weights.gguf import tables

# Far above any real file (the largest vocabularies make headers of 30 MB, templates have 100 KB),
# and low enough that a hostile one cannot take time or memory.
MOST_HEADER = 128 << 20  # bytes
MOST_TEXT = 1 << 20  # bytes of a name or a template
CHUNK = 1 << 20  # bytes read at a time

AGAIN = "It is damaged or was cut short: download it again"
CHOOSE = "Choose a GGUF file of a text-generating model"


class Cursor:
    """Walks a file from its start, one chunk in memory, and never past ``limit``.

    ``what`` names the thing being read, for the message. Each step raises ModelFileError where the
    file cannot hold what it claims.
    """

    def __init__(self, file: BinaryIO, path: Path) -> None:
        self.path = path
        self.size = file.seek(0, 2)
        self.limit = min(self.size, MOST_HEADER)
        self._file = file
        self._start = 0  # where in the file the chunk lies
        self._chunk = b""
        self._at = 0  # in the chunk, or past its end

    def error(self, found: str, hint: str = AGAIN) -> ModelFileError:
        """The error to raise: what was found in this file, and what to do."""
        return ModelFileError(f"{self.path}: {found}", hint)

    def tell(self) -> int:
        """Bytes from the start of the file."""
        return self._start + self._at

    def expect(self, count: int, what: str) -> None:
        """Raise where ``count`` bytes are more than can still follow."""
        left = self.limit - self.tell()
        if count > left:
            raise self.error(f"{what} would take {count:,} bytes, and {max(left, 0):,} can follow")

    def _reach(self, count: int, what: str) -> None:
        self.expect(count, what)
        if self._at + count > len(self._chunk):
            self._start, self._at = self.tell(), 0
            self._file.seek(self._start)
            self._chunk = self._file.read(max(count, CHUNK))
            if len(self._chunk) < count:
                raise self.error("changed while it was read", "Wait until it is written, try again")

    def number(self, kind: int, what: str) -> Any:
        """A number or bool of a known scalar type."""
        layout = tables.SCALARS[kind]
        self._reach(layout.size, what)
        (value,) = layout.unpack_from(self._chunk, self._at)
        self._at += layout.size
        return value

    def u32(self, what: str) -> int:
        """Any enum or small count."""
        return int(self.number(4, what))

    def u64(self, what: str) -> int:
        """Any length or offset."""
        return int(self.number(10, what))

    def string(self, what: str, most: int) -> bytes:
        """A string of at most ``most`` bytes, still encoded."""
        count = self.u64(what)
        self.expect(count, what)
        if count > most:
            raise self.error(f"{what} is {count:,} bytes long, more than {most:,}")
        self._reach(count, what)
        self._at += count
        return self._chunk[self._at - count : self._at]

    def head(self) -> bytes:
        """The file's first bytes, for telling what it is."""
        self._file.seek(0)
        return self._file.read(64)

    def skip(self, count: int, what: str) -> None:
        """Past ``count`` bytes, unread."""
        self.expect(count, what)
        self._at += count

    def skip_strings(self, count: int, what: str) -> None:
        """Past ``count`` strings: their lengths are read, their text is not."""
        length = tables.SCALARS[10].unpack_from
        self.expect(8 * count, what)
        while count:
            self._reach(8, what)
            # Locals: a vocabulary has 100,000 entries and more.
            chunk, at, last = self._chunk, self._at, len(self._chunk) - 8
            while count and at <= last:
                at += 8 + length(chunk, at)[0]
                count -= 1
            self.skip(at - self._at, what)


def shown(text: str | bytes) -> str:
    """Text from the file as it may stand in a message: short, and harmless to a terminal."""
    start = text[:60] if isinstance(text, str) else text[:60].decode("utf-8", "replace")
    return "".join(c if c.isprintable() else "\N{REPLACEMENT CHARACTER}" for c in start)
