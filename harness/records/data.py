"""Datasets and what is known of their tables."""

from __future__ import annotations

from pydantic import Field

from harness.records.base import Name, Record, Sha256


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
    target: str
    target_balance: tuple[tuple[str, float], ...]  # (value, share), most frequent first
    columns: tuple[ColumnProfile, ...]


class DatasetSpec(Record):
    """One ``data/<name>/dataset.toml``."""

    name: Name
    description: str
    target: str
    file: Name  # the real table, once imported
    synthetic: Name | None = None  # its shipped twin, used until then
    url: str | None = None
    license: str | None = None
    sha256: tuple[Sha256, ...] = ()  # accepted digests of the real table; none: any file
    positive: str | None = None  # the target's value that a model's probability is of
    holdout: float = Field(0, ge=0, le=0.9)  # share of rows that no generated code sees
    columns: dict[str, str] = Field(default_factory=dict)  # name -> meaning
