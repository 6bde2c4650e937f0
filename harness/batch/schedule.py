"""Runs, one or many: skips what is done, hands out the rest, stores what comes back.

Model by model, so that a worker loads each once. Where replies are written side by side, those of
all its stages are written first: they need nothing that another stage makes, unless a kernel lives
beside the writing. Then notebooks run, stage by stage, in the order in which artifacts flow; within
a stage all contexts and samples side by side.
"""

from __future__ import annotations

import contextlib
import errno
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TypeGuard

from harness import files
from harness.batch import inputs, jobs, worker
from harness.batch.matrix import Matrix, Model, Planned, look_at, series_of, wave
from harness.batch.outcomes import BatchEvent, Ended, OnEvent
from harness.batch.worker import Job, Resources
from harness.errors import EngineLostError, HarnessError, StoreError, WorkerError, told
from harness.ports import Runner, WorkerEvent
from harness.records import Fix, Run, StageSpec
from harness.runs import beside, patching
from harness.runs.lineage import SampleKey
from harness.runs.remaining import Remaining
from harness.runs.store import FileStore

MOST_TRIES = 3  # of a run whose machine or engine was lost under it
STOPS_ALL = (errno.ENOSPC, errno.EDQUOT, errno.EROFS)  # no run could be stored


class Batch:
    """The runs of a matrix, done by a runner and kept in a store. One run is a batch of one."""

    def __init__(
        self,
        project: Path,
        store: FileStore,
        matrix: Matrix,
        runner: Runner,
        resources: Resources,
    ) -> None:
        self._project, self._store, self._matrix = project, store, matrix
        self._runner, self._resources = runner, resources
        self._alone = len(matrix.models) * len(matrix.stages) == len(matrix.seeds) == 1
        self._alone = self._alone and len(matrix.contexts) == 1
        self._ended: list[Ended] = []

    def carry_out(self, on_event: OnEvent) -> list[Ended]:
        """Do what is left. Every failure is an outcome of its run; the batch goes on.

        Raises nothing but what stops everything: an interrupt, or a store that cannot be written.
        """
        self._on_event = on_event
        for model in self._matrix.models:
            failed = self._write_all(model) if self._resources.concurrent > 1 else set()
            for stage in self._matrix.stages:
                if self._resources.concurrent > 1:
                    failed |= self._write_beside(model, stage, failed)
                planned = [one for one in self._wave(model, stage) if _id(one) not in failed]
                self._do([one for one in planned if not self._over(one)])
        return self._ended

    def _wave(self, model: Model, stage: StageSpec) -> list[Planned]:
        return wave(self._project, self._store, self._matrix, model, stage)

    def _end(self, place: int, ended: Ended) -> None:
        self._ended.append(ended)
        self._on_event(BatchEvent(place, ended.planned, ended=ended))

    def _over(self, one: Planned, coming: bool = False) -> bool:
        """Whether a run ends as it stands: done, broken in the store, or without its inputs.

        ``coming``: its inputs were looked at, and what is not there yet is on its way.
        """
        error = one.error or (None if coming else inputs.problem(self._project, one))
        if one.done or error is not None:
            self._end(0, Ended(one, one.run if error is one.error else None, error))
        return one.done or error is not None

    def _write_all(self, model: Model) -> set[str]:
        """The missing replies of all stages; returns the ids of runs that failed at it.

        Those that a kernel lives beside are left: it reads the files of the stages before.
        """
        before = len(self._ended)
        todo: list[Planned] = []
        coming: dict[SampleKey, set[str]] = {}  # stages that something is still to be done for
        for stage in self._matrix.stages:
            for one in self._wave(model, stage):
                made_here = coming.setdefault(one.sample, set())
                error = None if one.error else inputs.problem(self._project, one, made_here)
                if error is not None:
                    self._end(0, Ended(one, None, error))
                else:
                    made_here |= set() if one.done else {stage.name}
                    todo += [one] if _is_to_write(one) and not one.plan.beside else []
        self._do(todo, write_only=True)
        return {_id(ended.planned) for ended in self._ended[before:]}

    def _write_beside(self, model: Model, stage: StageSpec, failed: set[str]) -> set[str]:
        """The missing replies of a stage that a kernel lives beside; returns as ``_write_all``."""
        before = len(self._ended)
        todo = [
            one
            for one in self._wave(model, stage)
            if one.plan.beside
            and _is_to_write(one)
            and _id(one) not in failed
            and inputs.problem(self._project, one) is None
        ]
        self._do(todo, write_only=True)
        return {_id(ended.planned) for ended in self._ended[before:]}

    def _do(self, todo: Sequence[Planned], *, write_only: bool = False) -> None:
        with contextlib.ExitStack() as locks:
            held: list[Planned] = []
            series: dict[str, tuple[Fix, ...] | None] = {}
            for one in todo:
                name = one.plan.stage.name
                if name not in series:
                    series[name] = series_of(self._project, self._matrix, name)
                now = self._taken(one, series[name], locks)
                if now is not None and (not write_only or _is_to_write(now)):
                    held.append(now)
            for number in range(1, MOST_TRIES + 1):
                lost = self._try(held, series, number, write_only=write_only)
                held = [self._now(one, series[one.plan.stage.name]) for one in lost]

    def _now(self, one: Planned, series: tuple[Fix, ...] | None) -> Planned:
        return look_at(one.plan, self._store, series, one.model, one.files)

    def _taken(
        self, one: Planned, series: tuple[Fix, ...] | None, locks: contextlib.ExitStack
    ) -> Planned | None:
        """The run as it stands once it is held; None where it ended before it began."""
        key = one.plan.key
        try:
            locks.enter_context(self._store.lock(key))
            # Another process may have done it meanwhile.
            now = self._now(one, series)
            if not now.done and now.left is not Remaining.CHECK and series is not None:
                patching.refuse_unsaved_edits(key, now.run, series, self._store)
        except Exception as error:
            self._end(0, Ended(one, None, told(error)))
            return None
        return None if self._over(now, coming=True) else now

    def _try(
        self,
        held: Sequence[Planned],
        series: dict[str, tuple[Fix, ...] | None],
        number: int,
        *,
        write_only: bool,
    ) -> list[Planned]:
        """Do the jobs, for the first or another time; returns the runs to try once more."""
        lost: list[Planned] = []
        unsaved: dict[int, HarnessError] = {}  # what a job could not have stored
        work = list(self._jobs(held, series, write_only=write_only))

        def hear(happened: WorkerEvent) -> None:
            one, job = work[happened.job]
            failed = unsaved.get(happened.job)
            if failed is None and happened.error is not None:
                failed = told(happened.error)
            if isinstance(happened.event, worker.Saved):
                why = self._save(one, happened.event)
                if why is not None:
                    unsaved.setdefault(happened.job, why)
            elif happened.event is not None:
                self._on_event(BatchEvent(happened.worker, one, call=happened.event))
            elif _is_lost(failed) and number < MOST_TRIES:
                lost.append(one)
                said = f"{failed.message}: going on from what is kept, try {number + 1}"
                self._on_event(BatchEvent(happened.worker, one, lost=said))
            elif write_only and failed is None:
                self._on_event(BatchEvent(happened.worker, one, written=True))
            else:
                self._tidy(happened.worker, one, job)
                run = None if failed else happened.result
                failed = failed or self._lay_out(one, run)
                self._end(happened.worker, Ended(one, run, failed))

        if work:
            self._runner.run([job for _, job in work], hear)
        return lost

    def _jobs(
        self,
        held: Sequence[Planned],
        series: dict[str, tuple[Fix, ...] | None],
        *,
        write_only: bool,
    ) -> Iterator[tuple[Planned, Job]]:
        places = jobs.places(self._resources, held)
        store, matrix, resources = self._store, self._matrix, self._resources
        for one in held:
            known = series[one.plan.stage.name]
            try:
                job = jobs.job_of(one, known, store, matrix, resources, alone=self._alone)
            except Exception as error:
                self._end(0, Ended(one, None, told(error)))
                continue
            update = {"write_only": write_only, **places.get(_id(one), {})}
            yield one, job.model_copy(update=update)

    def _save(self, one: Planned, saved: worker.Saved) -> HarnessError | None:
        """Store a file of a run. Returns why it could not be, where others still can be stored."""
        try:
            self._store.save(one.plan.key, saved.name, saved.blob)
        except StoreError as error:
            if self._alone or getattr(error.__cause__, "errno", None) in STOPS_ALL:
                raise
            return error
        return None

    def _tidy(self, place: int, one: Planned, job: Job) -> None:
        """Of many runs, what kernels left in their folders is a lot."""
        for name in () if self._alone else worker.FOLDERS:
            left = files.clear(job.folder / name)
            if left is not None:
                self._on_event(BatchEvent(place, one, left=left))

    def _lay_out(self, one: Planned, run: Run | None) -> HarnessError | None:
        if run is not None and run.raw is not None:
            data = self._matrix.data
            inputs = {data.spec.file: data.table.visible, **one.files}
            try:
                beside.renew(self._store.folder(one.plan.key), inputs)
            except Exception as error:
                return told(error)
        return None


def _id(one: Planned) -> str:
    return one.plan.run_id


def _is_to_write(one: Planned) -> bool:
    return one.left is Remaining.WRITE and one.error is None


def _is_lost(why: Exception | None) -> TypeGuard[HarnessError]:
    """Whether what the run was on is gone, so that the run is not to blame."""
    return isinstance(why, EngineLostError) or (isinstance(why, WorkerError) and why.lost)
