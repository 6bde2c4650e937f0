"""How long runs are likely to take, by what stored ones took."""

from __future__ import annotations

import statistics
from collections import defaultdict
from collections.abc import Iterable
from typing import NamedTuple

from harness.matrix import Planned
from harness.records import RunSummary


class _Took(NamedTuple):
    writing: float  # seconds, its part where several were written side by side
    executing: float
    model_bytes: int | None


def expected(seen: Iterable[Planned], past: Iterable[RunSummary]) -> dict[str, float]:
    """Seconds that each run adds to a batch, by run id; only where stored runs tell.

    A file without runs of its own is likened to others by size: nearly all of a token's time goes
    into reading the weights.
    """
    took: dict[str, dict[str, list[_Took]]] = defaultdict(lambda: defaultdict(list))
    for run in past:
        if run.outcome != "incomplete":
            executing = run.seconds - run.generation_seconds
            took[run.stage][run.model_sha256].append(
                _Took(run.own_seconds, executing, run.model_bytes)
            )
    made = {}
    for one in seen:
        model, stage = one.plan.model, one.plan.stage
        like = took[stage.name][model.sha256]
        if not like and model.kind == "gguf":
            like = _likened(took[stage.name].values(), model.size)
        if like:
            missing = 1 - one.replies / len(stage.steps)
            writing = statistics.fmean(run.writing for run in like)
            executing = statistics.fmean(run.executing for run in like)
            made[one.plan.run_id] = writing * missing + executing
    return made


def _likened(took: Iterable[list[_Took]], size: int) -> list[_Took]:
    """What runs of other files would have taken with one of ``size`` bytes."""
    return [
        run._replace(writing=run.writing * size / run.model_bytes)
        for runs in took
        for run in runs
        if run.model_bytes
    ]
