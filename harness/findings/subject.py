"""What is known of a notebook that is looked at: all of it stored, and none of it to be trusted.

Replies, outputs and what a kernel said of itself are data; nothing of it is run.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from harness.notebooks.notebook import Notebook
from harness.records import CellResult, Observation, TableProfile


@dataclass(frozen=True)
class Subject:
    """A notebook, what came of it, and what its author was asked and told."""

    notebook: Notebook
    results: Mapping[str, CellResult] = field(default_factory=dict)  # by the cell's id
    printed: Mapping[str, str] = field(default_factory=dict)  # the text that each cell showed
    prompts: Mapping[str, str] = field(default_factory=dict)  # what was asked, by step
    observations: Mapping[str, Observation] = field(default_factory=dict)  # before each step
    profile: TableProfile | None = None  # of the visible table
    packages: Mapping[str, str] = field(default_factory=dict)  # versions, by name
    files: frozenset[str] = frozenset()  # that lay beside the notebook before it ran
