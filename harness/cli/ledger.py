"""``harness ledger``: how much of the code is human."""

from __future__ import annotations

import csv
import sys
from typing import TYPE_CHECKING, Annotated

import typer

from harness.cli.options import (
    AsJson,
    Contexts,
    Models,
    OfDatasets,
    Project,
    Stages,
    StageVersions,
    Verbosity,
    WithHelp,
)

if TYPE_CHECKING:
    from collections.abc import Sequence

    from harness.analysis.ledger import Total


def ledger(
    stages: Stages = None,
    models: Models = None,
    contexts: Contexts = None,
    datasets: OfDatasets = None,
    versions: StageVersions = None,
    helped: WithHelp = None,
    as_json: AsJson = False,
    as_csv: Annotated[bool, typer.Option("--csv", help="Print CSV.")] = False,
    _verbosity: Verbosity = None,
    project: Project = None,
) -> None:
    """Count how much of the code is human, per model and piece of work.

    Runs of different stages, contexts, datasets or versions of a stage are never added up: each has
    a line, and a column says what differs. Stale runs were judged by other fixes, checks, limits or
    data than there are now; harness patch or harness regenerate brings them up to date.

    Columns: "cells ok" are those that ran without an error, as written → with the fixes. "lines"
    are the code lines of the patched notebooks, without comments and blank lines. "human" is the
    share of them that a human added or changed. "as written" is the same share of all lines,
    comments and blank ones included. "touched" is the share of cells with a human line.
    Enhancements are in no share. "findings" are the means of a cell as written (harness findings).
    Below the table stand the causes, and the findings by kind.

    Examples:

    \b
      harness ledger
      harness ledger --stage eda --model codellama-7b-instruct --csv
    """
    from harness.analysis import ledger as ledgers
    from harness.cli import run_filters, show
    from harness.project import location
    from harness.runs.findings import Findings
    from harness.runs.staleness import Staleness
    from harness.runs.store import FileStore

    store = FileStore(location.find(project), show.notice)
    wanted = run_filters.wanted(store, stages, models, contexts, datasets, versions, helped)
    stale = Staleness(store.project).of_run
    looked = Findings(store)
    with show.working("Reading the runs"):
        runs = (looked.renewed(run) for _, run in store.runs(**wanted))
        totals = ledgers.totals(runs, stale)
    if as_json:
        show.json([one.model_dump(mode="json") for one in totals])
    elif as_csv:
        _csv(totals)
    elif totals:
        _print(totals)
    elif wanted:
        show.line("No patched run matches")
    else:
        show.line("There are no patched runs yet")
        show.info("Next: harness generate --stage eda")


def _print(totals: Sequence[Total]) -> None:
    from harness.analysis import conditions
    from harness.cli import show

    told = conditions.columns(totals)
    models = conditions.weights_labels(one.weights for one in totals)
    table = show.table(
        "", "model", "stage", *told[0], ("runs", "right"), ("cells ok", "right"),
        ("lines", "right"), ("human", "right"), ("as written", "right", "extra"),
        ("touched", "right", "extra"), ("findings", "right", "extra"),
    )  # fmt: skip
    for one, cells in zip(totals, told, strict=True):
        table.add_row(
            models[one.weights],
            one.stage,
            *cells.values(),
            f"{one.runs}, {one.stale} stale" if one.stale else str(one.runs),
            f"{one.cells_ok}/{one.cells}→{one.patched_cells_ok}/{one.patched_cells}",
            str(one.lines),
            f"{one.share:.1%}",
            f"{one.share_text:.1%}",
            f"{one.share_cells:.1%}",
            "" if one.findings.every is None else f"{one.findings.every:.2f}",
        )
    show.out.print(table)
    for one, cells in zip(totals, told, strict=True):
        failures = f"{show.count(one.roots, 'root failure')}, {show.count(one.cascades, 'cascade')}"
        show.info()
        name = " ".join([models[one.weights], one.stage, *cells.values()])
        show.info(f"{name}: {failures}")
        counts = one.findings.counts.items()
        found = ", ".join(f"{number} {kind.value}" for kind, number in counts if number)
        if found:
            show.info(f"  findings: {found}", style="dim")
        for cause, tally in one.by_cause.items():
            show.info(
                f"  {cause.value}: {tally.added} lines added, {tally.changed} changed, "
                f"{tally.removed} removed",
                style="dim",
            )


def _csv(totals: Sequence[Total]) -> None:
    from harness.analysis import findings

    rows = [
        one.model_dump(mode="json", exclude={"by_cause", "findings"}) | findings.row(one.findings)
        for one in totals
    ]
    writer = csv.DictWriter(sys.stdout, list(rows[0]) if rows else ["model", "stage"])
    writer.writeheader()
    writer.writerows(rows)
