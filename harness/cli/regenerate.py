"""``harness regenerate``: every stage, again, against one model or many."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from harness.cli.options import ChatFormat, Dataset, NoSandbox, Project


def regenerate(
    model: Annotated[
        list[str] | None, typer.Option("--model", help="A name from models.toml; repeatable.")
    ] = None,
    model_file: Annotated[
        list[Path] | None, typer.Option("--model-file", help="Any GGUF file; repeatable.")
    ] = None,
    chat_format: ChatFormat = None,
    stages: Annotated[
        str, typer.Option("--stages", help="all, or names joined by commas.")
    ] = "all",
    contexts: Annotated[
        str, typer.Option("--contexts", help="Names joined by commas: schema, blind.")
    ] = "schema",
    samples: Annotated[int, typer.Option("--samples", help="Runs of each, with seeds 1 to K.")] = 1,
    dataset: Dataset = None,
    artifacts: Annotated[
        str, typer.Option(help="What a stage reads of those before: patched or raw.")
    ] = "patched",
    runner: Annotated[str, typer.Option("--runner", help="local, ray or inline.")] = "local",
    address: Annotated[
        str | None, typer.Option("--address", help="Of the Ray cluster; default: as Ray finds it.")
    ] = None,
    no_patch: Annotated[bool, typer.Option("--no-patch", help="Leave the fixes out.")] = False,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Say what would run.")] = False,
    unsafe_no_sandbox: NoSandbox = False,
    project: Project = None,
) -> None:
    """Generate, run, patch and check every stage against every model given, and compare.

    What is done is not done again; interrupted, the same command goes on. A failed run is an
    outcome and does not stop the others.

    Examples:

      harness regenerate --model-file ~/models/new-coder.Q4_K_M.gguf

      harness regenerate --model codellama-7b-instruct --samples 5 --contexts schema,blind
    """
    from harness.cli import batches, matrices
    from harness.project import location

    folder = location.find(project)
    matrix = matrices.build(
        folder,
        matrices.Asked(
            models=tuple(model or ()),
            files=tuple(model_file or ()),
            chat_format=chat_format,
            stages=stages,
            contexts=contexts,
            samples=samples,
            dataset=dataset,
            artifacts=artifacts,
            patch=not no_patch,
            unsafe=unsafe_no_sandbox,
        ),
    )
    batches.carry_out(folder, matrix, runner, address, dry_run=dry_run)
