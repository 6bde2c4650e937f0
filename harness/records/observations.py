"""What a kernel holds, as the harness saw it. All of it is of the kernel's making, so data only."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field, StringConstraints

from harness.records.base import Record

MOST_VARIABLES, MOST_COLUMNS, MOST_FILES = 200, 10_000, 200
Short = Annotated[str, StringConstraints(max_length=300)]


class ColumnSeen(Record):
    """A column of a frame that a variable holds."""

    name: Short
    dtype: Short
    nulls: int | None = None  # None where counting them would have taken too long
    values: tuple[Short, ...] = ()  # a few different ones, as Python writes them


class Variable(Record):
    """A name that the cells bound, and what stands behind it."""

    name: Short
    type: Short  # pandas.DataFrame
    shape: tuple[int, ...] | None = None
    dtype: Short | None = None
    value: Short | None = None  # of plain values only, as Python writes them
    signature: Short | None = None  # of functions
    columns: tuple[ColumnSeen, ...] = Field((), max_length=MOST_COLUMNS)
    columns_left: int = 0  # columns that are there and not told


class FileSeen(Record):
    """A file of the working folder that is none of the inputs."""

    name: Short
    size: int  # bytes


class Observation(Record):
    """What a kernel holds after a cell; the names that were bound last come first."""

    variables: tuple[Variable, ...] = Field((), max_length=MOST_VARIABLES)
    variables_left: int = 0  # names that are there and not told
    imports: dict[Short, Short] = Field(default_factory=dict)  # name -> what it is an import of
    files: tuple[FileSeen, ...] = Field((), max_length=MOST_FILES)
    seconds: float = 0.0
    problem: str | None = None  # why nothing could be seen

    def __hash__(self) -> int:
        # A dict has none of its own; replies, which hold this, are kept by theirs.
        return hash((tuple(self.imports.items()), self.files, len(self.variables)))
