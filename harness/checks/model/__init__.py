"""``model``: it loads, was tuned by the trials asked for, and is good on rows nobody showed it."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any, Literal

from pydantic import Field

from harness.checks.evidence import AucOptions, Evidence, judge_auc, passed
from harness.records import CheckResult, Name


class Options(AucOptions):
    """The model's file, and those that tell how it came about."""

    kind: Literal["model"]
    columns: Name | None = None  # the JSON list of its features
    table: Name | None = None  # the encoded table that it was trained on
    trials: Name | None = None  # the table of tuning trials
    least_trials: int = Field(0, ge=0)


def files(options: Options, blobs: Mapping[str, bytes], evidence: Evidence) -> dict[str, bytes]:
    """Model, features, trials, the encoded table, the raw one, and held-out rows without target."""
    about = {
        "target": evidence.target,
        "columns": options.columns,
        "trials": options.trials,
        "table": options.table,
    }
    named = (options.artifact, options.columns, options.trials, options.table)
    given = {name: blobs[name] for name in named if name is not None and name in blobs}
    # XGBoost tells a model's format by its file's ending.
    model = {f"model.{options.artifact.rpartition('.')[2]}": given.pop(options.artifact)}
    about["model"] = next(iter(model))
    return {
        **given,
        **model,
        "visible.csv": evidence.visible.read_bytes(),
        "held.csv": evidence.held_features(),
        "check.json": json.dumps(about).encode(),
    }


def judge(options: Options, result: Mapping[str, Any], evidence: Evidence) -> Iterator[CheckResult]:
    """That it loads, the trials, the AUC."""
    yield passed(
        "model loads", str(result.get("load") or "yes"), None, holds=not result.get("load")
    )
    if options.least_trials:
        trials = int(result.get("trials") or 0)
        message = f"{trials} trials in {options.trials}, {options.least_trials} asked for"
        yield passed("tuned", message, trials, holds=trials >= options.least_trials)
    if options.columns and not result.get("load"):
        message = f"{options.columns}: {result.get('listed') or 'as the model has them'}"
        yield passed("features listed", message, None, holds=not result.get("listed"))
    if result.get("encode"):
        yield passed("held-out ROC AUC", str(result["encode"]), None, holds=False)
    elif not result.get("load"):
        yield judge_auc("held-out ROC AUC", options, list(result["probabilities"]), evidence)
