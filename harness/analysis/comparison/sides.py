"""One side of a comparison: the runs of a model on one piece of work, added up."""

from __future__ import annotations

import statistics
from collections import Counter
from collections.abc import Callable, Iterable, Sequence

from harness.analysis.conditions import Weights
from harness.analysis.findings import Rates, rates
from harness.analysis.statistics import PASS_KS, pass_at_k
from harness.records import CellStatus, Record, Run, Verdict


class Side(Record):
    """One model on one piece of work, over all its runs."""

    model: str  # with the weights, where its name had several
    model_sha256: str
    runs: int
    stale: int  # of the runs, those judged by other fixes, checks, limits or data than now
    outcomes: dict[str, int]
    passed: int  # runs whose raw notebook passes all cells and checks
    pass_at: dict[int, float]  # k -> pass@k
    cells: int
    cells_ok: int
    steps: dict[str, tuple[int, int]]  # step -> (cells ok, cells)
    roots: dict[str, int]  # error name -> root failures
    obsolete: tuple[str, ...]  # fixes that were so in every run
    conflict: tuple[str, ...]  # fixes that were so in any run
    human_share: float | None
    findings: Rates  # of the raw notebooks
    tokens: int
    tokens_per_second: float


def side(
    name: str, weights: Weights, runs: Sequence[Run], stale: Callable[[Run], Sequence[str]]
) -> Side:
    """All runs of one model, ``name``, on one piece of work."""
    cells = [cell for run in runs if run.raw for cell in run.raw.cells]
    steps: dict[str, tuple[int, int]] = {}
    for cell in cells:
        ok, total = steps.get(cell.step, (0, 0))
        steps[cell.step] = (ok + (cell.status is CellStatus.OK), total + 1)
    passed = sum(run.outcome.value == "raw" for run in runs)
    made = [reply.completion for run in runs for reply in run.replies]
    took = sum(one.own for one in made)
    tokens = sum(one.completion_tokens for one in made)
    books = [run.patched.ledger.share for run in runs if run.patched]
    roots = Counter(cell.verdict for cell in cells if cell.failure == "root")
    return Side(
        model=name,
        model_sha256=weights.sha256,
        runs=len(runs),
        stale=sum(bool(stale(run)) for run in runs),
        outcomes=dict(Counter(run.outcome.value for run in runs)),
        passed=passed,
        pass_at={k: round(pass_at_k(len(runs), passed, k), 4) for k in PASS_KS if k <= len(runs)},
        cells=len(cells),
        cells_ok=sum(cell.status is CellStatus.OK for cell in cells),
        steps=steps,
        roots=dict(roots.most_common()),
        obsolete=_fixes(runs, Verdict.OBSOLETE, all),
        conflict=_fixes(runs, Verdict.CONFLICT, any),
        human_share=round(statistics.fmean(books), 4) if books else None,
        findings=rates(runs),
        tokens=tokens,
        tokens_per_second=round(tokens / took, 2) if took else 0.0,
    )


def _fixes(runs: Iterable[Run], verdict: Verdict, how: object) -> tuple[str, ...]:
    verdicts: dict[str, list[bool]] = {}
    for run in runs:
        for one in run.patched.verdicts if run.patched else ():
            verdicts.setdefault(one.fix, []).append(one.verdict is verdict)
    return tuple(
        fix for fix, is_so in sorted(verdicts.items()) if (all if how is all else any)(is_so)
    )
