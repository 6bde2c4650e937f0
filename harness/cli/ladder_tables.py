"""The ladder in a terminal: what came of each rung, what it took, and what it gains."""

from __future__ import annotations

from collections.abc import Sequence

from harness.analysis.ladder import Ladder, page
from harness.analysis.ladder.rows import Row
from harness.batch.rungs import RungRuns
from harness.cli import show
from harness.cli.fitted import FittedTable


def print_plan(rungs: Sequence[RungRuns], expected: dict[str, float]) -> None:
    """What each rung is, how many runs are left of it, and how long they may take."""
    table = show.table("", "rung", "context", "help", ("runs", "right"), ("left", "right"), "time")
    for one in rungs:
        known = [expected[run.plan.run_id] for run in one.todo if run.plan.run_id in expected]
        table.add_row(
            one.rung.name,
            one.rung.context,
            one.rung.help.label or "none",
            str(len(one.planned)) if one.matrix else "none",
            str(len(one.todo)),
            f"about {show.seconds(sum(known) / len(known) * len(one.todo))}" if known else "",
        )
    show.info(table)
    for one in rungs:
        if one.problem is not None:
            show.notice(f"{one.rung.name} is left out: {one.problem}")


def print_ladder(ladder: Ladder) -> None:
    """All of it; stages one by one, then together."""
    datasets = list(dict.fromkeys(one.dataset for one in ladder.rows))
    for dataset in datasets:
        name = dataset or "all tables"
        stages = list(dict.fromkeys(one.stage for one in ladder.rows if one.dataset == dataset))
        for stage in stages:
            found = [one for one in ladder.rows if (one.dataset, one.stage) == (dataset, stage)]
            show.out.print(_made(ladder, f"{ladder.model}, {name}, {stage or 'all stages'}", found))
            show.out.print()
        whole = ladder.of(dataset)
        show.out.print(_took(ladder, f"What a notebook took, {name}", whole))
        show.out.print()
        if any(one.over for one in ladder.rungs):
            show.out.print(_differences(ladder, f"Differences in points, {name}", whole))
            show.out.print()
    if rows := list(page.guard_rows(ladder)):
        title = f"Guards, {show.count(ladder.asked, 'statement')} asked of"
        table = show.table(title, "guard", *((name, "right") for name in page.GUARDS[1:]))
        for row in rows:
            table.add_row(*row)
        show.out.print(table)
        show.out.print()
    for sentence in ladder.told:
        show.out.print(show.clean(sentence))
    for note in page.notes(ladder):
        show.out.print(show.clean(note), style="yellow")


def _made(ladder: Ladder, title: str, rows: Sequence[Row]) -> FittedTable:
    table = show.table(
        title, "rung", ("runs", "right"), ("cells ok", "right"), ("checks held", "right"),
        ("passed", "right"), ("human", "right"), ("outcome", "extra"),
    )  # fmt: skip
    return _filled(table, ladder, rows, page.MADE)


def _took(ladder: Ladder, title: str, rows: Sequence[Row]) -> FittedTable:
    columns = [(name, "right") for name in page.TOOK]
    return _filled(show.table(title, "rung", *columns), ladder, rows, page.TOOK)


def _filled(
    table: FittedTable, ladder: Ladder, rows: Sequence[Row], columns: page.Columns
) -> FittedTable:
    for row in rows:
        table.add_row(row.rung, *(cell(ladder, row) for cell in columns.values()))
    return table


def _differences(ladder: Ladder, title: str, rows: Sequence[Row]) -> FittedTable:
    table = show.table(
        title, "rung", "minus", ("cells ok", "right"), ("checks held", "right"),
        ("passed", "right", "extra"),
    )  # fmt: skip
    for row in rows:
        for cells in page.differences(ladder, row):
            table.add_row(row.rung, *cells)
    return table
