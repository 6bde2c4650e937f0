"""``service``: an app that starts, answers, refuses what it cannot know, and is right often."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any, Literal

from harness.checks.evidence import AucOptions, Evidence, judge_auc, passed
from harness.records import CheckResult

REFUSED = {"unknown category": "an unknown category", "missing field": "a record without a field"}


class Options(AucOptions):
    """Where the app is asked, and where its answer is."""

    kind: Literal["service"]
    path: str = "/predict"  # where records are posted
    field: str = "probability"  # the list in its answer


def files(options: Options, blobs: Mapping[str, bytes], evidence: Evidence) -> dict[str, bytes]:
    """The app, all that may lie beside it, and held-out rows without target."""
    about = {"app": options.artifact, "path": options.path, "field": options.field}
    return {
        **blobs,
        "held.csv": evidence.held_features(),
        "check.json": json.dumps(about).encode(),
    }


def judge(options: Options, result: Mapping[str, Any], evidence: Evidence) -> Iterator[CheckResult]:
    """That it starts, one record, a thousand, what it refuses, the AUC."""
    if result.get("start"):
        yield passed("app starts", str(result["start"]), None, holds=False)
        return
    yield passed("app starts", "yes", None, holds=True)
    for name, records in (("one record", 1), ("a thousand records", 1000)):
        answer = dict(result[name])
        count = int(answer["probabilities"])
        message = f"status {answer['status']}, {count} probabilities"
        yield passed(name, message, count, holds=answer["status"] == 200 and count == records)
    for name, what in REFUSED.items():
        status = int(result[name])
        message = f"status {status} for {what}"
        yield passed(f"refuses {name}", message, status, holds=400 <= status < 500)
    yield judge_auc("held-out ROC AUC", options, list(result["held"]), evidence)
