"""Many runs: plans a matrix, skips what is done, hands out the rest, stores what comes back.

Model by model, so that a worker loads each once; within a model stage by stage, in the order in
which artifacts flow; within a stage all contexts and samples side by side.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Literal, NamedTuple, TypeGuard

from harness import fixes, lineage, machine, patching, plans, stages, store, work
from harness.datasets import Dataset
from harness.errors import EngineLostError, HarnessError, RunLockedError, WorkerError
from harness.generation import REPLIES
from harness.lineage import Form, Line
from harness.plans import Plan
from harness.ports import Runner
from harness.records import (
    Context,
    Fix,
    ModelIdentity,
    ModelSpec,
    Outcome,
    Run,
    Sampling,
    StageSpec,
)
from harness.store import FileStore
from harness.work import Job, Share

MOST_TRIES = 3  # of a run whose machine or engine was lost under it
KEPT = (REPLIES, patching.RAW, patching.PATCHED)  # what an earlier attempt may have left


class Model(NamedTuple):
    """A model of the batch: who it is, where its weights are, how it samples."""

    identity: ModelIdentity
    weights: Path
    sampling: Sampling
    spec: ModelSpec


class Matrix(NamedTuple):
    """All that is asked for; ``stages`` in the order in which artifacts flow."""

    models: tuple[Model, ...]
    stages: tuple[StageSpec, ...]
    contexts: tuple[Context, ...]
    seeds: tuple[int, ...]
    data: Dataset
    form: Form
    patch: bool
    unsafe: bool


class Planned(NamedTuple):
    """One run of the matrix, as things stand now."""

    model: Model
    plan: Plan
    files: dict[str, Path]
    state: Literal["done", "begun", "to do"]
    replies: int  # that an earlier attempt left
    run: Run | None


class Ended(NamedTuple):
    """What became of one run: a record, or the reason why there is none."""

    planned: Planned
    run: Run | None
    error: Exception | None = None


class Moment(NamedTuple):
    """Something to show: an event of a worker, the end of a run, or why it goes on elsewhere."""

    worker: int
    planned: Planned
    event: work.Watched | None = None
    ended: Ended | None = None
    lost: str | None = None


def look(project: Path, kept: FileStore, matrix: Matrix) -> list[Planned]:
    """Every run of the matrix and how far it is, in the order in which they would be done."""
    return [
        planned
        for model in matrix.models
        for stage in matrix.stages
        for planned in wave(project, kept, matrix, model, stage)
    ]


def wave(
    project: Path, kept: FileStore, matrix: Matrix, model: Model, stage: StageSpec
) -> list[Planned]:
    """One model's runs of one stage."""
    series = fixes.load(project, stage.name) if matrix.patch else None
    packages = machine.workflow_packages()
    found = []
    for context in matrix.contexts:
        for seed in matrix.seeds:
            line = Line(model.identity.sha256, matrix.data.profile.sha256, context, seed)
            supply = lineage.supply(project, kept, stage, line, matrix.data, matrix.form)
            plan = plans.make(
                project,
                plans.Inputs(
                    model=model.identity,
                    stage=stage,
                    dataset=matrix.data.spec,
                    table=matrix.data.table.visible,
                    profile=matrix.data.profile,
                    context=context,
                    sampling=model.sampling,
                    seed=seed,
                    packages=packages,
                    needs=supply.needs,
                ),
            )
            run = kept.run(plan.key)
            done = run is not None and _is_done(run, plan, series)
            replies = len(run.replies) if run is not None else 0
            state: Literal["done", "begun", "to do"] = (
                "done" if done else "begun" if run is not None else "to do"
            )
            found.append(Planned(model, plan, dict(supply.paths), state, replies, run))
    return found


def _is_done(run: Run, plan: Plan, series: Sequence[Fix] | None) -> bool:
    if run.outcome is Outcome.INCOMPLETE:
        return False
    if [one.sha256 for one in run.needs] != [one.sha256 for one in plan.needs]:
        return False
    return series is None or patching.is_current(run, series)


