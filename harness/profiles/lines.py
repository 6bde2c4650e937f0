"""The records of a CSV file, taken out by a mask, each as it was written.

Where a stretch of the file holds no quote, a record is a line, and lines are taken apart and put
together a few megabytes at a time. Only a line with a quote is read by a parser, to see how far its
record goes: a quoted line break does not end it.
"""

from __future__ import annotations

import codecs
import csv
from collections import deque
from collections.abc import Iterator
from itertools import chain, compress
from typing import BinaryIO

from harness.profiles.dialects import LONGEST_LINE, Dialect

CHUNK = 4 << 20  # bytes
ENDS = b"\r\n"
EMPTY = (b"\n\n", b"\n\r", b"\r\r")  # in a text that has an empty line below its first


def copy(
    source: BinaryIO, dialect: Dialect, keep: bytes | bytearray | memoryview, out: BinaryIO
) -> int:
    """Write the header and those records of which ``keep`` has a 1; returns how many there are.

    Left out are a mark of UTF-8, lines above the header, and empty lines that are no rows. The
    caller compares the number with the length of the mask. Raises csv.Error and UnicodeDecodeError
    where a record with quotes cannot be read, and OSError.
    """
    parts = _records(source, dialect)
    out.write(next(parts)[0])
    done = 0
    for records in parts:
        out.write(b"".join(compress(records, keep[done : done + len(records)])))
        done += len(records)
    return done


def _records(source: BinaryIO, dialect: Dialect) -> Iterator[list[bytes]]:
    """The header, and then all records, some at a time."""
    chunks = _chunks(source)
    first = next(chunks, b"").removeprefix(codecs.BOM_UTF8)
    waiting = deque(first.splitlines(keepends=True)[dialect.skip :])
    taken: list[bytes] = []

    def lines() -> Iterator[str]:
        """What the parser asks for, one by one."""
        for chunk in chain([[]], (one.splitlines(keepends=True) for one in chunks)):
            waiting.extend(chunk)
            while waiting:
                taken.append(waiting.popleft())
                yield taken[-1].decode()

    def whole() -> bytes:
        """The record that begins with the next line, by the parser."""
        next(parser)
        record = b"".join(taken)
        taken.clear()
        return record

    quote = dialect.quote.encode()
    before = csv.field_size_limit(LONGEST_LINE)
    try:
        parser = csv.reader(lines(), delimiter=dialect.delimiter, quotechar=dialect.quote)
        yield [whole()]
        for chunk in chain([b""], chunks):
            split = chunk.splitlines(keepends=True)
            odd = quote in chunk or chunk[:1] in (b"\r", b"\n") or any(e in chunk for e in EMPTY)
            if not odd and not waiting:
                yield split
                continue
            waiting.extend(split)
            found = []
            while waiting:
                if quote in waiting[0]:
                    found.append(whole())
                elif (line := waiting.popleft()).strip(ENDS) or len(dialect.names) == 1:
                    found.append(line)  # of a single column, an empty line is a row without a value
            yield found
    finally:
        csv.field_size_limit(before)


def _chunks(source: BinaryIO) -> Iterator[bytes]:
    """The file in pieces of whole lines, in the sense of ``splitlines``."""
    rest = b""
    while block := source.read(CHUNK):
        text = rest + block
        # A CR at the end may be half of a line's end.
        at = max(text.rfind(b"\n"), text.rfind(b"\r", 0, len(text) - 1)) + 1
        rest = text[at:]
        if at:
            yield text[:at]
    if rest:
        yield rest
