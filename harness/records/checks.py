"""Acceptance tests of what a stage made, and what they found."""

from __future__ import annotations

import math
from enum import StrEnum
from typing import Any, ClassVar, Literal

from pydantic import model_validator

from harness.records.base import Name, Record, Sha256


class CheckOptions(Record):
    """One ``[[checks]]`` of a ``stage.toml``; each kind in ``checks/`` adds its own keys."""

    needs_reference: ClassVar[bool] = False  # whether it holds figures beside the reference's

    kind: str
    artifact: Name
    steps: tuple[Name, ...] = ()  # whose cells it judges; none: those of all steps

    @property
    def beside(self) -> tuple[str, ...]:
        """Files beside ``stage.toml`` that it needs."""
        return ()


class CheckStatus(StrEnum):
    """``claimed``: it holds by the model's word, which nothing that was seen shows or refutes.

    ``suspect``: too good to be true; ``not run``: what it needs was not there; ``cannot be
    judged``: it may be right, and there is no way to tell.
    """

    PASSED = "passed"
    CLAIMED = "claimed"
    FAILED = "failed"
    SUSPECT = "suspect"
    NOT_RUN = "not run"
    UNJUDGED = "cannot be judged"

    @property
    def holds(self) -> bool:
        """Whether a stage may pass with it. A claim is no failure."""
        return self in (CheckStatus.PASSED, CheckStatus.CLAIMED)


class CheckResult(Record):
    """What one property of an artifact turned out to be."""

    name: str
    status: CheckStatus
    figure: float | None = None  # None: there is none, and the message says why
    message: str = ""
    steps: tuple[Name, ...] = ()  # whose cells it judges; none: those of all steps

    def tells_against(self, step: str) -> bool:
        """Whether it found something wrong with what the cells of a step made."""
        may_be_right = self.status.holds or self.status is CheckStatus.UNJUDGED
        return not may_be_right and (not self.steps or step in self.steps)

    @model_validator(mode="before")
    @classmethod
    def _say_what_is_no_figure(cls, values: Any) -> Any:
        figure = values.get("figure") if isinstance(values, dict) else None
        if not isinstance(figure, float) or math.isfinite(figure):
            return values
        told = "message" if "told" not in values else "told"
        why = f"{values.get(told, '')} (the figure was {figure}, which is none)".strip()
        return {**values, "figure": None, told: why}

    @model_validator(mode="before")
    @classmethod
    def _read_old_name(cls, values: Any) -> Any:
        # Records of schema 1 and 2 call the message ``told``.
        if isinstance(values, dict) and "told" in values:
            return {("message" if key == "told" else key): value for key, value in values.items()}
        return values


class ReferenceFigures(Record):
    """What the harness's own pipeline reaches on the held-out rows, by the names of metrics."""

    figures: dict[str, float]
    baseline: dict[str, float]  # of an answer that looks at no feature
    note: str = ""  # such as that it learned from a sample of the rows


class Needed(Record):
    """A file that a stage reads, and whose it is."""

    name: Name
    stage: Name
    source: Literal["patched", "repaired", "raw", "reference", "missing"]
    run_id: Name | None = None
    sha256: Sha256 | None = None
    reason: str = ""  # why there is none, where the harness's own pipeline could make none either
