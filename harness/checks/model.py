"""``model``: it loads, was tuned by the trials asked for, and is good on rows nobody showed it."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any

from harness.checks.evidence import Evidence, judge_auc, passed
from harness.records import CheckResult, CheckSpec


def files(spec: CheckSpec, blobs: Mapping[str, bytes], evidence: Evidence) -> dict[str, bytes]:
    """Model, features, trials, the encoded table, the raw one, and held-out rows without target."""
    about = {
        "target": evidence.target,
        "columns": spec.columns,
        "trials": spec.trials,
        "table": spec.table,
    }
    named = (spec.artifact, spec.columns, spec.trials, spec.table)
    given = {name: blobs[name] for name in named if name is not None and name in blobs}
    # A model's format is message by its file's ending.
    model = {f"model.{spec.artifact.rpartition('.')[2]}": given.pop(spec.artifact)}
    about["model"] = next(iter(model))
    return {
        **given,
        **model,
        "visible.csv": evidence.visible.read_bytes(),
        "held.csv": evidence.held_features(),
        "check.json": json.dumps(about).encode(),
    }


def judge(spec: CheckSpec, result: Mapping[str, Any], evidence: Evidence) -> Iterator[CheckResult]:
    """That it loads, the trials, the AUC."""
    yield passed(
        "model loads", str(result.get("load") or "yes"), None, holds=not result.get("load")
    )
    if spec.least_trials:
        trials = int(result.get("trials") or 0)
        message = f"{trials} trials in {spec.trials}, {spec.least_trials} asked for"
        yield passed("tuned", message, trials, holds=trials >= spec.least_trials)
    if spec.columns and not result.get("load"):
        message = f"{spec.columns}: {result.get('listed') or 'as the model has them'}"
        yield passed("features listed", message, None, holds=not result.get("listed"))
    if result.get("encode"):
        yield passed("held-out ROC AUC", str(result["encode"]), None, holds=False)
    elif not result.get("load"):
        yield judge_auc("held-out ROC AUC", spec, list(result["probabilities"]), evidence)
