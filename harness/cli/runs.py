"""``harness runs``: what was generated so far."""

from __future__ import annotations

import sys
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from typer.core import TyperGroup

from harness.cli import removal
from harness.cli.options import (
    AsJson,
    Contexts,
    Models,
    OfDatasets,
    Project,
    RunId,
    Stages,
    StageVersions,
    Verbosity,
    WithHelp,
)

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from harness.records import RunSummary


class ListsByDefault(TyperGroup):
    """A group that lists where no command is named: ``harness runs --json`` is a list."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        """See ``TyperGroup``."""
        is_list = not args or (args[0].startswith("-") and args[0] != "--help")
        return super().parse_args(ctx, ["list", *args] if is_list else args)


app = typer.Typer(
    help="List, show, export or remove runs. Without a command: list.",
    cls=ListsByDefault,
)


@app.command("list")
def list_runs(
    stages: Stages = None,
    models: Models = None,
    contexts: Contexts = None,
    datasets: OfDatasets = None,
    versions: StageVersions = None,
    helped: WithHelp = None,
    as_json: AsJson = False,
    _verbosity: Verbosity = None,
    project: Project = None,
) -> None:
    """List the runs, newest first.

    The outcome is "raw" where all cells and checks passed as the model wrote them, "repaired" where
    they passed after its own repairs, "patched" where they did with the human fixes, and "failed"
    or "incomplete" else. The cells are those that
    ran without an error in the raw notebook. An outcome is "stale" where the fixes, the checks, the
    limits or the table are others now than those it was judged by; "version" tells templates apart.

    Examples:

    \b
      harness runs list
      harness runs list --stage eda,modeling --model codellama-7b-instruct
    """
    from harness.cli import run_filters, show
    from harness.project import location
    from harness.runs.staleness import Staleness
    from harness.runs.store import FileStore

    store = FileStore(location.find(project), show.notice)
    wanted = run_filters.wanted(store, stages, models, contexts, datasets, versions, helped)
    found = store.summaries(**wanted)
    staleness = Staleness(store.project)
    stale = {one.path: staleness.reasons(one) for one in found}
    if as_json:
        show.json([one.model_dump(mode="json") | {"stale": stale[one.path]} for one in found])
        return
    if not found:
        if wanted:
            show.line("No run matches")
            return
        show.line("There are no runs yet")
        show.info("Next: harness generate --stage eda")
        return
    _print(found, stale)


def _print(found: Sequence[RunSummary], stale: Mapping[Path, Sequence[str]]) -> None:
    from harness.cli import show
    from harness.cli.tables import outcome_text

    # Help is told whole, so that runs which had other help are told apart however narrow it is.
    is_helped = any(one.help for one in found)
    model, help = (("model", "line"), (("help", "text"),)) if is_helped else ("model", ())
    table = show.table(
        "", "run", model, "stage", *help, ("context", "extra"), ("seed", "right"), "outcome",
        ("cells", "right"), ("dataset", "extra"), ("time", "right", "extra"), ("version", "extra"),
    )  # fmt: skip
    for one in found:
        table.add_row(
            one.run_id,
            one.model,
            one.stage,
            *([one.help or "none"] if is_helped else []),
            one.context,
            str(one.seed),
            outcome_text(one.outcome, stale[one.path]),
            f"{one.cells_ok}/{one.cells}",
            f"{one.dataset} (twin)" if one.synthetic else one.dataset,
            show.seconds(one.cost),
            one.stage_sha256[:8],
        )
    show.out.print(table)
    for reason, number in Counter(reason for told in stale.values() for reason in told).items():
        show.info(f"{show.count(number, 'run')} stale: {reason} since", style="yellow")
    if any(stale.values()):
        show.info("Bring them up to date: harness regenerate, or harness patch RUN", style="dim")


@app.command("show")
def show_run(
    run: RunId,
    as_json: AsJson = False,
    _verbosity: Verbosity = None,
    project: Project = None,
) -> None:
    """Show one run: its cells, fixes, checks, speed and files.

    Each failed cell has its error and the line that led to it; with -v, the whole traceback. What
    is imperfect in its cells is counted by kind; harness findings tells each.

    Examples:

    \b
      harness runs show 8d8d0cbea3be
      harness runs show 8d8d -v
    """
    from harness.cli import outcome, show
    from harness.project import location
    from harness.runs.findings import Findings
    from harness.runs.store import FileStore

    store = FileStore(location.find(project))
    key, found = store.find(run)
    found = Findings(store).renewed(found)
    if as_json:
        show.json(found.model_dump(mode="json"))
        return
    helped = f" · {found.help.label}" if found.help.given else ""
    show.line(
        f"{found.stage} · {found.model.name} · {found.context} context · seed "
        f"{found.seed}{helped} · run {found.run_id} · {found.created}",
        style="bold",
    )
    if found.synthetic:
        show.line("The data were synthetic", style="yellow")
    outcome.stale(store, found)
    outcome.details(found)
    show.line(f"Files     {store.folder(key)}")
    if show.is_verbose():
        outcome.tracebacks(found)


@app.command("export")
def export(
    stages: Stages = None,
    models: Models = None,
    contexts: Contexts = None,
    datasets: OfDatasets = None,
    versions: StageVersions = None,
    helped: WithHelp = None,
    *,
    kind: Annotated[str, typer.Option("--format", help="csv or parquet.")] = "csv",
    output: Annotated[
        Path | None,
        typer.Option(
            "--output", "-o", help="By default cells.csv or cells.parquet; - prints it instead."
        ),
    ] = None,
    _verbosity: Verbosity = None,
    project: Project = None,
) -> None:
    """Write a table with a row per executed cell of all runs.

    Options limit it to some runs. Each row says which run, model, stage, version of the stage,
    table, context and seed the cell belongs to, how it ended and how long it took, so that pandas
    and the like can group it in any way. "stale" says why a run's verdict is out of date.

    Examples:

    \b
      harness runs export
      harness runs export --format parquet --output cells.parquet
    """
    from harness.cli import run_filters, show
    from harness.errors import HarnessError, UnknownNameError
    from harness.project import location
    from harness.runs import export as table
    from harness.runs.staleness import Staleness
    from harness.runs.store import FileStore

    if kind not in ("csv", "parquet"):
        raise UnknownNameError("format", kind, ["csv", "parquet"])
    store = FileStore(location.find(project), show.notice)
    path = output or Path(f"cells.{kind}")
    to_stdout = str(path) == "-"
    if to_stdout and kind == "parquet" and sys.stdout.isatty():
        raise HarnessError("Parquet is nothing to read in a terminal", "Give --output FILE")
    wanted = run_filters.wanted(store, stages, models, contexts, datasets, versions, helped)
    found = (run for _, run in store.runs(**wanted))
    stale = Staleness(store.project).of_run
    if to_stdout:
        show.exactly(table.written(found, kind, stale)[0])
        return
    with show.working("Reading the runs"):
        count = table.write(found, path, kind, stale)
    show.line(f"Wrote {count:,} rows to {path}")


app.command("rm")(removal.remove_runs)
