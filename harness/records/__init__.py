"""Frozen data types, nothing else: one module per noun.

All of them are imported from here, by every room. The smallest module to copy is ``stages.py``.
"""

from harness.records.base import SCHEMA_VERSION, Name, Record, Sha256
from harness.records.cells import (
    Artifact,
    Cell,
    CellOutcome,
    CellResult,
    CellStatus,
    Execution,
    Found,
    Workspace,
)
from harness.records.checks import (
    CheckOptions,
    CheckResult,
    CheckStatus,
    Needed,
    ReferenceFigures,
)
from harness.records.data import ColumnProfile, DatasetSpec, Holdout, TableProfile, Task
from harness.records.diffs import CellDiff, DiffHunk, DiffRow
from harness.records.fixes import (
    AddedLine,
    Cause,
    Change,
    Effect,
    Fix,
    FixHeader,
    FixVerdict,
    Hunk,
    Ledger,
    Patching,
    Place,
    Rule,
    Tally,
    Verdict,
    When,
)
from harness.records.models import CacheType, EngineSetup, ModelIdentity, ModelSpec, Sampling
from harness.records.runs import Outcome, Run, RunKey, RunSummary, RunVersions
from harness.records.stages import ContextSpec, Limits, Part, Reference, StageSpec
from harness.records.turns import Completion, Message, Progress, Replies, Reply

__all__ = [
    "SCHEMA_VERSION",
    "AddedLine",
    "Artifact",
    "CacheType",
    "Cause",
    "Cell",
    "CellDiff",
    "CellOutcome",
    "CellResult",
    "CellStatus",
    "Change",
    "CheckOptions",
    "CheckResult",
    "CheckStatus",
    "ColumnProfile",
    "Completion",
    "ContextSpec",
    "DatasetSpec",
    "DiffHunk",
    "DiffRow",
    "Effect",
    "EngineSetup",
    "Execution",
    "Fix",
    "FixHeader",
    "FixVerdict",
    "Found",
    "Holdout",
    "Hunk",
    "Ledger",
    "Limits",
    "Message",
    "ModelIdentity",
    "ModelSpec",
    "Name",
    "Needed",
    "Outcome",
    "Part",
    "Patching",
    "Place",
    "Progress",
    "Record",
    "Reference",
    "ReferenceFigures",
    "Replies",
    "Reply",
    "Rule",
    "Run",
    "RunKey",
    "RunSummary",
    "RunVersions",
    "Sampling",
    "Sha256",
    "StageSpec",
    "TableProfile",
    "Tally",
    "Task",
    "Verdict",
    "When",
    "Workspace",
]
