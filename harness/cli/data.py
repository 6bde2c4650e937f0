"""``harness data``: the tables that stages work on."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from harness.cli.options import (
    AsJson,
    DatasetName,
    Dictionary,
    Positive,
    Project,
    Refer,
    Sheet,
    Target,
    TaskName,
    Verbosity,
)

if TYPE_CHECKING:
    from harness.project.datasets import Table
    from harness.records import TableProfile

app = typer.Typer(help="Add, list, pull, import or profile datasets.", no_args_is_help=True)
Name = Annotated[str, typer.Argument(metavar="DATASET", help="A folder of data/.")]


@app.command("add")
def add(
    file: Annotated[
        Path, typer.Argument(metavar="FILE", help="A table in any of the formats that are read.")
    ],
    target: Target = None,
    task: TaskName = None,
    positive: Positive = None,
    name: DatasetName = None,
    sheet: Sheet = None,
    refer: Refer = False,
    dictionary: Dictionary = None,
    _verbosity: Verbosity = None,
    project: Project = None,
) -> None:
    """Make a dataset of a table.

    The table is looked at, the task of its target is guessed, and data/NAME/dataset.toml is
    written, with a line for each column to describe.

    Examples:

    \b
      harness data add houses.csv --target price
      harness data add tickets.csv --target team --from-dictionary columns.md
      harness data add visits.parquet --target came_back --positive yes --refer
    """
    from harness.cli import adding, show
    from harness.project import adding as adds
    from harness.project import location

    folder = location.find(project)
    wish = adding.wish_of(
        file,
        target=target,
        task=task,
        positive=positive,
        name=name,
        sheet=sheet,
        refer=refer,
        dictionary=dictionary,
    )
    addition = adding.planned(wish, folder)
    with show.reading(f"Holding rows of {file.name} out") as report:
        added = adds.write(folder, addition, report)
    adding.say(addition, added)
    show.info(f"Next      {adding.next_command(folder, addition.spec.name)}")


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
    numbers = (("size", "right"), ("held out", "right", "extra"))
    table = show.table(
        "", "dataset", ("table", "line"), "kind", *numbers, "task", ("target", "line")
    )
    for row in rows:
        if row["error"] is None:
            table.add_row(
                *(show.clean(str(row[key])) for key in ("name", "table", "kind")),
                show.size(row["size"]),  # type: ignore[arg-type]
                f"{row['held_out']:.0%}" if row["held_out"] else "none",
                str(row["task"]),
                show.clean(str(row["target"] or "")),
            )
    if any(row["error"] is None for row in rows):
        show.out.print(table)
    for row in rows:
        if row["error"] is not None:
            show.line(f"! {row['name']}: {row['error']}", style="yellow")


def _listed(folder: Path, name: str) -> dict[str, object]:
    from harness.errors import HarnessError
    from harness.project import datasets

    keys = ("table", "kind", "size", "task", "target", "held_out", "description")
    listed: dict[str, object] = dict.fromkeys(keys)
    listed = {"name": name, **listed, "error": None}
    try:
        spec = datasets.load(folder, name)
        listed |= {"task": spec.task.value, "target": spec.target}
        listed |= {"held_out": spec.holdout.share, "description": spec.description}
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
    path: Annotated[Path, typer.Argument(metavar="FILE", help="CSV, Parquet, Excel, JSON lines.")],
    unverified: Annotated[
        bool, typer.Option("--unverified", help="Accept a file whose sha256 is not a known one.")
    ] = False,
    refer: Annotated[
        bool, typer.Option("--refer", help="Use the file where it lies, and copy nothing.")
    ] = False,
    _verbosity: Verbosity = None,
    project: Project = None,
) -> None:
    """Copy the real table from a file, and use it from now on.

    CSV and JSON lines may be packed with gzip or zip. Of a workbook with several sheets,
    dataset.toml names the one that is meant.

    Examples:

    \b
      harness data import telco ~/Downloads/Telco-Customer-Churn.csv
      harness data import telco /data/large.parquet --refer
    """
    from harness.cli import show
    from harness.profiles import encodings
    from harness.project import datasets, location

    folder = location.find(project)
    spec = datasets.load(folder, name)
    with show.reading(f"Reading {path.name}") as report:
        table = datasets.import_table(
            folder, spec, path, unverified=unverified, refer=refer, on_bytes=report
        )
        made = datasets.profile(folder, datasets.load(folder, name))
    show.line(f"{name} now uses {table.path}")
    encoding = None if refer else encodings.told(path)
    if encoding is not None:
        show.line(f"! read as {encoding}; the copy is in UTF-8", style="yellow")
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
    from harness.cli import columns, show
    from harness.project import datasets, location

    folder = location.find(project)
    spec = datasets.load(folder, name)
    with show.reading(f"Profiling {name}") as report:
        made = datasets.profile(folder, spec, report)
        table = datasets.table(folder, spec)
    if as_json:
        show.json(made.model_dump(mode="json"))
        return
    columns.print_profile(made)
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