def run(
    project: Path, kept: FileStore, matrix: Matrix, runner: Runner, share: Share
) -> Iterator[Moment]:
    """Do what is not done. Every failure is an outcome of its run; the batch goes on.

    Raises nothing but what stops everything: an interrupt, or a store that cannot be written.
    """
    for model in matrix.models:
        for stage in matrix.stages:
            planned = wave(project, kept, matrix, model, stage)
            for one in planned:
                if one.state == "done":
                    yield Moment(0, one, ended=Ended(one, one.run))
            todo = [one for one in planned if one.state != "done"]
            yield from _do(project, kept, matrix, todo, runner, share)


def _do(
    project: Path,
    kept: FileStore,
    matrix: Matrix,
    todo: Iterable[Planned],
    runner: Runner,
    share: Share,
) -> Iterator[Moment]:
    with contextlib.ExitStack() as locks:
        held: list[Planned] = []
        series: dict[str, tuple[Fix, ...]] = {}
        for one in todo:
            try:
                locks.enter_context(kept.lock(one.plan.key))
            except RunLockedError as error:
                yield Moment(0, one, ended=Ended(one, None, error))
                continue
            run = kept.run(one.plan.key)  # another process may have done it meanwhile
            name = one.plan.stage.name
            if matrix.patch and name not in series:
                series[name] = fixes.load(project, name)
            if run is not None and _is_done(run, one.plan, series.get(name)):
                yield Moment(0, one, ended=Ended(one, run))
                continue
            held.append(one)
        for last in range(1, MOST_TRIES + 1):
            lost: list[Planned] = []
            begins = _begins(share, held)
            jobs = [
                _job(kept, matrix, one, series.get(one.plan.stage.name)).model_copy(
                    update={"share": share, **begins.get(one.plan.run_id, {})}
                )
                for one in held
            ]
            for moment in _hear(kept, held, jobs, runner):
                why = moment.ended.error if moment.ended else None
                if _is_lost(why) and last < MOST_TRIES:
                    lost.append(moment.planned)
                    told = f"{why.message}: going on from what is kept, try {last + 1}"
                    yield Moment(moment.worker, moment.planned, lost=told)
                else:
                    yield moment
            held = lost


def _is_lost(why: Exception | None) -> TypeGuard[HarnessError]:
    """Whether what the run was on is gone, so that the run is not to blame."""
    return isinstance(why, EngineLostError) or (isinstance(why, WorkerError) and why.lost)


def _hear(
    kept: FileStore, held: Sequence[Planned], jobs: Sequence[Job], runner: Runner
) -> Iterator[Moment]:
    for happening in runner.run(jobs):
        one = held[happening.job]
        if isinstance(happening.event, work.Saved):
            kept.save(one.plan.key, happening.event.name, happening.event.blob)
        elif happening.event is not None:
            yield Moment(happening.worker, one, event=happening.event)
        else:
            with contextlib.suppress(OSError):
                store.discard(jobs[happening.job].folder)
            yield Moment(happening.worker, one, ended=Ended(one, happening.result, happening.error))


def _begins(share: Share, held: Sequence[Planned]) -> dict[str, dict[str, int]]:
    """By run id, where a run stands among those that begin to be written together in one worker."""
    writing = [one.plan.run_id for one in held if one.replies < len(one.plan.stage.steps)]
    first = min(len(writing), share.at_once * share.workers)
    return {
        run_id: {
            "order": order,
            "among": len(range(order % share.workers, first, share.workers))
            if order < first
            else 1,
        }
        for order, run_id in enumerate(writing)
    }


def _job(kept: FileStore, matrix: Matrix, one: Planned, series: tuple[Fix, ...] | None) -> Job:
    blobs = {name: kept.load(one.plan.key, name) for name in KEPT}
    return Job(
        plan=one.plan,
        weights=one.model.weights,
        data=matrix.data,
        files=one.files,
        series=series,
        kept={name: blob for name, blob in blobs.items() if blob is not None},
        folder=kept.folder(one.plan.key) / "work",
        unsafe=matrix.unsafe,
        spec=one.model.spec,
    )


def in_order(project: Path, wanted: Sequence[str]) -> tuple[StageSpec, ...]:
    """The stages asked for, each behind those it needs; none asked for means all."""
    names = wanted or stages.names(project)
    if not names:
        raise HarnessError("the project has no stages", "Stages are folders of prompt_templates/")
    return tuple(stages.in_order(project, names))
