"""Stages: what is asked, and within which limits."""

from __future__ import annotations

from enum import StrEnum

from pydantic import Field, SerializeAsAny

from harness.records.base import Name, Record
from harness.records.checks import CheckOptions
from harness.records.data import DatasetSpec, Task


class Part(StrEnum):
    """What of a table's profile a context may show."""

    SIZE = "size"  # rows and columns
    DESCRIPTION = "description"
    BALANCE = "balance"  # the target's values, and how often each occurs
    NAMES = "names"  # of the columns; without them, nothing of a column is shown
    TYPES = "types"
    RANGES = "ranges"
    LEVELS = "levels"
    EXAMPLES = "examples"
    MISSING = "missing"
    MEANINGS = "meanings"
    QUIRKS = "quirks"
    UNITS = "units"


class ContextSpec(Record):
    """One entry of ``prompt_templates/contexts.toml``: what a model is told of the data."""

    name: Name
    about: str = ""  # for people to read
    brief: bool = False  # steps in a sentence, as a person pastes them, and not point by point
    shows: tuple[Part, ...] = ()
    includes: tuple[Name, ...] = ()  # templates of ``_shared/``, in the system turn
    longest: int = Field(1900, ge=0)  # tokens, about, of the list of columns
    # Tokens, about, of what each step is told of the kernel; 0: nothing is looked at.
    observes: int = Field(0, ge=0, exclude_if=lambda tokens: not tokens)


class Limits(Record):
    """What generated code may use before it is stopped."""

    cell_seconds: float = Field(120, gt=0)
    stage_seconds: float = Field(900, gt=0)
    memory_mb: int = Field(4096, ge=256)
    disk_mb: int = Field(1024, ge=1)
    output_mb: float = Field(4, gt=0)  # of one cell; more ends the kernel, the head is kept
    processes: int = Field(256, ge=16)


class Reference(Record):
    """Which artifacts of a stage the harness's own pipeline can stand in for, by what they are."""

    table: Name | None = None  # CSV: features as numbers, the target as 0 and 1
    model: Name | None = None  # of XGBoost, in JSON, trained on such a table
    columns: Name | None = None  # JSON list: the names of the model's features, in order


class Leaves(Record):
    """A frame that a step is to leave, and what it is like: told to a model that is helped."""

    step: Name
    name: str = Field(min_length=1)  # of the variable
    rows: bool = False  # it has all rows of the table, or those that have a target
    whole: bool = False  # no value of it is missing
    numbers: bool = False  # columns whose numbers the table stores as text hold numbers


class StageSpec(Record):
    """One ``prompt_templates/<stage>/stage.toml``."""

    name: Name
    title: str
    steps: tuple[Name, ...] = Field(min_length=1)
    needs: tuple[Name, ...] = ()
    produces: tuple[Name, ...] = ()
    limits: Limits = Limits()
    reference: Reference = Reference()
    tasks: tuple[Task, ...] = ()  # those that it is for; none: all
    datasets: tuple[Name, ...] = ()  # likewise
    checks: tuple[SerializeAsAny[CheckOptions], ...] = ()  # of the kinds' own records
    leaves: tuple[Leaves, ...] = ()
    files: dict[Name, str] = Field(default_factory=dict)  # texts beside stage.toml, for its checks

    def is_for(self, dataset: DatasetSpec) -> bool:
        """Whether its work makes sense on a dataset."""
        fits_task = not self.tasks or dataset.task in self.tasks
        return fits_task and (not self.datasets or dataset.name in self.datasets)
