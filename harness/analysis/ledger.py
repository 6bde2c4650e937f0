"""The ledgers of patched runs, added up by model and by the work that they did."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence

from harness.analysis import conditions
from harness.analysis.conditions import Condition, Weights
from harness.analysis.findings import Rates, rates
from harness.fixes.ledger import FAULTS, ratio, written
from harness.records import Cause, CellStatus, Run, Tally


class Total(Condition):
    """The ledgers of all patched runs of one model on the same work, added up."""

    model: str
    model_sha256: str
    runs: int
    stale: int  # of the runs, those judged by other fixes, checks, limits or data than now
    cells: int  # raw code cells
    cells_ok: int
    roots: int
    cascades: int
    patched_cells: int
    patched_cells_ok: int
    touched_cells: int
    lines: int  # of the patched notebooks
    human_lines: int
    text_lines: int
    human_text_lines: int
    enhancement_lines: int
    share: float
    share_text: float
    share_cells: float
    by_cause: dict[Cause, Tally]
    findings: Rates  # of the raw notebooks

    @property
    def weights(self) -> Weights:
        """What wrote its runs."""
        return Weights(self.model, self.model_sha256)


def totals(
    runs: Iterable[Run], stale: Callable[[Run], Sequence[str]] = lambda _: ()
) -> list[Total]:
    """One line per model and work, over the runs that were patched.

    ``stale`` gives the reasons for which a run is out of date.
    """
    groups: dict[tuple[Weights, Condition], list[Run]] = {}
    for run in runs:
        if run.raw is not None and run.patched is not None:
            key = conditions.weights_of(run), conditions.of_run(run)
            groups.setdefault(key, []).append(run)
    return [
        _total(*key, groups[key], sum(bool(stale(run)) for run in groups[key]))
        for key in sorted(groups, key=lambda key: (key[0], key[1].sorted_by()))
    ]


def _total(weights: Weights, work: Condition, runs: Sequence[Run], stale: int) -> Total:
    books = [run.patched.ledger for run in runs if run.patched]
    raw = [cell for run in runs if run.raw for cell in run.raw.cells]
    patched = [cell for run in runs if run.patched for cell in run.patched.execution.cells]
    lines, text = sum(b.patched_lines for b in books), sum(b.patched_text for b in books)
    human = sum(written(b.lines, FAULTS) for b in books)
    human_text = sum(written(b.text, FAULTS) for b in books)
    cells, touched = sum(b.patched_cells for b in books), sum(b.touched_cells for b in books)
    return Total(
        model=weights.name,
        model_sha256=weights.sha256,
        **dict(work),
        runs=len(runs),
        stale=stale,
        cells=len(raw),
        cells_ok=sum(cell.status is CellStatus.OK for cell in raw),
        roots=sum(cell.failure == "root" for cell in raw),
        cascades=sum(cell.failure == "cascade" for cell in raw),
        patched_cells=cells,
        patched_cells_ok=sum(cell.status is CellStatus.OK for cell in patched),
        touched_cells=touched,
        lines=lines,
        human_lines=human,
        text_lines=text,
        human_text_lines=human_text,
        enhancement_lines=sum(written(b.lines, {Cause.ENHANCEMENT}) for b in books),
        share=ratio(human, lines),
        share_text=ratio(human_text, text),
        share_cells=ratio(touched, cells),
        findings=rates(runs),
        by_cause={
            cause: Tally(
                added=sum(b.lines[cause].added for b in books if cause in b.lines),
                changed=sum(b.lines[cause].changed for b in books if cause in b.lines),
                removed=sum(b.lines[cause].removed for b in books if cause in b.lines),
            )
            for cause in Cause
            if any(cause in b.lines for b in books)
        },
    )
