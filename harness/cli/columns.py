"""A table's profile, as the terminal shows it."""

from __future__ import annotations

from harness.cli import show
from harness.records import ColumnProfile, TableProfile


def print_profile(made: TableProfile) -> None:
    """The table in a line, its task and target, a line per column, and what is odd."""
    kind = ", SYNTHETIC twin" if made.synthetic else ""
    size = f"{made.rows:,} rows, {len(made.columns)} columns"
    show.line(f"{made.dataset}: {size}{kind}", style="bold")
    show.line(f"task {made.task.value}")
    if made.target is not None:
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
            show.clean(values(column)),
        )
    show.out.print(table)
    show.out.print()
    for note in made.reading:
        show.line(f"! {note}", style="yellow")
    for column in made.columns:
        for quirk in column.quirks:
            show.line(f"! {column.name}: {quirk}", style="yellow")


def values(column: ColumnProfile) -> str:
    """Its values, where they are few, else its range, or else some of them."""
    if column.levels:
        return ", ".join(value for value, _ in column.levels)
    if column.minimum is not None:
        return f"{column.minimum} to {column.maximum}"
    return ", ".join(column.examples)
