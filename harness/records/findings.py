"""Findings: what is imperfect in a notebook that a model wrote, with its place and its evidence."""

from __future__ import annotations

from enum import StrEnum

from pydantic import Field

from harness.records.base import Name, Record


class FindingKind(StrEnum):
    """The four complaints about code that a model writes."""

    COLUMNS = "columns"  # it names what the data does not have, or uses it as it must not
    DEPRECATIONS = "deprecations"  # it calls what is going, or gone
    EXPLICITNESS = "explicitness"  # it leaves out what it was not told word for word
    COMMENTARY = "commentary"  # it says otherwise than it does


class Severity(StrEnum):
    """``error``: it fails, or what comes of it is wrong; ``warning``: it may; ``note``: it reads
    badly."""

    ERROR = "error"
    WARNING = "warning"
    NOTE = "note"


class Finding(Record):
    """One imperfection. Lines are counted from 1, columns in characters from 0, ends are behind."""

    kind: FindingKind
    rule: Name  # which of the kind's rules: ``missing-column``
    cell: str  # id of a cell of the notebook
    line: int = Field(ge=1)
    column: int = Field(ge=0)
    end_line: int = Field(ge=1)
    end_column: int = Field(ge=0)
    severity: Severity
    message: str  # a sentence
    evidence: str = ""  # what it rests on, in words
    replacement: str | None = None  # what could stand there
