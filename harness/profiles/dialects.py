"""How a CSV file is written, and where it is not what it should be: file, line, what to do."""

from __future__ import annotations

import codecs
import contextlib
import csv
import io
import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

from harness.errors import DataError

HEAD_BYTES = 256 << 10
HEAD_RECORDS = 500
LONGEST_NAME = 10_000  # characters
LONGEST_OF_LINES = 255  # characters of a name with a line break: more, and a quote was left open
LONGEST_LINE = 2_000_000  # bytes, as in the library
CHUNK = 8 << 20  # bytes
DELIMITERS = ",;\t|"
AS_UTF8 = "Save it as CSV in UTF-8"
ADD_HEADER = "Put a first line above that names the columns"
MEND = "Repair that line: quote a value that holds the delimiter, a quote or a line break"
SHORTEN = "Shorten its values, or close the quote that is left open"
# Excel reads this line, and other programs take it for the header.
DECLARED = re.compile(r"\"?sep=([^\r\n\"'\w])\"?[ ]*(?:\r\n|\r|\n|$)", re.IGNORECASE)
BOMS = (  # UTF-32 first: its mark begins with that of UTF-16
    (codecs.BOM_UTF32_LE, "UTF-32"),
    (codecs.BOM_UTF32_BE, "UTF-32"),
    (codecs.BOM_UTF16_LE, "UTF-16"),
    (codecs.BOM_UTF16_BE, "UTF-16"),
)


@dataclass(frozen=True)
class Dialect:
    """How a CSV file is written."""

    header: tuple[str, ...]  # as the file has it
    names: tuple[str, ...]  # as pandas calls the columns
    delimiter: str
    quote: str
    skip: int  # lines above the header: empty ones, and one that names the delimiter
    end: str  # of a line, as the library spells it
    declared: int = 0  # the line that names it, as Excel writes it: sep=;


def wrong(path: Path, what: str, hint: str) -> DataError:
    """A DataError of one printable line."""
    return DataError(printable(f"{path}: {what}"), printable(hint))


def printable(text: str) -> str:
    """``text`` with whatever could break a line or a terminal escaped."""
    return "".join(c if c.isprintable() else c.encode("unicode_escape").decode() for c in text)


def check_text(path: Path, head: bytes) -> None:
    """Raises DataError where a mark at its head or a NUL byte says that this is no UTF-8 text."""
    for mark, encoding in BOMS:
        if head.startswith(mark):
            raise wrong(path, f"is in {encoding}", AS_UTF8)
    line = 1
    with path.open("rb") as source:
        while block := source.read(CHUNK):
            at = block.find(0)
            if at >= 0:
                line += block.count(b"\n", 0, at)
                what = f"line {line} holds a NUL byte, so this is no CSV file in UTF-8"
                raise wrong(path, what, AS_UTF8)
            line += block.count(b"\n")


def sniff(path: Path, head: bytes) -> Dialect:
    """The dialect, from the file's first bytes. Raises DataError where there is no header."""
    if cut := len(head) == HEAD_BYTES:
        head = head[: max(head.rfind(b"\n"), head.rfind(b"\r")) + 1]
    try:
        text = head.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise _not_utf8(path, head.count(b"\n", 0, error.start) + 1) from None
    if not text.strip():
        what = f"has no line break in {HEAD_BYTES >> 10} KB" if cut else "is empty"
        raise wrong(path, what, "Give a CSV file with a header")
    declared, known, body = _declared(path, text)
    skip = _lines(text, body)
    first = body.splitlines()[0].strip()
    quote = "'" if len(first) > 1 and first[0] == first[-1] == "'" else '"'
    found = {d: _records(body, d, quote, cut) for d in dict.fromkeys((*known, *DELIMITERS))}
    best = max(found, key=lambda d: _likeness(found[d]))
    delimiter = known or best
    if _likeness(found[best])[0] and not _likeness(found[delimiter])[0]:
        what = f"line {declared} says that {known!r} separates fields, where {best!r} does"
        raise wrong(path, what, "Correct that line or remove it")
    records = found[delimiter]
    if not records:
        raise wrong(path, "has a header that cannot be read", "Close the quote that it opens")
    names = _names(path, skip + 1, records[0][1])
    for line, record in records:
        if len(record) != len(names):
            raise _ragged(path, skip + line, len(record), len(names))
    end = _end(body, delimiter, quote)
    return Dialect(tuple(records[0][1]), names, delimiter, quote, skip, end, declared)


def _declared(path: Path, text: str) -> tuple[int, str, str]:
    """The line that names the separator, the separator, and the text below; 0 and "" for none."""
    body = text.lstrip("\r\n")
    named = DECLARED.match(body)
    if named is None:
        return 0, "", body
    line = 1 + _lines(text, body)
    if named[0].startswith('"'):
        raise wrong(path, f"line {line} names the separator in quotes", "Remove the quotes there")
    body = body[named.end() :].lstrip("\r\n")
    if not body.strip():
        raise wrong(path, f"is empty below line {line}", "Give a CSV file with a header")
    return line, named[1], body


