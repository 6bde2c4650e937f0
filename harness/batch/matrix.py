"""All runs that are asked for: models by stages by contexts by seeds, and what is left of each."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from types import MappingProxyType
from typing import NamedTuple

from harness import fixes, machine
from harness.errors import HarnessError, StoreError
from harness.project.datasets import Dataset
from harness.records import (
    ContextSpec,
    Fix,
    Help,
    ModelIdentity,
    ModelSpec,
    Run,
    Sampling,
    StageSpec,
)
from harness.runs import generation, lineage, plans
from harness.runs.lineage import Form, SampleKey
from harness.runs.plans import Plan
from harness.runs.remaining import Remaining, remaining
from harness.runs.store import FileStore


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
    contexts: tuple[ContextSpec, ...]
    seeds: tuple[int, ...]
    data: Dataset
    form: Form
    patch: bool
    unsafe: bool
    help: Help = Help()
    sources: Mapping[str, str] = MappingProxyType({})  # runs that stages read from, by stage


class Planned(NamedTuple):
    """One run of the matrix, as things stand now. ``error``: what is stored of it is broken."""

    model: Model
    plan: Plan
    files: dict[str, Path]
    left: Remaining
    replies: int  # that an earlier attempt left
    run: Run | None
    error: HarnessError | None = None

    @property
    def sample(self) -> SampleKey:
        """Whose artifacts it reads, and who may read its own."""
        plan = self.plan
        return SampleKey(
            plan.model.sha256,
            plan.profile.sha256,
            plan.context.name,
            plan.seed,
            plan.help.label,
        )

    @property
    def done(self) -> bool:
        """Whether nothing is left to do."""
        return self.left is Remaining.NOTHING


def look(project: Path, store: FileStore, matrix: Matrix) -> list[Planned]:
    """Every run of the matrix and what is left of it, in the order in which they would be done."""
    return [
        planned
        for model in matrix.models
        for stage in matrix.stages
        for planned in wave(project, store, matrix, model, stage)
    ]


def series_of(project: Path, matrix: Matrix, stage: str) -> tuple[Fix, ...] | None:
    """The fixes that the matrix's runs of a stage get; None: those they have stay as they are."""
    return fixes.series(project, stage, matrix.data.spec.name) if matrix.patch else None


def wave(
    project: Path, store: FileStore, matrix: Matrix, model: Model, stage: StageSpec
) -> list[Planned]:
    """One model's runs of one stage."""
    series = series_of(project, matrix, stage.name)
    packages = machine.workflow_packages()
    found = []
    for context in matrix.contexts:
        for seed in matrix.seeds:
            about = (context.name, seed, matrix.help.label)
            line = SampleKey(model.identity.sha256, matrix.data.profile.sha256, *about)
            supply = lineage.supply(
                project, store, stage, line, matrix.data, matrix.form, matrix.sources
            )
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
                    help=matrix.help,
                    packages=packages,
                    needs=supply.needs,
                ),
            )
            found.append(look_at(plan, store, series, model, dict(supply.paths)))
    return found


def look_at(
    plan: Plan,
    store: FileStore,
    series: Sequence[Fix] | None,
    model: Model,
    files: dict[str, Path],
) -> Planned:
    """A plan with what is stored of it."""
    replies = 0
    try:
        run = store.run(plan.key)
        if run is not None:
            whole = run.raw is not None
            replies = len(run.replies if whole else generation.stored(plan, store))
    except StoreError as error:  # of this run alone: others are done all the same
        return Planned(model, plan, files, Remaining.WRITE, 0, None, error)
    return Planned(model, plan, files, remaining(plan, run, replies, series), replies, run)
