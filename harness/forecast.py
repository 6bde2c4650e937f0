"""How long runs are likely to take, by what stored ones took."""

from __future__ import annotations

import statistics
from collections import defaultdict
from collections.abc import Iterable
from typing import NamedTuple

from harness.matrix import Planned
from harness.records import RunSummary


class _Took(NamedTuple):
    writing: float  # seconds, had it been written by itself
    executing: float
    model_bytes: int | None


def expected(seen: Iterable[Planned], past: Iterable[RunSummary]) -> dict[str, float]:
    """Seconds that each run would take by itself, by run id; only where stored runs tell.

    Replies written side by side wait for each other, so a model's time for a token is that of its
    fastest run. A file without runs of its own is likened to others by size: nearly all of a
    token's time goes into reading the weights.
    """
    took = _by_stage_and_model([run for run in past if run.outcome != "incomplete"])
    made = {}
    for one in seen:
        model, stage = one.plan.model, one.plan.stage
        like = took.get((stage.name, model.sha256), [])
        if not like and model.kind == "gguf":
            like = [
                run._replace(writing=run.writing * model.size / run.model_bytes)
                for (name, _), runs in took.items()
                if name == stage.name
                for run in runs
                if run.model_bytes
            ]
        if like:
            missing = 1 - one.replies / len(stage.steps)
            writing = statistics.fmean(run.writing for run in like)
            executing = statistics.fmean(run.executing for run in like)
            made[one.plan.run_id] = writing * missing + executing
    return made


def _by_stage_and_model(past: Iterable[RunSummary]) -> dict[tuple[str, str], list[_Took]]:
    """What finished runs took, each at the pace of its model's fastest."""
    past = list(past)
    pace: dict[str, float] = {}  # seconds a token, by model
    for run in past:
        if run.completion_tokens:
            spent = run.generation_seconds / run.completion_tokens
            pace[run.model_sha256] = min(pace.get(run.model_sha256, spent), spent)
    took: dict[tuple[str, str], list[_Took]] = defaultdict(list)
    for run in past:
        writing = run.completion_tokens * pace.get(run.model_sha256, 0.0)
        executing = run.seconds - run.generation_seconds
        took[run.stage, run.model_sha256].append(_Took(writing, executing, run.model_bytes))
    return took