def _lines(text: str, body: str) -> int:
    """How many lines of the text are above its body."""
    return len(text[: len(text) - len(body)].splitlines())


def _records(text: str, delimiter: str, quote: str, cut: bool) -> list[tuple[int, list[str]]]:
    """The first records, each with its line; empty lines are left out."""
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, quotechar=quote)
    records: list[tuple[int, list[str]]] = []
    line = 1
    with contextlib.suppress(csv.Error):
        for record in islice(reader, HEAD_RECORDS):
            if record:
                records.append((line, record))
            line = reader.line_num + 1
    # The cut may be inside the last one.
    return records[:-1] if cut and len(records) > 1 else records


def _end(text: str, delimiter: str, quote: str) -> str:
    """How the header ends: the library would take a line break inside a quoted name for it."""
    lines = io.StringIO(text, newline="").readlines()
    reader = csv.reader(lines, delimiter=delimiter, quotechar=quote)
    next(reader)
    last = lines[reader.line_num - 1]
    return "\\r\\n" if last.endswith("\r\n") else "\\r" if last.endswith("\r") else "\\n"


def _likeness(records: list[tuple[int, list[str]]]) -> tuple[bool, float, int]:
    """How much this looks like a table: several columns, and the same number in all records."""
    if not records:
        return (False, 0.0, 0)
    width = len(records[0][1])
    return (width > 1, sum(len(r) == width for _, r in records) / len(records), width)


def _names(path: Path, line: int, header: list[str]) -> tuple[str, ...]:
    """The columns' names as pandas calls them: made up for none, numbered where one comes again."""
    if all(re.fullmatch(r"\s*[+-]?[\d.,]*([eE][+-]?\d+)?\s*", name) for name in header):
        raise wrong(path, f"has no header: line {line} holds values only", ADD_HEADER)
    for name in header:
        if len(name) > (LONGEST_OF_LINES if {"\n", "\r"} & set(name) else LONGEST_NAME):
            what = f"line {line} names a column in {len(name):,} characters"
            raise wrong(path, what, "Close the quote that is left open there, or shorten the name")
    made = [name or f"Unnamed: {i}" for i, name in enumerate(header)]
    taken: Counter[str] = Counter()
    for i in sorted(range(len(made)), key=lambda i: not header[i]):  # those without one come last
        name, number = made[i], taken[made[i]]
        while number:
            taken[made[i]] = number + 1
            name = f"{made[i]}.{number}"
            number = number + 1 if name in made else taken[name]
        made[i] = name
        taken[name] = number + 1
    return tuple(made)


def notes(dialect: Dialect) -> Iterator[str]:
    """What a reader has to be told, in short sentences."""
    if dialect.declared:
        lines = f"{dialect.skip} line{'s' * (dialect.skip != 1)}"
        yield f"line {dialect.declared} of this file names the separator: skip {lines}"
    if dialect.delimiter != ",":
        yield f"fields of this file are separated by {dialect.delimiter!r}"


def diagnose(path: Path, dialect: Dialect) -> None:
    """Read with another parser as far as the first line at fault. Raises DataError if one is."""
    before = csv.field_size_limit(LONGEST_LINE)
    last, number = b"", 0

    def lines() -> Iterator[str]:
        nonlocal last, number
        while last := source.readline(LONGEST_LINE + 1):
            number += 1
            if len(last) > LONGEST_LINE:
                raise wrong(path, f"line {number} is longer than {LONGEST_LINE:,} bytes", SHORTEN)
            try:
                yield last.decode("utf-8-sig" if number == 1 else "utf-8")
            except UnicodeDecodeError:
                raise _not_utf8(path, number) from None

    try:
        with path.open("rb") as source:
            start, crlf, width = dialect.skip + 1, None, len(dialect.names)
            below = islice(lines(), dialect.skip, None)
            reader = csv.reader(
                below, delimiter=dialect.delimiter, quotechar=dialect.quote, strict=True
            )
            for record in reader:
                if record and len(record) != width:
                    raise _ragged(path, start, len(record), width)
                if last.endswith(b"\n"):
                    crlf = last.endswith(b"\r\n") if crlf is None else crlf
                    if last.endswith(b"\r\n") != crlf:
                        what = f"line {number} ends otherwise than those above it (CR LF, LF)"
                        raise wrong(path, what, "Give all lines the same end")
                start = number + 1
    except csv.Error as error:
        raise wrong(path, f"line {start} is not CSV ({error})", MEND) from None
    finally:
        csv.field_size_limit(before)


def _ragged(path: Path, line: int, found: int, width: int) -> DataError:
    fields = f"{found} field{'s' * (found != 1)}"
    return wrong(path, f"line {line} has {fields} where the header has {width}", MEND)


def _not_utf8(path: Path, line: int) -> DataError:
    return wrong(path, f"line {line} is not UTF-8", AS_UTF8)
