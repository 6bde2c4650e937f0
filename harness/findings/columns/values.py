"""What is known of a value that code makes: a frame's columns at most and at least, texts, models.

``None`` stands for a value of which nothing is known.
"""

from __future__ import annotations

import ast
from dataclasses import dataclass, field, replace
from typing import Literal

NONE: frozenset[str] = frozenset()
Kind = Literal["frame", "group", "row", "names", "name", "loc", "iloc", "plot"]


@dataclass(frozen=True)
class Text:
    """A text that stands in the code."""

    value: str
    node: ast.expr
    cell: str  # id of the cell where it stands


@dataclass(frozen=True)
class Texts:
    """Several of them; ``each``: any one of them, as in a loop."""

    items: tuple[Text, ...]
    each: bool = False


@dataclass(eq=False)
class Frame:
    """A frame, or what is taken of one: ``kind``. Names that share a frame share this value."""

    upper: frozenset[str] | None = None  # columns that it may have; None: any
    lower: frozenset[str] = NONE  # columns that it surely has
    gone: frozenset[str] = NONE  # columns that it surely lost
    levels: frozenset[str] | None = None  # names of its index; None: any
    prefixes: frozenset[str] = NONE  # of columns that were made of values
    texts: frozenset[str] = NONE  # columns that surely hold text, where they are there
    encoded: frozenset[str] = NONE  # columns that it surely has as they were, or as dummies
    rows: str = ""  # ``train`` or ``test``, of a split
    kind: Kind = "frame"
    of: Frame | None = None  # where ``loc`` sets columns
    source: str = ""  # where its columns are known from, but for the code

    def lacks(self, name: str, *, level: bool = False) -> bool:
        """Whether a column of that name surely is not there, nor a ``level`` of the index."""
        if level and (self.levels is None or name in self.levels):
            return False
        if self.upper is None:
            return name in self.gone
        return name not in self.upper and not any(map(name.startswith, self.prefixes))

    def with_columns(self, names: frozenset[str]) -> Frame:
        """The same with more columns."""
        upper = None if self.upper is None else self.upper | names
        made = replace(self, upper=upper, lower=self.lower | names, gone=self.gone - names)
        return replace(made, texts=self.texts - names)

    def without(self, names: frozenset[str]) -> Frame:
        """The same with fewer."""
        upper = None if self.upper is None else self.upper - names
        return replace(self, upper=upper, lower=self.lower - names, gone=self.gone | names)

    def only(self, names: frozenset[str]) -> Frame:
        """A frame of these columns."""
        return replace(self, upper=names, lower=names, gone=NONE, prefixes=NONE, encoded=NONE)

    def part(self) -> Frame:
        """A frame of some of the columns, nobody knows which."""
        return replace(self, lower=NONE, encoded=NONE)

    def unknown(self) -> Frame:
        """A frame that may have any columns, with the same rows."""
        return Frame(rows=self.rows)

    def become(self, other: Frame) -> None:
        """Be changed in place, for all who hold it."""
        self.upper, self.lower, self.gone = other.upper, other.lower, other.gone
        self.levels, self.prefixes = other.levels, other.prefixes
        self.texts, self.encoded = other.texts, other.encoded


@dataclass(frozen=True)
class Column:
    """A column of a frame, or what was made of it row by row."""

    name: str
    rows: str = ""


@dataclass(frozen=True)
class Estimator:
    """What can be fitted. ``selecting``: it may leave columns out, so that nothing is sure."""

    name: str
    selecting: bool = False
    options: frozenset[str] = NONE  # arguments that it was made with
    named: tuple[Text, ...] = ()  # columns that it was told to take


@dataclass(frozen=True)
class Several:
    """A tuple or a list of values; ``each``: any one of them, as in a loop."""

    items: tuple[Value, ...] = field(default=())
    split: bool = False  # pairs of rows to train and to test on


Value = Frame | Column | Text | Texts | Estimator | Several | None


def joined(old: Value, new: Value) -> Value:
    """What is known where it is not sure which of two values stands."""
    if old is new:
        return new
    if not isinstance(old, Frame) or not isinstance(new, Frame) or old.kind != new.kind:
        return new if old == new else None
    upper = None if old.upper is None or new.upper is None else old.upper | new.upper
    levels = None if old.levels is None or new.levels is None else old.levels | new.levels
    gone = frozenset(one for one in old.gone | new.gone if old.lacks(one) and new.lacks(one))
    return replace(
        new,
        upper=upper,
        lower=old.lower & new.lower,
        gone=gone,
        levels=levels,
        prefixes=old.prefixes | new.prefixes,
        texts=old.texts & new.texts,
        encoded=old.encoded & new.encoded,
        rows=new.rows if old.rows == new.rows else "",
    )


def element(value: Value) -> Value:
    """One of what ``value`` gives when it is looped over."""
    if isinstance(value, Texts) and not value.each:
        return replace(value, each=True)
    if isinstance(value, Frame) and value.kind in ("frame", "names"):
        return replace(value, kind="name")
    if isinstance(value, Frame) and value.kind == "group":
        return Several((None, replace(value, kind="frame")))
    if isinstance(value, Several) and not value.split and value.items:
        first = value.items[0]
        same = all(type(one) is type(first) for one in value.items)
        if same and isinstance(first, Estimator):
            models = [one for one in value.items if isinstance(one, Estimator)]
            return replace(first, selecting=any(one.selecting for one in models), named=())
        return first if len(value.items) == 1 else None
    return None


def texts_of(value: Value) -> tuple[Text, ...] | None:
    """The texts that a value is, where all of them are known."""
    if isinstance(value, Text):
        return (value,)
    return value.items if isinstance(value, Texts) else None
