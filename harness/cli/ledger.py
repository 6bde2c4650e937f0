"""``harness ledger``: how much of the code is human."""

from __future__ import annotations

import csv
import sys
from typing import TYPE_CHECKING, Annotated

import typer

from harness.cli.options import AsJson, Project

if TYPE_CHECKING:
    from harness.analysis.ledger import Total


def ledger(
    stage: Annotated[str | None, typer.Option("--stage", help="Of one stage only.")] = None,
    model: Annotated[str | None, typer.Option("--model", help="Of one model only.")] = None,
    as_json: AsJson = False,
    as_csv: Annotated[bool, typer.Option("--csv", help="Print CSV.")] = False,
    project: Project = None,
) -> None:
    """Print the intervention share per model and stage: what of the patched code is human.

    Code lines are logical lines without comments and layout; "as written" counts lines as they
    stand, "touched" the cells with a human line. Enhancements are counted apart.
    """
    from harness.analysis import ledger as books
    from harness.cli import show
    from harness.project import location
    from harness.runs.store import FileStore

    asked = {name: value for name, value in (("stage", stage), ("model", model)) if value}
    totals = books.totals(run for _, run in FileStore(location.find(project)).runs(**asked))
    if as_json or as_csv:
        rows = [one.model_dump(mode="json") for one in totals]
        _csv(totals) if as_csv else show.json(rows)
        return
    if not totals:
        show.out.print("No patched runs yet. Make one: harness generate --stage eda")
        return
    _print(totals)


def _print(totals: list[Total]) -> None:
    from rich.text import Text

    from harness.cli import show

    table = show.table(
        "", "model", "stage", ("runs", "right"), ("cells ok", "right"), ("lines", "right"),
        ("human", "right"), ("as written", "right"), ("touched", "right"),
    )  # fmt: skip
    for one in totals:
        table.add_row(
            show.shorten(one.model, max(12, show.out.width - 66)),
            one.stage,
            str(one.runs),
            f"{one.cells_ok}/{one.cells}→{one.patched_cells_ok}/{one.patched_cells}",
            str(one.lines),
            f"{one.share:.1%}",
            f"{one.share_text:.1%}",
            f"{one.share_cells:.1%}",
        )
    show.out.print(table)
    for one in totals:
        causes = [
            f"{cause.value} {t.added} added, {t.changed} changed, {t.removed} removed"
            for cause, t in one.by_cause.items()
        ]
        failed = f"failures: {one.roots} root, {one.cascades} cascade"
        show.out.print(Text(f"\n{show.clean(one.model)} {one.stage}, {failed}"), soft_wrap=True)
        for told in causes:
            show.out.print(Text(f"  {told}"), style="dim")


def _csv(totals: list[Total]) -> None:
    rows = [one.model_dump(mode="json", exclude={"by_cause"}) for one in totals]
    writer = csv.DictWriter(sys.stdout, list(rows[0]) if rows else ["model", "stage"])
    writer.writeheader()
    writer.writerows(rows)
