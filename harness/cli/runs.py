"""``harness runs``: what was generated so far."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer
from typer.core import TyperGroup

from harness.cli.options import AsJson, Contexts, Models, Project, RunId, Stages, Verbosity


class ListsByDefault(TyperGroup):
    """A group that lists where no command is named: ``harness runs --json`` is a list."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        """See ``TyperGroup``."""
        is_list = not args or (args[0].startswith("-") and args[0] != "--help")
        return super().parse_args(ctx, ["list", *args] if is_list else args)


app = typer.Typer(
    help="List the runs, show one, or export their cells. Without a command: list.",
    cls=ListsByDefault,
)


@app.command("list")
def list_runs(
    stages: Stages = None,
    models: Models = None,
    contexts: Contexts = None,
    as_json: AsJson = False,
    _verbosity: Verbosity = None,
    project: Project = None,
) -> None:
    """List the runs, newest first.

    The outcome is "raw" where all cells and checks passed as the model wrote them, "patched" where
    they passed with the human fixes, and "failed" or "incomplete" else. The cells are those that
    ran without an error in the raw notebook.

    Examples:

    \b
      harness runs list
      harness runs list --stage eda,modeling --model codellama-7b-instruct
    """
    from harness.cli import show
    from harness.project import location
    from harness.runs.store import FileStore

    store = FileStore(location.find(project))
    for problem in store.listed().broken:
        show.notice(problem)
    found = store.summaries(stage=stages, model=models, context=contexts)
    if as_json:
        show.json([one.model_dump(mode="json") for one in found])
        return
    if not found:
        if stages or models or contexts:
            show.line("No run matches")
            return
        show.line("There are no runs yet")
        show.info("Next: harness generate --stage eda")
        return
    table = show.table(
        "", "run", "model", "stage", ("context", "extra"), ("seed", "right"), "outcome",
        ("cells", "right"), ("time", "right", "extra"),
    )  # fmt: skip
    for one in found:
        table.add_row(
            one.run_id,
            one.model,
            one.stage,
            one.context,
            str(one.seed),
            show.status(one.outcome),
            f"{one.cells_ok}/{one.cells}",
            show.seconds(one.cost),
        )
    show.out.print(table)


@app.command("show")
def show_run(
    run: RunId,
    as_json: AsJson = False,
    _verbosity: Verbosity = None,
    project: Project = None,
) -> None:
    """Show one run: its cells, fixes, checks, speed and files.

    Each failed cell has its error and the line that led to it; with -v, the whole traceback.

    Examples:

    \b
      harness runs show 8d8d0cbea3be
      harness runs show 8d8d -v
    """
    from harness.cli import outcome, show
    from harness.project import location
    from harness.runs.store import FileStore

    store = FileStore(location.find(project))
    key, found = store.find(run)
    if as_json:
        show.json(found.model_dump(mode="json"))
        return
    show.line(
        f"{found.stage} · {found.model.name} · {found.context.value} context · seed "
        f"{found.seed} · run {found.run_id} · {found.created}",
        style="bold",
    )
    if found.synthetic:
        show.line("The data were synthetic", style="yellow")
    outcome.details(found)
    show.line(f"Files     {store.folder(key)}")
    if show.is_verbose():
        outcome.tracebacks(found)


@app.command("export")
def export(
    kind: Annotated[str, typer.Option("--format", help="csv or parquet.")] = "csv",
    output: Annotated[
        Path | None,
        typer.Option("--output", "-o", help="By default cells.csv or cells.parquet."),
    ] = None,
    _verbosity: Verbosity = None,
    project: Project = None,
) -> None:
    """Write a table with a row per executed cell of all runs.

    Each row says which run, model, stage and seed the cell belongs to, how it ended and how long it
    took, so that pandas and the like can group it in any way.

    Examples:

    \b
      harness runs export
      harness runs export --format parquet --output cells.parquet
    """
    from harness.cli import show
    from harness.errors import UnknownNameError
    from harness.project import location
    from harness.runs import export as table
    from harness.runs.store import FileStore

    if kind not in ("csv", "parquet"):
        raise UnknownNameError("format", kind, ["csv", "parquet"])
    store = FileStore(location.find(project))
    path = output or Path(f"cells.{kind}")
    with show.working("Reading the runs"):
        count = table.write((run for _, run in store.runs()), path, kind)
    show.line(f"Wrote {count:,} rows to {path}")
