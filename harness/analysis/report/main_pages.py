"""The pages over all runs: overview, ladder, failures and fixes, with their plots and tables."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from harness.analysis.report import csvs, failures, ladders, overview, templates
from harness.analysis.report.folder import Folder
from harness.analysis.report.groups import Group
from harness.analysis.report.told import Report, digest

PAGES = {
    "overview": "index.html",
    "ladder": "ladder.html",
    "failures": "failures.html",
    "fixes": "fixes.html",
}
FILTERS = ("model", "stage", "context", "help", "dataset")


def put(written: Folder, report: Report, there: frozenset[str]) -> None:
    """Writes them all. ``there``: the pages of runs that there are. Raises StoreError."""
    state = digest([report.state, *sorted(there)])
    for name, file in PAGES.items():
        written.put(file, state, lambda name=name: _page(name, report, there))  # type: ignore[misc]
    written.put("groups.csv", report.state, lambda: csvs.groups(report.groups))
    written.put("runs.csv", report.state, lambda: csvs.runs(report.groups, report.is_stale))
    written.put("failures.csv", report.state, lambda: csvs.failures(report.failures))
    written.put("fixes.csv", report.state, lambda: csvs.fixes(report.fixes))
    written.put_all("plots", report.state, lambda: csvs.of_pictures(report.pictures))


def _page(name: str, report: Report, there: frozenset[str]) -> bytes:
    page = templates.render(
        f"{name}.html.j2",
        up="",
        name=report.name,
        here=PAGES[name],
        there=there,
        pictures=report.drawn[name],
        **VALUES[name](report),
    )
    return page.encode(errors="replace")


def _overview(report: Report) -> dict[str, Any]:
    return {
        "total": len(report.facts),
        "lines": report.lines,
        "heats": overview.heats(report.lines),
        "measures": overview.told_measures(report.groups),
        "choices": choices(report.groups),
        "stale": sum(map(report.is_stale, report.facts)),
    }


def _ladder(report: Report) -> dict[str, Any]:
    return {"ladders": report.ladders, "headings": ladders.HEADINGS}


def _failures(report: Report) -> dict[str, Any]:
    return {
        "choices": choices(report.groups),
        "errors": failures.by_error(report.failures),
        "causes": failures.by_cause(report.failures),
        "checks": failures.by_check(report.groups),
    }


def _fixes(report: Report) -> dict[str, Any]:
    stages = choices(report.groups).get("stage")
    return {"fixes": report.fixes, "choices": {"stage": stages} if stages else {}}


VALUES = {"overview": _overview, "ladder": _ladder, "failures": _failures, "fixes": _fixes}


def choices(groups: Sequence[Group]) -> dict[str, list[str]]:
    """What may be chosen in each filter; only those where there is a choice."""
    found = {name: sorted({getattr(one, name) for one in groups}) for name in FILTERS}
    return {name: values for name, values in found.items() if len(values) > 1}
