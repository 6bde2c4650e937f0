"""What a person asks for, and the matrix of runs that it means: for one run and for many."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from itertools import count, islice
from pathlib import Path

from pydantic import Field

from harness.batch.matrix import Matrix, Model, look
from harness.errors import MOST_LISTED, HarnessError, UnknownNameError
from harness.files import OnBytes
from harness.project import contexts, datasets, model_choice, models, stages
from harness.records import DatasetSpec, Help, ModelSpec, Record, Sampling, StageSpec
from harness.runs import lineage
from harness.runs.lineage import Form
from harness.runs.store import FileStore
from harness.weights import sources as weights

Say = Callable[[str], None]
"""Called with a notice, in one line."""
Reading = Callable[[str], AbstractContextManager[OnBytes]]
"""Makes a progress bar of a label, for bytes that are read."""


class RunRequest(Record):
    """Which runs are asked for. An empty tuple means what the project says, or all."""

    models: tuple[str, ...] = ()
    model_files: tuple[Path, ...] = ()
    chat_format: str | None = None
    stages: tuple[str, ...] = ()
    contexts: tuple[str, ...] = (contexts.DEFAULT,)
    seed: int = 1
    samples: int = 1
    again: bool = False  # with the next seeds that have no run yet
    dataset: str | None = None
    artifacts: str = "patched"  # which notebook's artifacts a stage reads of those before it
    sources: tuple[str, ...] = ()  # runs whose files are read, in place of the newest ones
    sampling: dict[str, float | int | None] = Field(default_factory=dict)
    help: Help = Help()
    patch: bool = True
    unsafe: bool = False


def resolve(
    project: Path, store: FileStore, request: RunRequest, say: Say, reading: Reading
) -> Matrix:
    """The matrix. Raises HarnessError where a name is none, before any weights are read."""
    if request.samples < 1:
        raise HarnessError(f"--samples {request.samples} asks for nothing", "Give 1 or more")
    told = tuple(contexts.find(project, name) for name in dict.fromkeys(request.contexts))
    wanted = stages_of(project, request.stages)
    form = form_of(request.artifacts)
    dataset = choose_dataset(project, request.dataset)
    data = datasets.open_dataset(project, dataset)
    wanted = _that_fit(wanted, data.spec, request.stages, say)
    sources = lineage.sources(store, request.sources, wanted, data)
    matrix = Matrix(
        models=tuple(_models(project, request, say, reading)),
        stages=wanted,
        contexts=told,
        seeds=tuple(range(request.seed, request.seed + request.samples)),
        data=data,
        form=form,
        patch=request.patch,
        unsafe=request.unsafe,
        sources=sources,
        help=request.help,
    )
    return _unused_seeds(project, store, matrix) if request.again else matrix


def form_of(name: str) -> Form:
    """Which notebook of the stage before is read. Raises UnknownNameError."""
    if name == "patched":
        return "patched"
    if name == "raw":
        return "raw"
    raise UnknownNameError("form", name, ["patched", "raw"])


def stages_of(project: Path, names: tuple[str, ...]) -> tuple[StageSpec, ...]:
    """The stages asked for, each behind those it needs; none asked for means all."""
    wanted = names or tuple(stages.names(project))
    if not wanted:
        raise HarnessError("the project has no stages", "Stages are folders of prompt_templates/")
    return tuple(stages.in_order(project, wanted))


def _that_fit(
    wanted: tuple[StageSpec, ...], dataset: DatasetSpec, asked: tuple[str, ...], say: Say
) -> tuple[StageSpec, ...]:
    """The stages that are for a dataset. Raises HarnessError where one was asked for and is not."""
    left_out = [stage for stage in wanted if not stage.is_for(dataset)]
    about = f"{dataset.name}, a dataset of {dataset.task.value}"
    for stage in left_out:
        what = [*(task.value for task in stage.tasks), *stage.datasets]
        reason = f"the {stage.name} stage is for {', '.join(what)}, and not for {about}"
        if stage.name in asked:
            raise HarnessError(reason, "Choose another stage, or another --dataset")
        say(f"{reason}: left out")
    if len(left_out) == len(wanted):
        raise HarnessError(f"no stage is for {about}", "See tasks and datasets in stage.toml")
    return tuple(stage for stage in wanted if stage.is_for(dataset))


def choose_dataset(project: Path, name: str | None) -> str:
    """The dataset asked for, or the only one."""
    known = datasets.names(project)
    if not known:
        raise HarnessError(
            "the project has no dataset", "Add one: harness data add FILE --target COLUMN"
        )
    if name is None and len(known) > 1:
        listed = ", ".join(known[:MOST_LISTED]) + (", …" if len(known) > MOST_LISTED else "")
        raise HarnessError(
            f"the project has {len(known)} datasets ({listed})", "Choose one with --dataset NAME"
        )
    return datasets.load(project, name or known[0]).name


def _models(project: Path, request: RunRequest, say: Say, reading: Reading) -> Iterator[Model]:
    seen: dict[str, str] = {}
    for spec in _specs(project, request, say):
        with reading(f"Reading the weights of {spec.name}") as on_bytes:
            path, identity = weights.resolve(spec, project, on_bytes)
        twin = seen.get(identity.sha256)
        seen.setdefault(identity.sha256, identity.name)
        if twin is not None:
            say(f"{identity.name} is {twin} again: its weights are the same; left out")
            continue
        given = {name: value for name, value in request.sampling.items() if value is not None}
        sampling = Sampling.model_validate({**spec.sampling.model_dump(), **given})
        yield Model(identity, path, sampling, spec)


def _specs(project: Path, request: RunRequest, say: Say) -> list[ModelSpec]:
    listed = models.load(project)
    specs = [models.find(listed, name) for name in request.models]
    if request.chat_format is not None:
        specs = [one.model_copy(update={"chat_format": request.chat_format}) for one in specs]
    specs += [model_choice.spec_of_file(one, request.chat_format) for one in request.model_files]
    if not specs:
        spec, notice = model_choice.choose_model(listed, None, project)
        if notice is not None:
            say(notice)
        specs = [spec]
    return specs


def _unused_seeds(project: Path, store: FileStore, matrix: Matrix) -> Matrix:
    """The matrix with the first seeds, from those asked for on, that none of its lines used."""
    lines = {one.plan.line_id for one in look(project, store, matrix)}
    taken = {one.seed for one in store.summaries() if one.line_id in lines}
    free = (seed for seed in count(matrix.seeds[0]) if seed not in taken)
    return matrix._replace(seeds=tuple(islice(free, len(matrix.seeds))))
