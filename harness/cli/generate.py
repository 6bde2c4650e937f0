"""``harness generate``: the main job."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from harness.cli.options import ChatFormat, Dataset, ModelFile, ModelName, NoSandbox, Project

if TYPE_CHECKING:
    from harness.cli.planning import Choice, Planned
    from harness.records import Fix, Run
    from harness.runs.plans import Plan
    from harness.runs.store import FileStore

UNSAFE = "Generated code runs WITHOUT a sandbox, with your rights."


def generate(
    stage: Annotated[str, typer.Option("--stage", help="A folder of prompt_templates/.")],
    model: ModelName = None,
    model_file: ModelFile = None,
    chat_format: ChatFormat = None,
    context: Annotated[
        str, typer.Option(help="What the model may know of the data: blind or schema.")
    ] = "schema",
    dataset: Dataset = None,
    artifacts: Annotated[
        str, typer.Option(help="What it reads of the stages before: patched or raw.")
    ] = "patched",
    seed: Annotated[int, typer.Option(min=0, help="Of the sampling; same seed, same reply.")] = 1,
    samples: Annotated[
        int, typer.Option(min=1, help="Runs to make side by side, with seeds from --seed on.")
    ] = 1,
    again: Annotated[
        bool, typer.Option("--again", help="Make another sample, with the next unused seed.")
    ] = False,
    temperature: Annotated[float | None, typer.Option(min=0, max=5)] = None,
    top_p: Annotated[float | None, typer.Option(min=0.001, max=1)] = None,
    max_tokens: Annotated[int | None, typer.Option(min=1, help="Longest reply.")] = None,
    no_patch: Annotated[
        bool, typer.Option("--no-patch", help="Stop at the raw notebook; leave the fixes out.")
    ] = False,
    unsafe_no_sandbox: NoSandbox = False,
    project: Project = None,
) -> None:
    """Let a model write a stage's notebook, run it safely, and record what failed.

    The human fixes of fixes/STAGE/ are then applied to it, and the patched notebook is run too.
    The same command again returns at once; an interrupted one goes on where it stopped.

    Examples:

      harness generate --stage eda

      harness generate --stage eda --context blind --again

      harness generate --stage eda --samples 8

      harness generate --stage eda --model-file ~/models/some-coder.Q4_K_M.gguf
    """
    from harness.cli import outcome, planning, show
    from harness.project import location
    from harness.runs.store import FileStore

    folder = location.find(project)
    store = FileStore(folder)
    chosen = planning.Choice(
        stage=stage,
        model=model,
        model_file=model_file,
        chat_format=chat_format,
        context=context,
        dataset=dataset,
        artifacts=artifacts,
        seed=seed,
        sampling={"temperature": temperature, "top_p": top_p, "max_tokens": max_tokens},
    )
    planned = planning.plan(folder, chosen)
    if again:
        planned = planning.replan(folder, chosen, store, planned.plan)
    outcome.announce(planned.plan)
    if unsafe_no_sandbox:
        show.notice(UNSAFE, "bold red")
    patch = not no_patch
    if samples > 1:
        _several(folder, planned, chosen, samples, patch=patch, unsafe=unsafe_no_sandbox)
    else:
        _one(folder, store, planned, patch=patch, unsafe=unsafe_no_sandbox)


def _one(folder: Path, store: FileStore, planned: Planned, *, patch: bool, unsafe: bool) -> None:
    """The run, made or found done, and what there is to say of it."""
    from harness import fixes
    from harness.cli import outcome, show

    plan = planned.plan
    series = fixes.load(folder, plan.stage.name) if patch else None
    run = store.run(plan.key)
    if run is not None and run.outcome.value != "incomplete" and same_files(run, plan):
        show.out.print("This run is done already; another sample: --again", style="yellow")
        run = _repatched(folder, store, plan, run, series, unsafe=unsafe)
    else:
        run = _made(store, planned, series, unsafe=unsafe)
    outcome.finish(run, plan.key, store)


def _several(
    folder: Path, planned: Planned, chosen: Choice, samples: int, *, patch: bool, unsafe: bool
) -> None:
    """Runs that differ in their seed only, written side by side."""
    from harness.batch.matrix import Matrix, Model
    from harness.cli import batches, planning

    plan = planned.plan
    matrix = Matrix(
        models=(Model(plan.model, planned.weights, plan.sampling, planned.spec),),
        stages=(plan.stage,),
        contexts=(plan.context,),
        seeds=tuple(range(plan.seed, plan.seed + samples)),
        data=planned.data,
        form=planning.form_of(chosen),
        patch=patch,
        unsafe=unsafe,
    )
    batches.carry_out(folder, matrix)


def same_files(run: Run, plan: Plan) -> bool:
    """Whether a run read the very files that it would read now."""
    return [one.sha256 for one in run.needs] == [one.sha256 for one in plan.needs]


def _made(
    store: FileStore, planned: Planned, series: tuple[Fix, ...] | None, *, unsafe: bool
) -> Run:
    """The run, watched, from wherever an earlier command left it."""
    from harness import wiring
    from harness.runs import generation

    plan = planned.plan
    engine = wiring.engine(plan.model, planned.weights)
    try:
        writes = len(generation.stored(plan, store)) < len(plan.stage.steps)
        if writes:
            engine.load()  # while the rest is imported, and the sandbox tried
        from harness.cli import planning
        from harness.cli.live import LiveReporter
        from harness.runs import pipeline

        executor = wiring.executor(unsafe=unsafe)
        with store.lock(plan.key), LiveReporter(plan.sampling.max_tokens) as reporter:
            environment = planning.in_run_folder(
                plan.stage, planned.data, planned.files, store, plan.key, executor, reporter
            )
            if writes and plan.model.kind != "script":  # which has nothing to wait for
                environment.prepare()
            return pipeline.run_stage(plan, engine, environment, store, reporter, series)
    finally:
        engine.close()


def _repatched(
    folder: Path,
    store: FileStore,
    plan: Plan,
    run: Run,
    series: tuple[Fix, ...] | None,
    *,
    unsafe: bool,
) -> Run:
    """The finished run, patched anew where its fixes changed."""
    from harness.cli import patch, show
    from harness.runs import patching

    if series is None or patching.is_current(run, series):
        return run
    show.out.print("Its fixes changed: patching it anew", style="yellow")
    return patch.again(folder, store, plan.key, run, series, discard=False, unsafe=unsafe)
