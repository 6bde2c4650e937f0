"""What checks may know of the data, and the judgements that several kinds make."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from pydantic import Field

from harness.checks import leaks
from harness.checks.answers import one_line
from harness.profiles.rows import as_plain_csv, values
from harness.records import (
    CheckOptions,
    CheckResult,
    CheckStatus,
    DatasetSpec,
    Record,
    ReferenceFigures,
)


class Evidence(Record):
    """A table's two parts and its target, and what a notebook printed as it made the artifacts.

    Only this module reads the held-out labels.
    """

    dataset: DatasetSpec
    visible: Path
    held: Path | None
    rows: int  # of the visible part
    classes: tuple[str, ...] = ()  # of the target, in the order of the numbers that stand for them
    reference: ReferenceFigures | None = None  # what the harness's own pipeline reaches
    reference_problem: str = ""  # why there is none
    preparation: tuple[str, ...] = ()  # cells that made the prepared table; none: not known
    printed: str = ""

    @property
    def target(self) -> str | None:
        """The column to predict."""
        return self.dataset.target

    @property
    def positive(self) -> str | None:
        """The value of it that a probability is of."""
        return self.dataset.positive

    def visible_rows(self) -> bytes:
        """The visible rows as plain CSV, however the table is written."""
        return as_plain_csv(self.visible)

    def held_features(self) -> bytes:
        """The held-out rows as CSV without the target; empty where none are held out."""
        if self.held is None:
            return b""
        header, *rows = self._records()
        drop = header.index(self.target) if self.target is not None else len(header)
        out = io.StringIO(newline="")
        csv.writer(out).writerows([*row[:drop], *row[drop + 1 :]] for row in (header, *rows))
        return out.getvalue().encode()

    def held_records(self) -> list[dict[str, Any]]:
        """The same as a client would send them: numbers as numbers, missing values as null."""
        import pandas as pd  # noqa: PLC0415 - slow to import

        if self.held is None:
            return []
        rows = pd.read_csv(io.BytesIO(self.held_features()), low_memory=False)
        records: list[dict[str, Any]] = json.loads(rows.to_json(orient="records"))
        return records

    def held_labels(self) -> list[bool]:
        """For each held-out row, whether its target is the positive value."""
        if self.held is None:
            return []
        header, *rows = self._records()
        if self.target is None:
            return []
        at = header.index(self.target)
        return [row[at] == self.positive for row in rows]

    def strongest(self) -> leaks.Alone | None:
        """The raw column that tells most of the target by itself."""
        if self.target is None:
            return None
        visible, features = io.BytesIO(self.visible_rows()), io.BytesIO(self.held_features())
        return leaks.strongest(visible, self.target, self.positive, features, self.held_labels())

    def _records(self) -> list[list[str]]:
        if self.held is None:
            return []
        return list(values(self.held))


class AucOptions(CheckOptions):
    """Options of a check that judges probabilities of held-out rows."""

    least_auc: float = Field(0.5, ge=0, le=1)
    most_auc: float = Field(0.95, ge=0, le=1)  # above it, the target may have leaked


def judge_auc(
    name: str, options: AucOptions, probabilities: Sequence[object], evidence: Evidence
) -> CheckResult:
    """The ROC AUC of probabilities of held-out rows, against what the stage asks for."""
    from sklearn.metrics import roc_auc_score  # noqa: PLC0415 - slow to import

    labels = evidence.held_labels()
    scores = [float(one) for one in probabilities if isinstance(one, int | float)]
    if len(scores) != len(labels) or any(not 0 <= one <= 1 for one in scores):
        fit = sum(0 <= one <= 1 for one in scores)
        message = f"{fit} probabilities from 0 to 1 for {len(labels)} rows"
        return CheckResult(name=name, status=CheckStatus.FAILED, message=message)
    if len(set(labels)) < 2:
        why = "all held-out rows have one class" if labels else "no rows are held out"
        message = f"{why}, so there is no ROC AUC"
        return CheckResult(name=name, status=CheckStatus.NOT_RUN, message=message)
    auc = round(float(roc_auc_score(labels, scores)), 4)
    if auc > options.most_auc:
        message = f"above {options.most_auc:g}: the target may have leaked into the features"
        message += _how(evidence.strongest())
        return CheckResult(
            name=name, status=CheckStatus.SUSPECT, figure=auc, message=one_line(message)
        )
    message = f"at least {options.least_auc:g} on {len(labels):,} held-out rows"
    return passed(name, message, auc, holds=auc >= options.least_auc)


def _how(alone: leaks.Alone | None) -> str:
    return f"; of single columns, {alone.column} tells most, with {alone.auc:.4f}" if alone else ""


def passed(name: str, message: str, figure: float | None, *, holds: bool) -> CheckResult:
    """A result that either holds or not."""
    status = CheckStatus.PASSED if holds else CheckStatus.FAILED
    return CheckResult(name=name, status=status, figure=figure, message=message)
