"""Many runs: skips what is done, hands out the rest, stores what comes back.

Model by model, so that a worker loads each once. Where replies are written side by side, those of
all its stages are written first: they need nothing that another stage makes. Then notebooks run,
stage by stage, in the order in which artifacts flow; within a stage all contexts and samples side
by side.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import NamedTuple, TypeGuard

from harness import fixes
from harness.batch import worker
from harness.batch.matrix import Matrix, Model, Planned, is_done, wave
from harness.batch.worker import Job, Resources
from harness.errors import EngineLostError, HarnessError, RunLockedError, WorkerError
from harness.notebooks import stored
from harness.ports import Runner
from harness.records import (
    Fix,
    Run,
)
from harness.runs.generation import REPLIES
from harness.runs.store import FileStore, discard

MOST_TRIES = 3  # of a run whose machine or engine was lost under it
KEPT = (REPLIES, stored.RAW, stored.PATCHED)  # what an earlier attempt may have left


class Ended(NamedTuple):
    """What became of one run: a record, or the reason why there is none."""

    planned: Planned
    run: Run | None
    error: Exception | None = None


class BatchEvent(NamedTuple):
    """Something to show: an event of a worker, what became of a run, or why it goes on elsewhere.

    ``written``: its replies are there, and its notebook comes later.
    """

    worker: int
    planned: Planned
    event: worker.ReporterCall | None = None
    ended: Ended | None = None
    lost: str | None = None
    written: bool = False


def run(
    project: Path, store: FileStore, matrix: Matrix, runner: Runner, resources: Resources
) -> Iterator[BatchEvent]:
    """Do what is not done. Every failure is an outcome of its run; the batch goes on.

    Raises nothing but what stops everything: an interrupt, or a store that cannot be written.
    """
    for model in matrix.models:
        failed: set[str] = set()
        if resources.concurrent > 1:
            for moment in _write(project, store, matrix, model, runner, resources):
                yield moment
                if moment.ended is not None:
                    failed.add(moment.planned.plan.run_id)
        for stage in matrix.stages:
            planned = wave(project, store, matrix, model, stage)
            planned = [one for one in planned if one.plan.run_id not in failed]
            for one in planned:
                if one.state == "done":
                    yield BatchEvent(0, one, ended=Ended(one, one.run))
            todo = [one for one in planned if one.state != "done"]
            yield from _do(project, store, matrix, todo, runner, resources)


def _write(
    project: Path,
    store: FileStore,
    matrix: Matrix,
    model: Model,
    runner: Runner,
    resources: Resources,
) -> Iterator[BatchEvent]:
    """The replies of all stages that are missing; only runs that fail at it are ended."""
    todo = [
        one
        for stage in matrix.stages
        for one in wave(project, store, matrix, model, stage)
        if one.state != "done" and not one.written
    ]
    for moment in _do(project, store, matrix, todo, runner, resources, write_only=True):
        if moment.ended is not None and moment.ended.error is None:
            yield moment._replace(ended=None, written=True)
        else:
            yield moment


def _do(
    project: Path,
    store: FileStore,
    matrix: Matrix,
    todo: Iterable[Planned],
    runner: Runner,
    resources: Resources,
    *,
    write_only: bool = False,
) -> Iterator[BatchEvent]:
    with contextlib.ExitStack() as locks:
        held: list[Planned] = []
        series: dict[str, tuple[Fix, ...]] = {}
        for one in todo:
            try:
                locks.enter_context(store.lock(one.plan.key))
            except RunLockedError as error:
                yield BatchEvent(0, one, ended=Ended(one, None, error))
                continue
            run = store.run(one.plan.key)  # another process may have done it meanwhile
            name = one.plan.stage.name
            if matrix.patch and name not in series:
                series[name] = fixes.load(project, name)
            if run is not None and is_done(run, one.plan, series.get(name)):
                yield BatchEvent(0, one, ended=Ended(one, run))
                continue
            held.append(one)
        for last in range(1, MOST_TRIES + 1):
            lost: list[Planned] = []
            begins = _begins(resources, held)
            jobs = [
                _job(store, matrix, one, series.get(one.plan.stage.name)).model_copy(
                    update={
                        "resources": resources,
                        "write_only": write_only,
                        **begins.get(one.plan.run_id, {}),
                    }
                )
                for one in held
            ]
            for moment in _hear(store, held, jobs, runner):
                why = moment.ended.error if moment.ended else None
                if _is_lost(why) and last < MOST_TRIES:
                    lost.append(moment.planned)
                    told = f"{why.message}: going on from what is kept, try {last + 1}"
                    yield BatchEvent(moment.worker, moment.planned, lost=told)
                else:
                    yield moment
            held = lost


def _is_lost(why: Exception | None) -> TypeGuard[HarnessError]:
    """Whether what the run was on is gone, so that the run is not to blame."""
    return isinstance(why, EngineLostError) or (isinstance(why, WorkerError) and why.lost)


def _hear(
    store: FileStore, held: Sequence[Planned], jobs: Sequence[Job], runner: Runner
) -> Iterator[BatchEvent]:
    for happening in runner.run(jobs):
        one = held[happening.job]
        if isinstance(happening.event, worker.Saved):
            store.save(one.plan.key, happening.event.name, happening.event.blob)
        elif happening.event is not None:
            yield BatchEvent(happening.worker, one, event=happening.event)
        else:
            with contextlib.suppress(OSError):
                discard(jobs[happening.job].folder)
            yield BatchEvent(
                happening.worker, one, ended=Ended(one, happening.result, happening.error)
            )


def _begins(resources: Resources, held: Sequence[Planned]) -> dict[str, dict[str, int]]:
    """By run id, where a run stands among those that begin to be written together in one worker."""
    writing = [one.plan.run_id for one in held if not one.written]
    first = min(len(writing), resources.concurrent * resources.workers)
    return {
        run_id: {
            "order": order,
            "among": len(range(order % resources.workers, first, resources.workers))
            if order < first
            else 1,
        }
        for order, run_id in enumerate(writing)
    }


def _job(store: FileStore, matrix: Matrix, one: Planned, series: tuple[Fix, ...] | None) -> Job:
    blobs = {name: store.load(one.plan.key, name) for name in KEPT}
    return Job(
        plan=one.plan,
        weights=one.model.weights,
        data=matrix.data,
        files=one.files,
        series=series,
        stored={name: blob for name, blob in blobs.items() if blob is not None},
        folder=store.folder(one.plan.key) / "work",
        unsafe=matrix.unsafe,
        spec=one.model.spec,
    )
