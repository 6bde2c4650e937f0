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
    context: str
    help: str


def expected(seen: Iterable[Planned], past: Iterable[RunSummary]) -> dict[str, float]:
    """Seconds that each run adds to a batch, by run id; only where stored runs tell.

    A file without runs of its own is likened to others by size: nearly all of a token's time goes
    into reading the weights.
    """
    took: dict[str, dict[str, list[_Took]]] = defaultdict(lambda: defaultdict(list))
    for run in past:
        if run.outcome != "incomplete":
            took[run.stage][run.model_sha256].append(
                _Took(run.own_seconds, run.executing, run.model_bytes, run.context, run.help)
            )
    likely: dict[tuple[str, ...], tuple[float, float] | None] = {}
    made = {}
    for one in seen:
        model, stage = one.plan.model, one.plan.stage
        how = one.plan.context.name, one.plan.help.label
        whose = stage.name, model.sha256, *how
        if whose not in likely:
            likely[whose] = _likely(took[stage.name], model, how)
        like = likely[whose]
        if like is not None:
            writing, executing = like
            missing = 1 - one.replies / len(stage.steps)
            made[one.plan.run_id] = writing * missing + executing
    return made


def _likely(
    took: Mapping[str, list[_Took]], model: ModelIdentity, how: tuple[str, str]
) -> tuple[float, float] | None:
    """The mean of a model's runs of a stage, or of what other files' would be at its size.

    Of runs under the same context and help, where there are any, else under the same help.
    """
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
    like = (
        [run for run in like if (run.context, run.help) == how]
        or [run for run in like if run.help == how[1]]
        or like
    )
    writing = statistics.fmean(run.writing for run in like)
    return writing, statistics.fmean(run.executing for run in like)
