"""``harness compare``: models side by side."""

from __future__ import annotations

import csv
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from harness.cli.options import (
    AsJson,
    Contexts,
    OfDatasets,
    Project,
    Stages,
    StageVersions,
    Verbosity,
    WithHelp,
)

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from harness.analysis.comparison import Compared
    from harness.records import Run
    from harness.runs.store import FileStore


def compare(
    models: Annotated[
        list[str],
        typer.Argument(
            metavar="MODEL...",
            help="Two models that have runs or more, or the beginnings of their names.",
            show_default=False,
        ),
    ],
    stages: Stages = None,
    contexts: Contexts = None,
    datasets: OfDatasets = None,
    versions: StageVersions = None,
    helped: WithHelp = None,
    as_json: AsJson = False,
    as_csv: Annotated[bool, typer.Option("--csv", help="Print CSV.")] = False,
    html: Annotated[
        Path | None, typer.Option("--html", help="Write a page to this file; - prints it.")
    ] = None,
    _verbosity: Verbosity = None,
    project: Project = None,
) -> None:
    """Compare models by their stored runs.

    Each stage, context, help, dataset and version of a stage has a table of its own: outcomes,
    cells, failures, fixes, human share, findings and speed. Runs that differ in these are never
    added up. Below it stands how much each model is better than the first, over runs with the same
    seed, with a 95 % interval where there are several (harness generate --samples), or that they
    cannot be told apart; and which steps and checks one of the models alone passes. At the end
    stand the differences over all work that two of them have in common.

    Examples:

    \b
      harness compare codellama-7b-instruct qwen2.5-coder-1.5b-instruct
      harness compare codellama qwen new-coder --stage eda --html page.html
    """
    from harness.analysis import comparison
    from harness.cli import compare_tables, run_filters, show
    from harness.errors import HarnessError
    from harness.project import location, names
    from harness.runs.staleness import Staleness
    from harness.runs.store import FileStore

    if len(models) < 2:
        raise typer.BadParameter("give two models or more")
    store = FileStore(location.find(project), show.notice)
    known = {one.model for one in store.summaries()}
    named = [names.full_or_same("model", one, known) for one in models]
    wanted = run_filters.wanted(store, stages, None, contexts, datasets, versions, helped)
    with show.working("Reading the runs"):
        runs = {name: _runs(store, name, wanted) for name in dict.fromkeys(named)}
        stale = Staleness(store.project).of_run
        found = comparison.compare([runs[name] for name in named], stale)
    if not found.works:
        told = f"{', '.join(named[:-1])} and {named[-1]}"
        again = " ".join(f"--model {name}" for name in runs)
        raise HarnessError(
            f"{told} have no work in common: no stage of one version, on one table, in one context",
            f"Make runs: harness regenerate {again}",
        )
    if as_json:
        show.json({"models": named, **found.model_dump(mode="json")})
    elif as_csv:
        rows = comparison.rows(found.works)
        writer = csv.DictWriter(sys.stdout, list(rows[0]))
        writer.writeheader()
        writer.writerows(rows)
    elif html is not None:
        _page(named, found, html)
    else:
        compare_tables.print_all(found)


def _page(models: Sequence[str], found: Compared, path: Path) -> None:
    from harness import files
    from harness.analysis import report
    from harness.cli import compare_tables, show

    page = report.compare_page(models, compare_tables.pages(found)).encode(errors="replace")
    if str(path) == "-":
        show.exactly(page)
        return
    files.write_atomic(path, page)
    show.line(f"Wrote {path}")


def _runs(store: FileStore, name: str, wanted: Mapping[str, list[str]]) -> list[Run]:
    from harness.errors import HarnessError, UnknownNameError
    from harness.runs.findings import Findings

    looked = Findings(store)
    found = [
        looked.renewed(run) for _, run in store.runs(**wanted, model=name) if run.raw is not None
    ]
    if not found:
        known = {one.model for one in store.summaries()}
        if name in known:
            asked = (str(value)[:20] for values in wanted.values() for value in values)
            such = f" of {', '.join(asked)}" if wanted else ""
            raise HarnessError(
                f"{name} has no finished run{such}",
                f"Make one: harness regenerate --model {name}",
            )
        raise UnknownNameError("model with runs", name, known, "List them: harness runs")
    return found
