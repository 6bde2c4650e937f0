"""Datasets and what is known of their tables."""

from __future__ import annotations

import re
from collections.abc import Iterable
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any

from pydantic import AfterValidator, Field, field_validator

from harness.records.base import Name, Record, Sha256

LEAST_HELD = 10  # rows, of a class or of all, below which a figure of them means little


def _noun(text: str) -> str:
    """``text``, if prompts may say it without quotes: an order to a model takes more words."""
    if len(text) > LONGEST_NOUN or not NOUN.fullmatch(text):
        raise ValueError("expected a noun of one to three words of letters, such as customer")
    return text


LONGEST_NOUN = 40  # characters
NOUN = re.compile(r"[^\W\d_]+([ '-][^\W\d_]+){0,2}")
Noun = Annotated[str, AfterValidator(_noun)]


class Task(StrEnum):
    """What the target asks for. ``explore``: there is none, and the table is only looked at."""

    BINARY = "binary"
    MULTICLASS = "multiclass"
    REGRESSION = "regression"
    EXPLORE = "explore"

    @property
    def has_classes(self) -> bool:
        """Whether the target is one of several values, which have probabilities."""
        return self in (Task.BINARY, Task.MULTICLASS)


class Holdout(Record):
    """Which rows no generated code ever sees; never chosen by the target.

    By a hash of the features, or else the latest rows ``by`` a column, or whole groups of them.
    """

    share: float = Field(0, ge=0, le=0.9)
    by: str | None = None  # a column of dates or numbers
    group: str | None = None  # a column whose rows of one value stay together


class HeldCounts(Record):
    """How many rows are held out, and of which classes of the target, as far as these are counted.

    Rows without a target are held out too, and are of no class.
    """

    rows: int  # of the whole table
    held: int
    classes: tuple[tuple[str, int], ...] = ()  # (value, rows held out), most frequent first

    def of(self, classes: Iterable[str]) -> dict[str, int]:
        """The rows held out of each of these classes, and of any other that was met."""
        return {**dict.fromkeys(classes, 0), **dict(self.classes)}

    def rare(self, classes: Iterable[str]) -> dict[str, int]:
        """Those of which so few are held out that a figure would mean little."""
        return {value: count for value, count in self.of(classes).items() if count < LEAST_HELD}

    @property
    def few(self) -> bool:
        """Whether a figure of all of them would mean little."""
        return self.held < LEAST_HELD


class ColumnProfile(Record):
    """One column of a table, as counted over all rows."""

    name: str
    type: str  # integer, real, text, boolean, date, timestamp, …
    distinct: int  # exact up to 1,000 values, approximate above
    missing: int  # NULL or an empty field
    blank: int  # text of white space only
    minimum: str | None = None
    maximum: str | None = None
    levels: tuple[tuple[str, int], ...] = ()  # (value, rows), most frequent first, if few
    examples: tuple[str, ...] = ()
    quirks: tuple[str, ...] = ()
    meaning: str = ""


class TableProfile(Record):
    """A dataset as a person would describe it after an hour with it."""

    dataset: str
    file: str
    sha256: Sha256
    rows: int
    holdout_rule: int | None = None  # which rows it leaves out; None: none, or not known
    synthetic: bool
    description: str
    task: Task = Task.BINARY
    target: str | None
    target_balance: tuple[tuple[str, float], ...]  # (value, share), most frequent first
    classes: tuple[str, ...] = ()  # of the target, in the order of the numbers that stand for them
    reading: tuple[str, ...] = ()  # what to know before the file is read; of plain CSV nothing
    columns: tuple[ColumnProfile, ...]


class DatasetSpec(Record):
    """One ``data/<name>/dataset.toml``."""

    name: Name
    description: str
    task: Task = Task.BINARY
    target: str | None = None  # None: there is none to predict, as in ``explore``
    positive: str | None = None  # of a binary target, the value that a probability is of
    positive_means: str | None = None  # in words, as in "the customer left"
    row: Noun = "row"  # what a row is, as in "customer"
    rows: Noun | None = None  # of several; None: ``row`` with an s
    file: Name  # the real table, once imported; so it is called in work folders
    path: Path | None = None  # where it lies, if it is referred to and not copied
    sheet: str | None = None  # of a workbook that has several
    synthetic: Name | None = None  # its shipped twin, used until then
    url: str | None = None
    license: str | None = None
    sha256: tuple[Sha256, ...] = ()  # accepted digests of the real table; none: any file
    holdout: Holdout = Holdout()
    thresholds: dict[str, float] = Field(default_factory=dict)  # metric -> what has to be reached
    columns: dict[str, str] = Field(default_factory=dict)  # name -> meaning
    units: dict[str, str] = Field(default_factory=dict)  # name -> unit, as in "months"

    @field_validator("holdout", mode="before")
    @classmethod
    def _share_alone(cls, value: Any) -> Any:
        return {"share": value} if isinstance(value, int | float) else value

    @property
    def plural(self) -> str:
        """What several rows are."""
        return self.rows or f"{self.row}s"
