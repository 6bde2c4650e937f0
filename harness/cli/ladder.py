"""``harness ladder``: what each level of telling and helping a model buys."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from harness.cli import options
from harness.cli.options import (
    AsJson,
    ModelFiles,
    Models,
    NoSandbox,
    Project,
    Stages,
    Verbosity,
)


def ladder(
    stages: Stages = None,
    models: Models = None,
    model_files: ModelFiles = None,
    datasets: Annotated[
        list[str] | None,
        typer.Option(
            "--dataset",
            metavar="DATASET",
            callback=options.split,
            help="A folder of data/, repeatable; default: the only one.",
        ),
    ] = None,
    rungs: Annotated[
        list[str] | None,
        typer.Option(
            "--rungs",
            "--rung",
            metavar="RUNG",
            callback=options.split,
            help="Entries of ladder.toml, joined by commas; default: all.",
        ),
    ] = None,
    samples: Annotated[
        int, typer.Option("--samples", min=1, help="Runs of each, with seeds from --seed on.")
    ] = 1,
    seed: Annotated[int, typer.Option(min=0, help="The first seed, the same on all rungs.")] = 1,
    no_run: Annotated[
        bool, typer.Option("--no-run", help="Only tell what is stored; make nothing.")
    ] = False,
    out: Annotated[
        Path | None,
        typer.Option(
            "--out", metavar="FOLDER", help="Write table, plot (PNG and SVG) and JSON there."
        ),
    ] = None,
    as_json: AsJson = False,
    unsafe_no_sandbox: NoSandbox = False,
    _verbosity: Verbosity = None,
    project: Project = None,
) -> None:
    """Measure what each level of telling and helping a model buys.

    The rungs are entries of prompt_templates/ladder.toml, from the question alone to all help. Each
    is run with the same seeds and stages; runs that are stored are not made again, and after an
    interruption the same command goes on. Then come the tables: cells that ran and checks that held
    in the notebook as the model left it, the human share with the fixes, tokens and seconds of a
    notebook, and what each rung gains over another one and over the first, with 95 % intervals.

    Columns: "tokens" are those written, those included that were "taken back"; "prompt" are those
    that the model was told; "saved" are human code lines that the first rung needs and this one
    does not.

    Examples:

    \b
      harness ladder --stage eda --samples 3
      harness ladder --rungs blind,schema,live --samples 5 --out ladder
      harness ladder --no-run --json
    """
    from harness.batch.request import RunRequest
    from harness.cli import climbing, ladder_tables, show
    from harness.project import ladder as files
    from harness.project import location

    if as_json:
        show.out.stderr = True  # standard output is for the JSON alone
    folder = location.find(project)
    wanted = files.find(folder, rungs or ())
    asked = RunRequest(
        models=tuple(models or ()),
        model_files=tuple(model_files or ()),
        stages=tuple(stages or ()),
        seed=seed,
        samples=samples,
        unsafe=unsafe_no_sandbox,
    )
    tables: list[str | None] = [*datasets] if datasets else [None]
    requests = [asked.model_copy(update={"dataset": name}) for name in tables]
    climbed = climbing.climbed(folder, wanted, requests, makes=not no_run)
    if out is not None:
        climbing.write(climbed.ladders, out)
    if as_json:
        show.json([one.model_dump(mode="json") for one in climbed.ladders])
    else:
        for one in climbed.ladders:
            ladder_tables.print_ladder(one)
        if not climbed.ladders:
            show.line("There are no runs of these rungs yet")
    if climbed.failed:
        raise typer.Exit(1)
