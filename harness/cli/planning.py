"""From options to a plan: shared by the commands that generate and those that only show."""

from __future__ import annotations

from pathlib import Path

from pydantic import Field

from harness import datasets, machine, models, plans, stages, weights, wiring
from harness.cli import show
from harness.errors import HarnessError, UnknownNameError
from harness.execution import Desk
from harness.plans import Plan
from harness.ports import Reporter
from harness.records import (
    Context,
    DatasetSpec,
    ModelIdentity,
    ModelSpec,
    Record,
    Run,
    RunKey,
    Sampling,
)
from harness.store import FileStore


class Choice(Record):
    """What the command line asked for."""

    stage: str
    model: str | None = None
    model_file: Path | None = None
    chat_format: str | None = None
    context: str = "schema"
    dataset: str | None = None
    seed: int = 1
    sampling: dict[str, float | int | None] = Field(default_factory=dict)


def plan(project: Path, choice: Choice) -> tuple[Plan, Path]:
    """The run asked for, and the file of its model. Says so where another model stands in."""
    if choice.context not in list(Context):
        raise UnknownNameError("context", choice.context, [c.value for c in Context])
    stages.load(project, choice.stage)  # a wrong name should not wait for the weights
    choose_dataset(project, choice.dataset)
    spec = choose_spec(project, choice)
    path, identity = identify(spec, project)
    return plans.make(project, _inputs(project, choice, spec, identity)), path


def replan(project: Path, choice: Choice, store: FileStore, first: Plan) -> Plan:
    """The plan with the first seed, from the one asked for on, that has no record yet."""
    taken = {run.seed for _, run in store.runs() if run.line_id == first.line_id}
    seed = next(n for n in range(choice.seed, choice.seed + len(taken) + 1) if n not in taken)
    return plan(project, choice.model_copy(update={"seed": seed}))[0]


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
        return wiring.spec_of_file(choice.model_file, choice.chat_format)
    spec, notice = wiring.choose_model(models.load(project), choice.model, project)
    if notice is not None:
        show.err.print(notice, style="yellow", soft_wrap=True)
    return (
        spec
        if choice.chat_format is None
        else spec.model_copy(update={"chat_format": choice.chat_format})
    )


def identify(spec: ModelSpec, project: Path) -> tuple[Path, ModelIdentity]:
    """The model's file and identity, with a bar where it is joined or read for the first time."""
    with show.bytes_bar(f"Reading the weights of {spec.name}") as report:
        return wiring.identify(spec, project, report)


def desk_of(
    project: Path, run: Run, store: FileStore, key: RunKey, watch: Reporter, *, unsafe: bool
) -> Desk:
    """Where the notebooks of a stored run can be run again, on the table it was made for.

    Raises HarnessError where that table is not the project's any more.
    """
    dataset = datasets.load(project, run.dataset)
    table = datasets.table(project, dataset)
    if weights.digest_of(table.path) != run.dataset_sha256:
        kind = "its synthetic twin" if run.synthetic else "another table"
        raise HarnessError(
            f"run {run.run_id} was made with {kind}; {run.dataset} now uses {table.path.name}",
            f"Put that table back, or generate anew: harness generate --stage {run.stage}",
        )
    return Desk(
        executor=wiring.executor(unsafe=unsafe),
        fresh=lambda: store.work_folder(key),
        inputs={dataset.file: table.path},
        stage=stages.load(project, run.stage),
        watch=watch,
    )


def _inputs(
    project: Path, choice: Choice, spec: ModelSpec, identity: ModelIdentity
) -> plans.Inputs:
    dataset = choose_dataset(project, choice.dataset)
    given = {key: value for key, value in choice.sampling.items() if value is not None}
    return plans.Inputs(
        model=identity,
        stage=stages.load(project, choice.stage),
        dataset=dataset,
        table=datasets.table(project, dataset).path,
        profile=datasets.profile(project, dataset),
        context=Context(choice.context),
        sampling=Sampling.model_validate({**spec.sampling.model_dump(), **given}),
        seed=choice.seed,
        packages=machine.workflow_packages(),
    )
