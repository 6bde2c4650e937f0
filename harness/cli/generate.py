"""``harness generate``: the main job."""

from __future__ import annotations

import contextlib
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from harness.cli.options import ChatFormat, Dataset, ModelFile, ModelName, Project

if TYPE_CHECKING:
    from harness.plans import Plan
    from harness.records import Run, RunKey
    from harness.store import FileStore


def generate(
    stage: Annotated[str, typer.Option("--stage", help="A folder of prompt_templates/.")],
    model: ModelName = None,
    model_file: ModelFile = None,
    chat_format: ChatFormat = None,
    context: Annotated[
        str, typer.Option(help="What the model may know of the data: blind or schema.")
    ] = "schema",
    dataset: Dataset = None,
    seed: Annotated[int, typer.Option(min=0, help="Of the sampling; same seed, same reply.")] = 1,
    again: Annotated[
        bool, typer.Option("--again", help="Make another sample, with the next unused seed.")
    ] = False,
    temperature: Annotated[float | None, typer.Option(min=0, max=5)] = None,
    top_p: Annotated[float | None, typer.Option(min=0.001, max=1)] = None,
    max_tokens: Annotated[int | None, typer.Option(min=1, help="Longest reply.")] = None,
    unsafe_no_sandbox: Annotated[
        bool,
        typer.Option("--unsafe-no-sandbox", help="Run generated code with your own rights."),
    ] = False,
    project: Project = None,
) -> None:
    """Let a model write a stage's notebook, run it safely, and record what failed.

    A run is known by what determines it, so giving the same command again returns at once, and an
    interrupted one goes on where it stopped.

    Examples:

      harness generate --stage eda

      harness generate --stage eda --context blind --again

      harness generate --stage eda --model-file ~/models/some-coder.Q4_K_M.gguf
    """
    from harness import pipeline, wiring
    from harness.cli import planning, show
    from harness.cli.live import LiveReporter
    from harness.store import FileStore

    folder = wiring.find_project(project)
    store = FileStore(folder)
    chosen = planning.Choice(
        stage=stage,
        model=model,
        model_file=model_file,
        chat_format=chat_format,
        context=context,
        dataset=dataset,
        seed=seed,
        sampling={"temperature": temperature, "top_p": top_p, "max_tokens": max_tokens},
    )
    plan, path = planning.plan(folder, chosen)
    if again:
        plan = planning.replan(folder, chosen, store, plan)
    announce(plan)
    run = store.run(plan.key) if not again else None
    if run is not None and run.outcome.value != "incomplete":
        show.out.print("This run is done already; another sample: --again", style="yellow")
        finish(run, plan.key, store)
        return
    if unsafe_no_sandbox:
        show.err.print("Generated code runs WITHOUT a sandbox, with your rights.", style="bold red")
    executor = wiring.executor(unsafe=unsafe_no_sandbox)
    engine = wiring.engine(plan.model, path)
    try:
        with store.lock(plan.key), LiveReporter(plan.sampling.max_tokens) as watch:
            work = store.work_folder(plan.key)
            run = pipeline.run_stage(plan, engine, executor, work, store, watch)
    finally:
        engine.close()
    finish(run, plan.key, store)


def announce(plan: Plan) -> None:
    """One line on what is about to run, one more where the data are not real."""
    from harness.cli import show

    show.out.print(show.clean(f"{plan.stage.title}, written by {plan.model.name}"), style="bold")
    show.out.print(f"{plan.context.value} context · seed {plan.seed} · run {plan.run_id}")
    if plan.profile.synthetic:
        show.out.print(
            f"The data are synthetic, a twin of the {plan.dataset.name} table. "
            f"Use the real one: harness data import {plan.dataset.name} PATH",
            style="yellow",
        )


def finish(run: Run, key: RunKey, store: FileStore) -> None:
    """The table of cells, the totals, where the notebook is and what to try next."""
    from harness.cli import show
    from harness.cli.runs import cells_table, totals
    from harness.pipeline import RAW

    show.out.print()
    if run.raw is not None:
        show.out.print(cells_table(run))
    show.out.print()
    show.out.print(totals(run))
    notebook = store.folder(key) / RAW
    with contextlib.suppress(ValueError):
        notebook = notebook.relative_to(Path.cwd())
    show.out.print(f"Notebook  {show.clean(str(notebook))}", soft_wrap=True)
    other = "blind" if run.context.value == "schema" else "schema"
    show.out.print(f"Next      harness runs show {run.run_id}", soft_wrap=True)
    show.out.print(f"          harness generate --stage {run.stage} --context {other}")
