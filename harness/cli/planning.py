"""From options to a plan: shared by the commands that generate and those that only show."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from pydantic import Field

from harness import machine, wiring
from harness.cli import show
from harness.errors import HarnessError, UnknownNameError
from harness.ports import Executor, Reporter
from harness.project import datasets, model_choice, models, stages
from harness.project.datasets import Dataset
from harness.records import (
    Context,
    DatasetSpec,
    ModelIdentity,
    ModelSpec,
    Record,
    Run,
    RunKey,
    Sampling,
    StageSpec,
)
from harness.runs import lineage, plans
from harness.runs.lineage import SampleKey
from harness.runs.plans import Plan
from harness.runs.store import FileStore
from harness.weights import sources

if TYPE_CHECKING:
    from harness.runs.execution import NotebookEnvironment


class Choice(Record):
    """What the command line asked for."""

    stage: str
    model: str | None = None
    model_file: Path | None = None
    chat_format: str | None = None
    context: str = "schema"
    dataset: str | None = None
    artifacts: str = "patched"
    seed: int = 1
    sampling: dict[str, float | int | None] = Field(default_factory=dict)


class Planned(NamedTuple):
    """A run to be, and all it takes."""

    plan: Plan
    spec: ModelSpec
    weights: Path
    data: Dataset
    files: Mapping[str, Path]  # of the stages before it, by name


def plan(project: Path, choice: Choice) -> Planned:
    """The run asked for. Says so where another model stands in."""
    if choice.context not in list(Context):
        raise UnknownNameError("context", choice.context, [c.value for c in Context])
    stages.load(project, choice.stage)  # a wrong name should not wait for the weights
    choose_dataset(project, choice.dataset)
    spec = choose_spec(project, choice)
    path, identity = identify(spec, project)
    data = datasets.open_dataset(project, choose_dataset(project, choice.dataset).name)
    stage = stages.load(project, choice.stage)
    line = SampleKey(identity.sha256, data.profile.sha256, Context(choice.context), choice.seed)
    supply = lineage.supply(project, FileStore(project), stage, line, data, form_of(choice))
    inputs = _inputs(choice, spec, identity, stage, data)
    made = plans.make(project, inputs.model_copy(update={"needs": supply.needs}))
    return Planned(made, spec, path, data, supply.paths)


def form_of(choice: Choice) -> lineage.Form:
    """Which notebook of the stage before is read. Raises UnknownNameError."""
    if choice.artifacts == "patched":
        return "patched"
    if choice.artifacts == "raw":
        return "raw"
    raise UnknownNameError("form", choice.artifacts, ["patched", "raw"])


def replan(project: Path, choice: Choice, store: FileStore, first: Plan) -> Planned:
    """The plan with the first seed, from the one asked for on, that has no record yet."""
    taken = {one.seed for one in store.summaries(line_id=first.line_id)}
    seed = next(n for n in range(choice.seed, choice.seed + len(taken) + 1) if n not in taken)
    return plan(project, choice.model_copy(update={"seed": seed}))


def choose_dataset(project: Path, name: str | None) -> DatasetSpec:
    """The dataset asked for, or the only one."""
    if name is None:
        known = datasets.names(project)
        if len(known) != 1:
            raise HarnessError(
                f"the project has {len(known)} datasets ({', '.join(known)})",
                "Choose one with --dataset",
            )
        name = known[0]
    return datasets.load(project, name)


def choose_spec(project: Path, choice: Choice) -> ModelSpec:
    """The model's entry, with a notice where the embedded one stands in."""
    if choice.model is not None and choice.model_file is not None:
        raise HarnessError("--model and --model-file were both given", "Give one of them")
    if choice.model_file is not None:
        return model_choice.spec_of_file(choice.model_file, choice.chat_format)
    spec, notice = model_choice.choose_model(models.load(project), choice.model, project)
    if notice is not None:
        show.notice(notice)
    return (
        spec
        if choice.chat_format is None
        else spec.model_copy(update={"chat_format": choice.chat_format})
    )


def identify(spec: ModelSpec, project: Path) -> tuple[Path, ModelIdentity]:
    """The model's file and identity, with a bar where it is joined or read for the first time."""
    with show.bytes_bar(f"Reading the weights of {spec.name}") as report:
        return sources.resolve(spec, project, report)


def environment_of(
    project: Path, run: Run, store: FileStore, key: RunKey, reporter: Reporter, *, unsafe: bool
) -> NotebookEnvironment:
    """Where the notebooks of a stored run can be run again, on the files it was made with.

    Raises HarnessError where its table, or what it read of the stages before, is another now.
    """
    data = datasets.open_dataset(project, run.dataset)
    if data.profile.sha256 != run.dataset_sha256:
        kind = "its synthetic twin" if run.synthetic else "another table"
        raise HarnessError(
            f"run {run.run_id} was made with {kind}; {run.dataset} now uses {data.table.path.name}",
            f"Put that table back, or generate anew: harness generate --stage {run.stage}",
        )
    stage = stages.load(project, run.stage)
    form: lineage.Form = "raw" if any(one.source == "raw" for one in run.needs) else "patched"
    supply = lineage.supply(project, store, stage, lineage.sample_key_of(run), data, form)
    if [one.sha256 for one in supply.needs] != [one.sha256 for one in run.needs]:
        raise HarnessError(
            f"what run {run.run_id} read of the stages before it is another now",
            f"Run it again, its replies are kept: harness generate --stage {run.stage}",
        )
    executor = wiring.executor(unsafe=unsafe)
    return in_run_folder(stage, data, supply.paths, store, key, executor, reporter)


def in_run_folder(
    stage: StageSpec,
    data: Dataset,
    needs: Mapping[str, Path],
    store: FileStore,
    key: RunKey,
    executor: Executor,
    reporter: Reporter,
) -> NotebookEnvironment:
    """An environment whose folders are in the run's own."""
    from harness.runs.environment import notebook_environment

    return notebook_environment(
        stage, data, needs, executor, lambda name: store.work_folder(key, name), reporter
    )


def _inputs(
    choice: Choice, spec: ModelSpec, identity: ModelIdentity, stage: StageSpec, data: Dataset
) -> plans.Inputs:
    given = {key: value for key, value in choice.sampling.items() if value is not None}
    return plans.Inputs(
        model=identity,
        stage=stage,
        dataset=data.spec,
        table=data.table.visible,
        profile=data.profile,
        context=Context(choice.context),
        sampling=Sampling.model_validate({**spec.sampling.model_dump(), **given}),
        seed=choice.seed,
        packages=machine.workflow_packages(),
    )
