"""``harness data``: the tables that stages work on."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from harness.cli.options import AsJson, Project, Verbosity

if TYPE_CHECKING:
    from harness.project.datasets import Table
    from harness.records import ColumnProfile, TableProfile

app = typer.Typer(help="List, pull, import or profile datasets.", no_args_is_help=True)
Name = Annotated[str, typer.Argument(metavar="DATASET", help="A folder of data/.")]


@app.command("list")
def list_datasets(
    as_json: AsJson = False, _verbosity: Verbosity = None, project: Project = None
) -> None:
    """List the datasets, and which table each uses now.

    A dataset uses the real table where that was pulled or imported, else its synthetic twin. One
    that cannot be used gets a line that says why; the exit code stays 0.

    Examples:

    \b
      harness data list
      harness data list --json
    """
    from harness.cli import show
    from harness.project import datasets, location

    folder = location.find(project)
    rows = [_listed(folder, name) for name in datasets.names(folder)]
    if as_json:
        show.json(rows)
        return
    table = show.table("", "dataset", "table", "kind", ("size", "right"), "target")
    for row in rows:
        if row["error"] is None:
            table.add_row(
                *(show.clean(str(row[key])) for key in ("name", "table", "kind")),
                show.size(row["size"]),  # type: ignore[arg-type]
                show.clean(str(row["target"])),
            )
    if any(row["error"] is None for row in rows):
        show.out.print(table)
    for row in rows:
        if row["error"] is not None:
            show.line(f"! {row['name']}: {row['error']}", style="yellow")


def _listed(folder: Path, name: str) -> dict[str, object]:
    from harness.errors import HarnessError
    from harness.project import datasets

    listed: dict[str, object] = dict.fromkeys(("table", "kind", "size", "target", "description"))
    listed = {"name": name, **listed, "error": None}
    try:
        spec = datasets.load(folder, name)
        listed |= {"target": spec.target, "description": spec.description}
        current = datasets.table(folder, spec)
        listed |= {
            "table": current.path.name,
            "kind": "synthetic twin" if current.synthetic else "real",
            "size": current.path.stat().st_size,
        }
    except (HarnessError, OSError) as error:
        listed["error"] = str(error)
    return listed


@app.command("pull")
def pull(name: Name, _verbosity: Verbosity = None, project: Project = None) -> None:
    """Download the real table, and use it from now on.

    The URL and the sha256 that it must have are in the dataset.toml.

    Example:

    \b
      harness data pull telco
    """
    from harness.cli import show
    from harness.project import datasets, location

    folder = location.find(project)
    spec = datasets.load(folder, name)
    with show.bytes_bar(f"Pulling {name}") as report:
        table = datasets.pull_table(folder, spec, report)
    show.line(f"{name} now uses {table.path}")
    _print_held(table, datasets.profile(folder, spec))


@app.command("import")
def import_(
    name: Name,
    path: Annotated[Path, typer.Argument(metavar="FILE", help="A CSV or Parquet file.")],
    unverified: Annotated[
        bool, typer.Option("--unverified", help="Accept a file whose sha256 is not a known one.")
    ] = False,
    _verbosity: Verbosity = None,
    project: Project = None,
) -> None:
    """Copy the real table from a file, and use it from now on.

    Example:

    \b
      harness data import telco ~/Downloads/Telco-Customer-Churn.csv
    """
    from harness.cli import show
    from harness.project import datasets, location

    folder = location.find(project)
    spec = datasets.load(folder, name)
    with show.reading(f"Reading {path.name}") as report:
        table = datasets.import_table(folder, spec, path, unverified=unverified, on_bytes=report)
        made = datasets.profile(folder, spec)
    show.line(f"{name} now uses {table.path}")
    _print_held(table, made)


@app.command("profile")
def profile(
    name: Name, as_json: AsJson = False, _verbosity: Verbosity = None, project: Project = None
) -> None:
    """Print what a model in schema context is told of a table.

    That is, per column: its type, its range or its values, how many are missing or blank, and what
    is unusual about it.

    Examples:

    \b
      harness data profile telco
      harness data profile telco --json
    """
    from harness.cli import show
    from harness.project import datasets, location

    folder = location.find(project)
    spec = datasets.load(folder, name)
    with show.reading(f"Profiling {name}") as report:
        made = datasets.profile(folder, spec, report)
        table = datasets.table(folder, spec)
    if as_json:
        show.json(made.model_dump(mode="json"))
        return
    _print(made)
    _print_held(table, made)


def _print_held(table: Table, made: TableProfile) -> None:
    """How many rows are held out, and where these are too few."""
    from harness.cli import show
    from harness.project.holdouts import counting

    if table.counts is None:
        return
    show.line(counting.said(table.counts, made.classes))
    for doubt in counting.doubts(table.counts, made.classes):
        show.line(f"! {doubt}", style="yellow")


def _print(made: TableProfile) -> None:
    from harness.cli import show

    kind = ", SYNTHETIC twin" if made.synthetic else ""
    size = f"{made.rows:,} rows, {len(made.columns)} columns"
    show.line(f"{made.dataset}: {size}{kind}", style="bold")
    balance = ", ".join(f"{value} {share:.2%}" for value, share in made.target_balance)
    show.line(f"target {made.target}: {balance or 'many values'}")
    show.out.print()
    counts = [(name, "right") for name in ("distinct", "missing", "blank")]
    table = show.table("", "column", "type", *counts, ("values", "line"))
    for column in made.columns:
        table.add_row(
            show.clean(column.name),
            column.type,
            f"{column.distinct:,}",
            f"{column.missing:,}" if column.missing else "",
            f"{column.blank:,}" if column.blank else "",
            show.clean(_values(column)),
        )
    show.out.print(table)
    show.out.print()
    for column in made.columns:
        for quirk in column.quirks:
            show.line(f"! {column.name}: {quirk}", style="yellow")


def _values(column: ColumnProfile) -> str:
    if column.levels:
        return ", ".join(value for value, _ in column.levels)
    if column.minimum is not None:
        return f"{column.minimum} to {column.maximum}"
    return ", ".join(column.examples)
