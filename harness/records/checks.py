"""Acceptance tests of what a stage made, and what they found."""

from __future__ import annotations

from enum import StrEnum
from typing import Literal

from pydantic import Field

from harness.records.base import Name, Record, Sha256


class CheckSpec(Record):
    """One ``[[checks]]`` of a ``stage.toml``; which options count depends on ``kind``."""

    kind: Literal["table", "model", "service"]
    artifact: Name
    columns: Name | None = None  # model: the JSON list of its features
    table: Name | None = None  # model: the encoded table that it was trained on
    trials: Name | None = None  # model: the table of tuning trials
    path: str = "/predict"  # service: where records are posted
    field: str = "probability"  # service: the list in its answer
    least_trials: int = Field(0, ge=0)
    least_auc: float = Field(0.5, ge=0, le=1)  # on held-out rows
    most_auc: float = Field(0.95, ge=0, le=1)  # above it, the target has leaked


class CheckStatus(StrEnum):
    """``suspect``: too good to be true; ``not run``: what it needs was not there."""

    PASSED = "passed"
    FAILED = "failed"
    SUSPECT = "suspect"
    NOT_RUN = "not run"


class CheckResult(Record):
    """What one property of an artifact turned out to be."""

    name: str
    status: CheckStatus
    figure: float | None = None
    told: str = ""  # in words


class Needed(Record):
    """A file that a stage reads, and whose it is."""

    name: Name
    stage: Name
    source: Literal["patched", "raw", "reference", "missing"]
    run_id: Name | None = None
    sha256: Sha256 | None = None
