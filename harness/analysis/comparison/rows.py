"""A comparison as flat rows, for CSV."""

from __future__ import annotations

from collections.abc import Iterable

from harness.analysis import findings
from harness.analysis.comparison.compared import Comparison
from harness.analysis.comparison.differences import Difference
from harness.analysis.statistics import PASS_KS

ABOUT = (
    "stage", "context", "context_sha256", "help", "dataset", "synthetic", "dataset_sha256",
    "stage_sha256",
)  # fmt: skip


def rows(works: Iterable[Comparison]) -> list[dict[str, object]]:
    """One row per piece of work and model; ``over`` is the model that it is compared with."""
    flat: list[dict[str, object]] = []
    for work in works:
        about = {name: getattr(work, name) for name in ABOUT}
        paired = (None, *work.differences)
        for at, (one, gap) in enumerate(zip(work.models, paired, strict=True)):
            flat.append(
                {
                    **about,
                    "model": one.model,
                    "model_sha256": one.model_sha256,
                    "runs": one.runs,
                    "stale": one.stale,
                    "passed": one.passed,
                    **{f"pass_at_{k}": one.pass_at.get(k, "") for k in PASS_KS},
                    "cells": one.cells,
                    "cells_ok": one.cells_ok,
                    "roots": sum(one.roots.values()),
                    "human_share": "" if one.human_share is None else one.human_share,
                    **findings.row(one.findings),
                    "tokens": one.tokens,
                    "tokens_per_second": one.tokens_per_second,
                    "alone": sum(item.alone[at] for item in work.alone),
                    **_gap(gap),
                }
            )
    return flat


def _gap(gap: Difference | None) -> dict[str, object]:
    if gap is None:
        return dict.fromkeys(("over", "pairs", "difference", "low", "high"), "")
    return {
        "over": gap.first,
        "pairs": gap.pairs,
        "difference": gap.mean,
        "low": "" if gap.low is None else gap.low,
        "high": "" if gap.high is None else gap.high,
    }
