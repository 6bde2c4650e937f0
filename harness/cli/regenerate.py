"""``harness regenerate``: every stage, again, against one model or many."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from harness.cli.options import Dataset, NoSandbox, Project

if TYPE_CHECKING:
    from harness.batch import Matrix


def regenerate(
    model: Annotated[
        list[str] | None, typer.Option("--model", help="A name from models.toml; repeatable.")
    ] = None,
    model_file: Annotated[
        list[Path] | None, typer.Option("--model-file", help="Any GGUF file; repeatable.")
    ] = None,
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
    from harness import batch, wiring, work
    from harness.cli import matrices, show
    from harness.cli.batch_live import BatchLive
    from harness.store import FileStore

    folder = wiring.find_project(project)
    store = FileStore(folder)
    matrix = matrices.build(
        folder,
        matrices.Asked(
            models=tuple(model or ()),
            files=tuple(model_file or ()),
            stages=stages,
            contexts=contexts,
            samples=samples,
            dataset=dataset,
            artifacts=artifacts,
            patch=not no_patch,
            unsafe=unsafe_no_sandbox,
        ),
    )
    seen = batch.look(folder, store, matrix)
    expected = matrices.expected(seen, store)
    matrices.print_plan(seen, expected)
    if dry_run:
        return
    names = [one.identity for one in matrix.models]
    at_once = max(one.spec.concurrent for one in matrix.models)
    room = wiring.join_cluster(address) if runner == "ray" else wiring.room(names, at_once, runner)
    show.out.print(room.told)
    hands = wiring.runner(runner, room, work.worker, work.packed)
    try:
        with BatchLive(seen, expected, room.workers * room.lanes) as watch:
            moments = batch.run(folder, store, matrix, hands, room.threads)
            ended = [moment.ended for moment in map(watch.see, moments) if moment.ended]
    finally:
        hands.close()
    matrices.print_ended(ended, store)
    _exit(matrix, [one.error for one in ended])


def _exit(matrix: Matrix, errors: list[Exception | None]) -> None:
    from harness.cli import show

    failed = [error for error in errors if error is not None]
    for error in failed:
        show.err.print(f"harness: {show.clean(str(error))}", soft_wrap=True)
    if failed:
        show.err.print("Give the same command to try these again", style="yellow")
        raise typer.Exit(1)
    names = [one.identity.name for one in matrix.models]
    if len(names) > 1:
        show.out.print(f"Next      harness compare {names[-2]} {names[-1]}")
