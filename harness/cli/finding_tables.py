"""Tables of findings: those of a run, line by line, and those of many, added up."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import groupby

from rich.text import Text

from harness.analysis import conditions
from harness.analysis import findings as analysis
from harness.analysis.findings import FindingTotal, RunFindings
from harness.cli import show
from harness.records import Finding, FindingKind, Run, Severity

SEVERITY_STYLE = {Severity.ERROR: "red", Severity.WARNING: "yellow", Severity.NOTE: "dim"}


def print_run(run: Run, found: RunFindings, kinds: Sequence[FindingKind]) -> None:
    """A line per finding, in the order of the notebook, and one per kind."""
    helped = f" · {run.help.label}" if run.help.given else ""
    show.line(
        f"{run.stage} · {run.model.name} · {run.context} context · seed {run.seed}{helped} · "
        f"run {run.run_id} · {found.form} notebook",
        style="bold",
    )
    if found.findings:
        _print_findings(found.findings)
        show.out.print()
    show.facts((kind.value, _summary(found, kind)) for kind in kinds)


def _print_findings(findings: Sequence[Finding]) -> None:
    has_other = any(one.replacement for one in findings)
    other = (("instead", "text"),) if has_other else ()
    told = (("evidence", "text"),) if show.is_verbose() else ()
    table = show.table("", "cell", ("line", "right"), "rule", ("what", "text"), *other, *told)
    for one in findings:
        table.add_row(
            one.cell,
            str(one.line),
            Text(show.clean_line(one.rule), style=SEVERITY_STYLE[one.severity]),
            one.message,
            *([one.replacement or ""] if has_other else []),
            *([one.evidence] if told else []),
        )
    show.out.print(table)


def _summary(found: RunFindings, kind: FindingKind) -> str:
    """``3 in 2 cells: 1 error, 2 warnings``."""
    own = [one for one in found.findings if one.kind is kind]
    if not own:
        return "none"
    cells = show.count(len({one.cell for one in own}), "cell")
    by = ((sum(one.severity is level for one in own), level.value) for level in Severity)
    return f"{len(own)} in {cells}: " + ", ".join(show.count(n, word) for n, word in by if n)


def print_totals(
    found: Sequence[tuple[Run, RunFindings]], kinds: Sequence[FindingKind], *, is_limited: bool
) -> None:
    """A table per model, with a line per piece of work."""
    if not found:
        show.line("No run matches" if is_limited else "There are no runs with such a notebook yet")
        if not is_limited:
            show.info("Next: harness generate --stage eda")
        return
    totals = analysis.totals(found)
    labels = conditions.weights_labels(one.weights for one in totals)
    told = dict(zip(map(id, totals), conditions.columns(totals), strict=True))
    for weights, group in groupby(totals, key=lambda one: one.weights):
        rows = list(group)
        _print_model(labels[weights], rows, [told[id(one)] for one in rows], kinds)
        show.out.print()
    show.info("Each: how many, and how many in a cell of code. Of one run: harness findings RUN")


def _print_model(
    title: str,
    rows: Sequence[FindingTotal],
    told: Sequence[dict[str, str]],
    kinds: Sequence[FindingKind],
) -> None:
    others = [name for name in told[0] if name != "context"]
    table = show.table(
        title, "stage", "context", *((name, "text") for name in others), ("runs", "right"),
        ("cells", "right", "extra"), *((kind.value, "right") for kind in kinds),
    )  # fmt: skip
    for one, cells in zip(rows, told, strict=True):
        table.add_row(
            one.stage,
            cells.get("context", one.context),
            *(cells[name] for name in others),
            str(one.runs),
            f"{one.cells:,}",
            *(f"{one.counts[kind]:,}  {one.per_cell[kind]:.2f}" for kind in kinds),
        )
    show.out.print(table)
