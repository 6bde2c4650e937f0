"""Runs: what is kept of one, and a line about it."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import Self

from pydantic import Field, model_validator

from harness.records.base import SCHEMA_VERSION, Name, Record, Sha256
from harness.records.cells import Execution
from harness.records.checks import Needed
from harness.records.data import Task
from harness.records.findings import Finding, FindingKind
from harness.records.fixes import Patching
from harness.records.help import Help
from harness.records.models import ModelIdentity, Sampling
from harness.records.repairs import Repairing
from harness.records.turns import Message, Reply


class RunKey(Record):
    """Where a run lives: generated/<model>/<stage>/<run id>."""

    model: Name
    stage: Name
    run_id: Name


class Outcome(StrEnum):
    """How far a run came.

    ``raw``: all cells and checks pass as written; ``repaired``: they do after the model's own
    repairs; ``patched``: they do with the human fixes;
    ``unjudged``: all cells ran and no check failed, but some property could not be judged.
    """

    RAW = "raw"
    REPAIRED = "repaired"
    PATCHED = "patched"
    UNJUDGED = "unjudged"
    FAILED = "failed"
    INCOMPLETE = "incomplete"


class Run(Record):
    """``run.json``: one (model, stage, dataset, context, sampling, seed) and all it led to."""

    schema_version: int = SCHEMA_VERSION
    run_id: Name
    line_id: Name  # the run id's inputs but the seed: samples of one line share it
    created: str  # ISO 8601, UTC; of the first record
    updated: str | None = None  # of this one; None before schema 3
    harness_version: str
    code_revision: str | None
    machine: dict[str, str | int]
    packages: dict[str, str]
    model: ModelIdentity
    stage: Name
    stage_sha256: Sha256  # of its steps and templates
    dataset: Name
    dataset_sha256: Sha256
    holdout_rule: int | None = None  # how held-out rows were chosen; None: by rule 1, or none were
    synthetic: bool
    task: Task | None = None  # None before schema 4
    context: Name
    context_sha256: Sha256 | None = None  # of what that entry says; None before schema 4
    help: Help = Help()  # none before schema 5
    sampling: Sampling
    seed: int
    prompts: tuple[Message, ...]  # the system turn, then one user turn per step
    replies: tuple[Reply, ...]
    needs: tuple[Needed, ...] = ()  # what it read of the stages before it
    raw: Execution | None
    repaired: Repairing | None = None
    patched: Patching | None = None
    findings: tuple[Finding, ...] = ()  # of the raw notebook
    findings_version: int | None = None  # of who looked for them; None: nobody did
    outcome: Outcome

    @model_validator(mode="after")
    def _fits(self) -> Self:
        if self.raw is not None and len(self.prompts) != 1 + len(self.replies):
            told = f"{len(self.prompts)} prompts and {len(self.replies)} replies"
            raise ValueError(f"{told} do not fit: there is one for the system, and one per reply")
        return self

    @property
    def executions(self) -> dict[str, Execution]:
        """What was executed of it, by the form of the notebook, in the order of the flow."""
        made = {
            "raw": self.raw,
            "repaired": self.repaired.execution if self.repaired else None,
            "patched": self.patched.execution if self.patched else None,
        }
        return {form: done for form, done in made.items() if done is not None}

    @property
    def is_rewritten(self) -> bool:
        """Whether the model's own repairs stand in a notebook of their own."""
        return self.repaired is not None and bool(self.repaired.sources)


class RunVersions(Record):
    """What a run's verdicts rest on, by name and digest: others of these may be in force now."""

    stage: str
    stage_sha256: str  # of its steps and templates
    dataset: str
    dataset_sha256: str
    limits_sha256: tuple[str, ...] = ()  # of each execution, as far as they were recorded
    checks_sha256: tuple[str, ...] = ()  # of each execution, as far as they were recorded
    fixes: tuple[tuple[str, str], ...] | None = None  # (id, sha256) in order; None: not patched
    fixes_needed_elsewhere: bool = False  # its checks speak against other steps than when patched


class RunSummary(RunVersions):
    """One line of ``harness runs``."""

    run_id: str
    line_id: str
    created: str
    updated: str  # when its record was written last
    model: str
    model_sha256: str
    model_bytes: int | None = None  # of a GGUF file; None for scripts and servers
    synthetic: bool
    context: str
    help: str = ""  # in words; empty where there was none
    seed: int
    outcome: str
    cells_ok: int  # of the raw notebook
    cells: int
    human_share: float | None = None  # of the patched notebook's code lines
    findings: dict[FindingKind, int] = Field(default_factory=dict)  # of the raw notebook
    findings_version: int | None = None  # of who looked for them; None: nobody did
    completion_tokens: int
    generation_seconds: float
    own_seconds: float  # of them this run's part, where others were written beside it
    seconds: float  # generation and execution, of the patched notebook too
    path: Path

    @property
    def executing(self) -> float:
        """Seconds of its notebooks."""
        return self.seconds - self.generation_seconds

    @property
    def cost(self) -> float:
        """Seconds that it took of a batch; those of its runs make up the whole."""
        return self.own_seconds + self.executing
