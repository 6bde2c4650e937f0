"""All runs that are asked for: models by stages by contexts by seeds, and how far each is."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Literal, NamedTuple

from harness import fixes, machine
from harness.errors import HarnessError
from harness.project import stages
from harness.project.datasets import Dataset
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
from harness.runs import lineage, patching, plans
from harness.runs.lineage import Form, SampleKey
from harness.runs.plans import Plan
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

    @property
    def written(self) -> bool:
        """Whether no reply is missing."""
        return self.replies == len(self.plan.stage.steps)


def look(project: Path, store: FileStore, matrix: Matrix) -> list[Planned]:
    """Every run of the matrix and how far it is, in the order in which they would be done."""
    return [
        planned
        for model in matrix.models
        for stage in matrix.stages
        for planned in wave(project, store, matrix, model, stage)
    ]


def wave(
    project: Path, store: FileStore, matrix: Matrix, model: Model, stage: StageSpec
) -> list[Planned]:
    """One model's runs of one stage."""
    series = fixes.load(project, stage.name) if matrix.patch else None
    packages = machine.workflow_packages()
    found = []
    for context in matrix.contexts:
        for seed in matrix.seeds:
            line = SampleKey(model.identity.sha256, matrix.data.profile.sha256, context, seed)
            supply = lineage.supply(project, store, stage, line, matrix.data, matrix.form)
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
            run = store.run(plan.key)
            done = run is not None and is_done(run, plan, series)
            replies = len(run.replies) if run is not None else 0
            state: Literal["done", "begun", "to do"] = (
                "done" if done else "begun" if run is not None else "to do"
            )
            found.append(Planned(model, plan, dict(supply.paths), state, replies, run))
    return found


def is_done(run: Run, plan: Plan, series: Sequence[Fix] | None) -> bool:
    """Whether nothing is left to do of a run, its fixes included."""
    if run.outcome is Outcome.INCOMPLETE:
        return False
    if [one.sha256 for one in run.needs] != [one.sha256 for one in plan.needs]:
        return False
    return series is None or patching.is_current(run, series)


def in_order(project: Path, wanted: Sequence[str]) -> tuple[StageSpec, ...]:
    """The stages asked for, each behind those it needs; none asked for means all."""
    names = wanted or stages.names(project)
    if not names:
        raise HarnessError("the project has no stages", "Stages are folders of prompt_templates/")
    return tuple(stages.in_order(project, names))
