"""``harness runs``: what was generated so far."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from harness.cli.options import AsJson, Project, RunId

if TYPE_CHECKING:
    from rich.text import Text

    from harness.records import Run

app = typer.Typer(help="List the runs, newest first, or show one.", invoke_without_command=True)


@app.callback()
def runs(context: typer.Context, as_json: AsJson = False, project: Project = None) -> None:
    """List the runs, newest first, or show one."""
    if context.invoked_subcommand is not None:
        return
    from harness.cli import show
    from harness.project import location
    from harness.runs.store import FileStore

    store = FileStore(location.find(project))
    found = store.summaries()
    for line in store.listed().broken:
        show.notice(line)
    if as_json:
        show.json([one.model_dump(mode="json") for one in found])
        return
    if not found:
        show.out.print("No runs yet. Make one: harness generate --stage eda")
        return
    table = show.table(
        "", "run", "model", "stage", "context", ("seed", "right"), "outcome", ("cells", "right"),
        ("time", "right"),
    )  # fmt: skip
    for one in found:
        table.add_row(
            one.run_id,
            show.shorten(one.model, max(12, show.out.width - 66)),
            one.stage,
            one.context,
            str(one.seed),
            show.status(one.outcome),
            f"{one.cells_ok}/{one.cells}",
            show.seconds(one.cost),
        )
    show.out.print(table)


@app.command("export")
def export(
    kind: Annotated[str, typer.Option("--format", help="csv or parquet.")] = "csv",
    output: Annotated[
        Path | None, typer.Option("--output", "-o", help="Default: cells.csv or cells.parquet.")
    ] = None,
    project: Project = None,
) -> None:
    """Write one tidy row per executed cell of all runs, for pandas and the like."""
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
    show.out.print(f"Wrote {count:,} rows to {show.clean(str(path))}", soft_wrap=True)


@app.command("show")
def show_run(
    run: RunId,
    as_json: AsJson = False,
    project: Project = None,
) -> None:
    """Show one run: its cells, totals, tracebacks and files."""
    from harness.cli import show
    from harness.cli.tables import cells_table, fixes_table
    from harness.project import location
    from harness.runs.store import FileStore

    store = FileStore(location.find(project))
    key, found = store.find(run)
    if as_json:
        show.json(found.model_dump(mode="json"))
        return
    show.out.print(
        show.clean(
            f"{found.stage} · {found.model.name} · {found.context.value} context · seed "
            f"{found.seed} · run {found.run_id} · {found.created}"
        ),
        style="bold",
    )
    if found.synthetic:
        show.out.print("The data were synthetic.", style="yellow")
    if found.raw is not None:
        show.out.print(cells_table(found))
        show.out.print()
        if found.patched is not None and found.patched.verdicts:
            show.out.print(fixes_table(found.patched.verdicts))
            show.out.print()
        for cell in found.raw.cells:
            if cell.traceback:
                show.block(f"{cell.cell}: {cell.error}", cell.traceback)
    show.out.print(totals(found))
    show.out.print(f"Files     {show.clean(str(store.folder(key)))}", soft_wrap=True)


def totals(run: Run) -> Text:
    """Outcome, cells, tokens, seconds, sandbox and artifacts, on a few lines."""
    from rich.text import Text

    from harness.cli import show, tables

    made = [reply.completion for reply in run.replies]
    tokens = sum(one.completion_tokens for one in made)
    took, own = sum(one.seconds for one in made), sum(one.own for one in made)
    text = Text.assemble("Outcome   ", show.status(run.outcome.value))
    if run.raw is not None:
        ok = sum(cell.status.value == "ok" for cell in run.raw.cells)
        text.append(f", {ok} of {len(run.raw.cells)} cells ok")
        if run.patched is not None and run.patched.changes:
            cells = run.patched.execution.cells
            fine = sum(cell.status.value == "ok" for cell in cells)
            text.append(f", patched {fine} of {len(cells)}")
        text.append(f" · executed in {show.seconds(run.raw.seconds)}, sandbox {run.raw.sandbox}")
        text.append_text(tables.lines(run))
        text.append_text(tables.checks(run))
    text.append(f"\nReplies   {len(made)}, {tokens:,} tokens in {show.seconds(own)}")
    if own:
        text.append(f" ({tokens / own:.1f} tokens/s, reading the prompts included)")
    if took > own + 1:
        text.append(f"; beside others, {show.seconds(took)} went by")
    read = [one.evaluated for one in made if one.evaluated is not None]
    if read:
        held = sum(one.prompt_tokens for one in made) - sum(read)
        text.append(f"\nPrompts   {sum(read):,} tokens read, {held:,} more were in the cache")
    cut = [reply.step for reply in run.replies if reply.completion.finish == "length"]
    if cut:
        text.append(f"\nCut off   {', '.join(cut)}: max_tokens reached", style="yellow")
    empty = _without_code(run)
    if empty:
        text.append(f"\nNo code   {', '.join(empty)}: nothing in the reply to run", style="yellow")
    installs = _installs(run)
    if installs:
        text.append(f"\nNot run   {show.clean('; '.join(installs))}", style="yellow")
    last = run.patched.execution if run.patched else run.raw
    for artifact in last.artifacts if last else ():
        text.append(f"\nArtifact  {artifact.name}: {artifact.status}")
        text.append(f" ({artifact.reason})" if artifact.reason else "")
    return text


def _without_code(run: Run) -> list[str]:
    with_code = {cell.step for cell in run.raw.cells} if run.raw else set()
    return [reply.step for reply in run.replies if run.raw and reply.step not in with_code]


def _installs(run: Run) -> list[str]:
    return [line for cell in (run.raw.cells if run.raw else ()) for line in cell.installs]
