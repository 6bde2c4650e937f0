"""``harness compare``: two models side by side."""

from __future__ import annotations

import csv
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from harness.cli.options import AsJson, Project

if TYPE_CHECKING:
    from collections.abc import Mapping

    from harness.analysis.statistics import Side, StageComparison
    from harness.records import Run
    from harness.runs.store import FileStore


def compare(
    first: Annotated[str, typer.Argument(metavar="MODEL", help="A model that has runs.")],
    second: Annotated[str, typer.Argument(metavar="MODEL", help="Another one.")],
    stage: Annotated[str | None, typer.Option("--stage", help="One stage only.")] = None,
    as_json: AsJson = False,
    as_csv: Annotated[bool, typer.Option("--csv", help="Print CSV.")] = False,
    html: Annotated[Path | None, typer.Option("--html", help="Write a page to this file.")] = None,
    project: Project = None,
) -> None:
    """Compare two models by their stored runs: outcomes, cells, failures, fixes, share, speed.

    Stage by stage, and apart for each context. With several samples (harness regenerate
    --samples K) it gives pass@k, and an interval for the difference; where two models cannot be
    told apart, it says so.
    """
    from harness import files
    from harness.analysis import statistics
    from harness.cli import show
    from harness.errors import HarnessError
    from harness.project import location
    from harness.runs.store import FileStore

    store = FileStore(location.find(project))
    sides = [_runs(store, name, stage) for name in (first, second)]
    found = statistics.compare(*sides)
    if not found:
        raise HarnessError(
            f"{first} and {second} have no stage and context in common",
            "Make runs: harness regenerate --model",
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
        from harness.analysis import report

        tables = [(one.title, _lines(one), _verdict(one)) for one in found]
        files.write_atomic(html, report.compare_page(first, second, tables).encode())
        show.out.print(f"Wrote {show.clean(str(html))}", soft_wrap=True)
    else:
        for one in found:
            _print(one)


def _runs(store: FileStore, name: str, stage: str | None) -> list[Run]:
    from harness.errors import HarnessError, UnknownNameError

    asked = {"model": name} | ({"stage": stage} if stage else {})
    found = [run for _, run in store.runs(**asked) if run.raw is not None]
    if not found:
        known = {one.model for one in store.summaries()}
        if name in known:
            about = f"{name} has no finished run{f' of {stage}' if stage else ''}"
            raise HarnessError(about, f"Make one: harness regenerate --model {name}")
        raise UnknownNameError("model with runs", name, known, "harness runs lists them")
    return found


def _print(one: StageComparison) -> None:
    from rich.text import Text

    from harness.cli import show

    free = (show.out.width - 24) // 2
    table = show.table(one.title, "", one.first.model, one.second.model)
    for name, left, right in _lines(one):
        table.add_row(name, show.shorten(left, 2 * free), show.shorten(right, 2 * free))
    show.out.print(table)
    show.out.print(Text(f"{_verdict(one)}\n"), soft_wrap=True)


def _verdict(one: StageComparison) -> str:
    gap = one.difference
    told = f"{gap.mean:+.1%} of raw cells"
    if gap.low is not None and gap.high is not None:
        told += f" ({gap.low:+.1%} to {gap.high:+.1%}, 95 %)"
    return f"{told}: {gap.told}"


def _lines(one: StageComparison) -> list[tuple[str, str, str]]:
    from harness.analysis.statistics import changed_fixes

    def both(name: str, told: Mapping[str, str]) -> tuple[str, str, str]:
        return name, told["first"], told["second"]

    sides: dict[str, Side] = {"first": one.first, "second": one.second}
    lines = [
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
