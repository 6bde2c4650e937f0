"""``harness data``: the tables that stages work on."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from harness.cli.options import AsJson, Project

if TYPE_CHECKING:
    from rich.text import Text

    from harness.records import ColumnProfile, TableProfile

app = typer.Typer(help="List, pull, import or profile datasets.", no_args_is_help=True)
Name = Annotated[str, typer.Argument(help="A folder of data/.")]


@app.command("list")
def list_datasets(as_json: AsJson = False, project: Project = None) -> None:
    """List the datasets, and which table each uses now."""
    from harness.cli import show
    from harness.project import datasets, location

    folder = location.find(project)
    rows = []
    for name in datasets.names(folder):
        spec = datasets.load(folder, name)
        current = datasets.table(folder, spec)
        rows.append(
            {
                "name": name,
                "table": current.path.name,
                "kind": "synthetic twin" if current.synthetic else "real",
                "size": current.path.stat().st_size,
                "target": spec.target,
                "description": spec.description,
            }
        )
    if as_json:
        show.json(rows)
        return
    table = show.table("", "dataset", "table", "kind", ("size", "right"), "target")
    for row in rows:
        table.add_row(
            *(show.clean(str(row[key])) for key in ("name", "table", "kind")),
            show.size(row["size"]),  # type: ignore[arg-type]
            show.clean(str(row["target"])),
        )
    show.out.print(table)


@app.command("pull")
def pull(name: Name, project: Project = None) -> None:
    """Download the real table from the URL in its dataset.toml, and use it from now on."""
    from harness.cli import show
    from harness.project import datasets, location

    folder = location.find(project)
    spec = datasets.load(folder, name)
    with show.bytes_bar(f"Pulling {name}") as report:
        table = datasets.pull_table(folder, spec, report)
    show.out.print(f"{name} now uses {show.clean(str(table.path))}", soft_wrap=True)


@app.command("import")
def import_(
    name: Name,
    path: Annotated[Path, typer.Argument(help="A CSV or Parquet file.")],
    unverified: Annotated[
        bool, typer.Option("--unverified", help="Take it though its sha256 is not a known one.")
    ] = False,
    project: Project = None,
) -> None:
    """Copy the real table in, and use it from now on."""
    from harness.cli import show
    from harness.project import datasets, location

    folder = location.find(project)
    spec = datasets.load(folder, name)
    with show.working(f"Reading {path.name}"):
        table = datasets.import_table(folder, spec, path, unverified=unverified)
    show.out.print(f"{name} now uses {show.clean(str(table.path))}", soft_wrap=True)


@app.command("profile")
def profile(name: Name, as_json: AsJson = False, project: Project = None) -> None:
    """Print what schema context tells a model: types, ranges, blanks and quirks per column."""
    from harness.cli import show
    from harness.project import datasets, location

    folder = location.find(project)
    spec = datasets.load(folder, name)
    with show.working(f"Profiling {name}"):
        made = datasets.profile(folder, spec)
    if as_json:
        show.json(made.model_dump(mode="json"))
        return
    _print(made)


def _print(made: TableProfile) -> None:
    from harness.cli import show

    kind = ", SYNTHETIC twin" if made.synthetic else ""
    show.out.print(
        show.clean(f"{made.dataset}: {made.rows:,} rows, {len(made.columns)} columns{kind}"),
        style="bold",
    )
    balance = ", ".join(f"{value} {share:.2%}" for value, share in made.target_balance)
    show.out.print(show.clean(f"target {made.target}: {balance or 'many values'}"))
    show.out.print()
    wide = show.out.width >= 110
    counts = [(name, "right") for name in ("distinct", "missing", "blank")]
    table = show.table("", "column", "type", *counts, "values", *(["quirks"] if wide else []))
    for column in made.columns:
        quirks = "; ".join(column.quirks)
        values = show.shorten(_values(column), 40 if wide else show.out.width - 55)
        row: list[str | Text] = [
            show.shorten(column.name, 20),
            column.type,
            f"{column.distinct:,}",
            f"{column.missing:,}" if column.missing else "",
            f"{column.blank:,}" if column.blank else "",
            values,
        ]
        table.add_row(*row, *([show.clean(quirks)] if wide else []))
        if quirks and not wide:
            table.add_row("", "", "", "", "", show.clean(f"! {quirks}"), style="yellow")
    show.out.print(table)


def _values(column: ColumnProfile) -> str:
    if column.levels:
        return ", ".join(value for value, _ in column.levels)
    if column.minimum is not None:
        return f"{column.minimum} to {column.maximum}"
    return ", ".join(column.examples)
