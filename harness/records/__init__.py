"""Frozen data types, nothing else: one module per noun, all of them importable from here."""

from harness.records.base import SCHEMA_VERSION, Name, Record, Sha256
from harness.records.cells import (
    Artifact,
    Cell,
    CellOutcome,
    CellResult,
    CellStatus,
    Execution,
    Workspace,
)
from harness.records.data import ColumnProfile, DatasetSpec, TableProfile
from harness.records.models import ModelIdentity, ModelSpec, Sampling
from harness.records.runs import Outcome, Run, RunKey, RunSummary
from harness.records.stages import Context, Limits, StageSpec
from harness.records.turns import Completion, Message, Progress, Replies, Reply

__all__ = [
    "SCHEMA_VERSION",
    "Artifact",
    "Cell",
    "CellOutcome",
    "CellResult",
    "CellStatus",
    "ColumnProfile",
    "Completion",
    "Context",
    "DatasetSpec",
    "Execution",
    "Limits",
    "Message",
    "ModelIdentity",
    "ModelSpec",
    "Name",
    "Outcome",
    "Progress",
    "Record",
    "Replies",
    "Reply",
    "Run",
    "RunKey",
    "RunSummary",
    "Sampling",
    "Sha256",
    "StageSpec",
    "TableProfile",
    "Workspace",
]
