"""``harness compare``: two models side by side."""

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

    from harness.analysis.statistics import Side, StageComparison
    from harness.records import Run
    from harness.runs.store import FileStore


def compare(
    first: Annotated[
        str,
        typer.Argument(
            metavar="MODEL", help="A model that has runs, or the beginning of its name."
        ),
    ],
    second: Annotated[str, typer.Argument(metavar="MODEL", help="Another one.")],
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
    """Compare two models by their stored runs.

    Each stage, context, dataset and version of a stage has a table of its own: outcomes, cells,
    failures, fixes, human share and speed. Runs that differ in these are never added up. Below it
    stands how much the second model is better, with a 95 % interval where there are several runs
    (harness generate --samples), or that the two cannot be told apart.

    Examples:

    \b
      harness compare codellama-7b-instruct qwen2.5-coder-1.5b-instruct
      harness compare codellama-7b-instruct new-coder --stage eda --html page.html
    """
    from harness.analysis import statistics
    from harness.cli import run_filters, show
    from harness.errors import HarnessError
    from harness.project import location, names
    from harness.runs.staleness import Staleness
    from harness.runs.store import FileStore

    store = FileStore(location.find(project), show.notice)
    known = {one.model for one in store.summaries()}
    first, second = (names.full_or_same("model", one, known) for one in (first, second))
    wanted = run_filters.wanted(store, stages, None, contexts, datasets, versions, helped)
    left, right = (_runs(store, name, wanted) for name in (first, second))
    found = statistics.compare(left, right, Staleness(store.project).of_run)
    if not found:
        raise HarnessError(
            f"{first} and {second} have no work in common: no stage of one version, on one table, "
            "in one context",
            f"Make runs: harness regenerate --model {first} --model {second}",
        )
    if as_json:
        show.json(
            [
                one.model_dump(mode="json") | {"fixes": statistics.changed_fixes(one)}
                for one in found
            ]
        )
    elif as_csv:
        rows = statistics.rows(found)
        writer = csv.DictWriter(sys.stdout, list(rows[0]))
        writer.writeheader()
        writer.writerows(rows)
    elif html is not None:
        _page(first, second, found, html)
    else:
        for one in found:
            _print(one)


def _page(first: str, second: str, found: Sequence[StageComparison], path: Path) -> None:
    from harness import files
    from harness.analysis import report
    from harness.cli import show

    tables = [(one.title, _lines(one), "; ".join(_verdict(one))) for one in found]
    page = report.compare_page(first, second, tables).encode(errors="replace")
    if str(path) == "-":
        show.exactly(page)
        return
    files.write_atomic(path, page)
    show.line(f"Wrote {path}")


def _runs(store: FileStore, name: str, wanted: Mapping[str, list[str]]) -> list[Run]:
    from harness.errors import HarnessError, UnknownNameError

    found = [run for _, run in store.runs(**wanted, model=name) if run.raw is not None]
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


def _print(one: StageComparison) -> None:
    from harness.cli import show

    table = show.table(one.title, "", (one.first.model, "text"), (one.second.model, "text"))
    for name, left, right in _lines(one):
        table.add_row(name, show.clean(left), show.clean(right))
    show.out.print(table)
    for sentence in _verdict(one):
        show.line(sentence)
    show.out.print()


def _verdict(one: StageComparison) -> tuple[str, str]:
    """How far apart the two are, and what can be said of it."""
    gap = one.difference
    size = f"{gap.mean:+.1%} of raw cells"
    if gap.low is not None and gap.high is not None:
        size += f" ({gap.low:+.1%} to {gap.high:+.1%}, 95 %)"
    return f"second minus first: {size}", gap.message


def _lines(one: StageComparison) -> list[tuple[str, str, str]]:
    from harness.analysis.statistics import changed_fixes

    def both(name: str, cells: Mapping[str, str]) -> tuple[str, str, str]:
        return name, cells["first"], cells["second"]

    sides: dict[str, Side] = {"first": one.first, "second": one.second}
    lines = [
        *(
            [both("stale runs", {k: f"{s.stale} of {s.runs}" for k, s in sides.items()})]
            if one.first.stale or one.second.stale
            else []
        ),
        both("outcomes", {k: _counts(s.outcomes) for k, s in sides.items()}),
        both("raw passes", {k: f"{s.passed} of {s.runs}" for k, s in sides.items()}),
    ]
    for k in sorted(one.first.pass_at.keys() | one.second.pass_at.keys()):
        lines.append(both(f"pass@{k}", {n: _share(s.pass_at.get(k)) for n, s in sides.items()}))
    lines.append(both("cells ok", {k: f"{s.cells_ok} of {s.cells}" for k, s in sides.items()}))
    for step in dict.fromkeys([*one.first.steps, *one.second.steps]):
        counts = {k: s.steps.get(step, (0, 0)) for k, s in sides.items()}
        lines.append(both(f"  {step}", {k: f"{ok} of {n}" for k, (ok, n) in counts.items()}))
    lines.append(both("root failures", {k: _counts(s.roots) for k, s in sides.items()}))
    lines.append(both("human share", {k: _share(s.human_share) for k, s in sides.items()}))
    changed = changed_fixes(one)
    lines += [(f"now {word}", "", ", ".join(fixes)) for word, fixes in changed.items() if fixes]
    lines.append(both("tokens", {k: f"{s.tokens:,}" for k, s in sides.items()}))
    lines.append(both("tokens/s", {k: f"{s.tokens_per_second:.1f}" for k, s in sides.items()}))
    return lines


def _counts(counted: Mapping[str, int]) -> str:
    return ", ".join(f"{count} {name}" for name, count in counted.items()) or "none"


def _share(value: float | None) -> str:
    return "" if value is None else f"{value:.1%}"
