"""A column while it is looked at: what was counted, its type, and what is odd about it."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field

LONGEST_VALUE = 80  # characters
LONGEST_QUOTED = 24  # characters of a value inside a sentence
FEW = 12  # levels
FEW_WORDS = 3
AS_TEXT = "numbers stored as text"
MIXED = 0.01  # share of numbers among words that deserves a sentence
NEARLY = 0.8  # share of distinct values from which on an estimate does not rule out all of them
FLAGS = ({"0", "1"}, {"0.0", "1.0"})


@dataclass
class Column:
    """``facts`` are rows by the names in ``sql.SURVEY``; what was not counted is 0."""

    name: str
    sql: str
    type: str  # as stored; of a CSV column, as inferred
    inspected: bool  # text, whatever it may turn out to hold
    facts: dict[str, int] = field(default_factory=lambda: defaultdict(int))
    counts: list[tuple[str, int]] | None = None  # (value, rows), most frequent first, if counted
    words: list[tuple[str, int]] = field(default_factory=list)  # among the numbers, likewise
    sample: list[str] = field(default_factory=list)  # values of a text, the blanks among them
    notated: str = ""  # "amount" or "date": a text that holds those, as people write them
    notation: str = ""  # how they are written, in a sentence
    key: bool = False  # looks like one, if all values differ
    padded: int = 0  # whole numbers with leading zeros
    packed: int = 0  # whole numbers that are dates
    nans: int = 0
    word: str | None = None  # one of those that pandas takes for missing
    minimum: str | None = None
    maximum: str | None = None
    examples: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()

    @property
    def as_text(self) -> str:
        """SQL of its values as text."""
        return self.sql if self.inspected else f"CAST({self.sql} AS VARCHAR)"

    @property
    def values(self) -> int:
        """Rows that hold something, and nothing that pandas takes for missing."""
        return self.facts["present"] - self.facts["not_values"]

    @property
    def others(self) -> int:
        """Rows that hold neither a number nor a blank."""
        return self.values - self.facts["numbers"] - self.facts["blank"]

    @property
    def distinct(self) -> int:
        """Values that differ; an estimate until they are counted."""
        return self.facts["distinct"] if self.counts is None else len(self.counts)

    @property
    def numbers_as_text(self) -> bool:
        """Mostly numbers, and text all the same."""
        mostly = 2 * self.facts["numbers"] >= self.values > 0
        return self.inspected and self.type == "text" and mostly

    @property
    def dated(self) -> bool:
        """Mostly dates, and text all the same."""
        return self.type == "text" and 2 * self.facts["moments"] >= self.values > 0

    @property
    def numeric(self) -> bool:
        """Numbers, however they are stored."""
        stored = self.type in ("integer", "real")
        return stored or self.numbers_as_text or self.notated == "amount"

    @property
    def free(self) -> bool:
        """Several words in most values."""
        spaced = sum(len(re.findall(r"[^\W\d_]+\b", value)) > 1 for value in self.sample)
        return self.type == "text" and not self.notated and 2 * spaced >= len(self.sample) > 0

    def may_identify(self, rows: int) -> bool:
        """Whether all values may differ, in a type that identifies: whole numbers and text."""
        reals = self.type == "real" or self.facts["whole"] < self.facts["numbers"]
        typed = self.type in ("integer", "text") and not (self.numeric and reals)
        return typed and FEW < rows == self.facts["present"] and self.distinct > NEARLY * rows


def cut(value: str, longest: int = LONGEST_VALUE) -> str:
    """``value`` in at most ``longest`` characters, the last one saying so where it is shortened."""
    return value if len(value) <= longest else value[: longest - 1] + "…"


def infer(column: Column) -> str:
    """What a column of text becomes once it is read; a blank keeps it text, as in pandas."""
    facts, values = column.facts, column.values
    if not values:
        return "empty"
    if facts["numbers"] == values:
        if facts["whole"] < values:
            return "real"
        return "text" if facts["long"] else "integer"
    kinds = (("boolean", "truths"), ("date", "days"), ("timestamp", "moments"))
    return next((kind for kind, fact in kinds if facts[fact] == values), "text")


def quirks(column: Column, rows: int, *, csv: bool) -> tuple[str, ...]:
    """What a person should know before touching the column, in short sentences."""
    return (*column.notes, *_shape(column, rows), *_numbers(column), *_text(column, csv=csv))


def _shape(column: Column, rows: int) -> Iterator[str]:
    present = column.facts["present"]
    if re.fullmatch(r"Unnamed: \d+", column.name):
        yield "no name in the header, so perhaps an index that was saved"
    if not present:
        yield "no values"
    elif column.distinct == 1:
        yield "constant" if present == rows else "constant where not missing"
    elif column.may_identify(rows) and column.distinct == rows and (column.key or column.free):
        yield f"{'identifier' if column.key else 'free text'}: every value differs"
    if column.type in ("integer", "real") and {v for v, _ in column.counts or ()} in FLAGS:
        yield "0/1 flag"


def _numbers(column: Column) -> Iterator[str]:
    facts = column.facts
    blanks = [many(facts["blank"], "blank value")] if facts["blank"] else []
    if column.notation:
        yield column.notation
    elif column.type == "text" and facts["numbers"]:
        if facts["long"] and facts["numbers"] == column.values:
            yield f"whole numbers too long for 64 bits in {many(facts['long'], 'row')}"
        elif column.numbers_as_text and len(column.words) <= FEW_WORDS:
            odd = blanks + [f"{count:,} × {quoted(word)}" for word, count in column.words]
            yield ": ".join([AS_TEXT, ", ".join(odd)] if odd else odd)
        elif facts["numbers"] >= MIXED * column.values:
            odd = [many(facts["numbers"], "number"), many(column.others, "word"), *blanks]
            yield "mixed types: " + ", ".join(odd)
    elif column.dated:
        others = column.others - facts["moments"]
        odd = [many(others, "other value"), *blanks] if others or blanks else []
        yield ": ".join(["dates stored as text", *([", ".join(odd)] if odd else [])])
    if column.packed and column.packed == column.values:
        yield "dates stored as whole numbers: year, month and day, YYYYMMDD"
    if column.padded:
        yield f"leading zeros in {many(column.padded, 'row')}, lost when read as numbers"
    if column.nans:
        yield f"NaN in {many(column.nans, 'row')}, not counted as missing"


def _text(column: Column, *, csv: bool) -> Iterator[str]:
    facts = column.facts
    if csv and column.type in ("date", "timestamp"):
        yield "text until it is parsed as dates"
    if facts["not_values"]:
        rows = many(facts["not_values"], "row")
        yield f"{rows} that pandas reads as missing, such as {quoted(column.word or '')}"
    if facts["spaced"] > facts["blank"]:
        yield f"surrounding spaces in {many(facts['spaced'] - facts['blank'], 'value')}"
    if column.type == "text" and column.counts:
        alike: dict[str, list[str]] = {}
        for value, _ in column.counts:
            alike.setdefault(value.casefold(), []).append(value)
        same = next((group for group in alike.values() if len(group) > 1), None)
        if same:
            yield "levels that differ only in case: " + ", ".join(map(quoted, same[:FEW_WORDS]))


def many(count: int, noun: str) -> str:
    """``3 rows``, ``1 row``."""
    return f"{count:,} {noun}{'s' * (count != 1)}"


def quoted(value: str) -> str:
    """A value for a sentence: short, and printable."""
    return repr(cut(value, LONGEST_QUOTED))
