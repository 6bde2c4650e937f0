"""How long runs are likely to take, by what stored ones took."""

from __future__ import annotations

import statistics
from collections import defaultdict
from collections.abc import Iterable, Mapping
from typing import NamedTuple

from harness.batch.matrix import Planned
from harness.records import ModelIdentity, RunSummary


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
            took[run.stage][run.model_sha256].append(
                _Took(run.own_seconds, run.executing, run.model_bytes)
            )
    likely: dict[tuple[str, str], _Took | None] = {}
    made = {}
    for one in seen:
        model, stage = one.plan.model, one.plan.stage
        whose = stage.name, model.sha256
        if whose not in likely:
            likely[whose] = _likely(took[stage.name], model)
        like = likely[whose]
        if like is not None:
            missing = 1 - one.replies / len(stage.steps)
            made[one.plan.run_id] = like.writing * missing + like.executing
    return made


def _likely(took: Mapping[str, list[_Took]], model: ModelIdentity) -> _Took | None:
    """The mean of a model's runs of a stage, or of what other files' would be at its size."""
    like = took.get(model.sha256, [])
    if not like and model.kind == "gguf":
        like = [
            run._replace(writing=run.writing * model.size / run.model_bytes)
            for runs in took.values()
            for run in runs
            if run.model_bytes
        ]
    if not like:
        return None
    writing = statistics.fmean(run.writing for run in like)
    return _Took(writing, statistics.fmean(run.executing for run in like), model.size)
