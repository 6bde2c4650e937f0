"""Two models on the same work: stage by stage and step by step, and whether they differ at all.

pass@k is the unbiased estimator of Chen et al. 2021, "Evaluating Large Language Models Trained on
Code", section 2.1. The interval of the difference is a percentile bootstrap over pairs of runs with
the same seed (Efron 1979), that of a share is Wilson's (1927).
"""

from __future__ import annotations

import math
import random
import statistics
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from itertools import product

from harness.analysis import conditions
from harness.analysis.conditions import Condition, Weights
from harness.records import CellStatus, Record, Run, Verdict

RESAMPLES = 10_000
CONFIDENCE = 0.95
Z = statistics.NormalDist().inv_cdf((1 + CONFIDENCE) / 2)
PASS_KS = (1, 5, 10)


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
    tokens: int
    tokens_per_second: float


class Difference(Record):
    """Share of raw cells that ran, second minus first, over pairs of runs."""

    pairs: int
    mean: float
    low: float | None  # None: too few pairs to tell
    high: float | None
    message: str


class StageComparison(Condition):
    """Two models on the same work: stage, context, dataset and stage version."""

    title: str  # what tells it from the other comparisons
    first: Side
    second: Side
    difference: Difference


def pass_at_k(n: int, c: int, k: int) -> float:
    """Chance that at least one of ``k`` samples passes, where ``c`` of ``n`` did.

    Raises ValueError unless 0 <= c <= n and 1 <= k <= n.
    """
    if not 0 <= c <= n or not 1 <= k <= n:
        raise ValueError(f"pass@{k} of {c} in {n} is not defined")
    if n - c < k:
        return 1.0
    return 1.0 - math.prod(1.0 - k / i for i in range(n - c + 1, n + 1))


def wilson(share: float, n: float) -> tuple[float, float]:
    """Wilson's interval of 95 % for a share of ``n``, which may be an effective number."""
    scale = 1 + Z**2 / n
    middle = (share + Z**2 / (2 * n)) / scale
    half = Z / scale * math.sqrt(share * (1 - share) / n + Z**2 / (4 * n**2))
    return max(0.0, middle - half), min(1.0, middle + half)


def compare(
    first: Sequence[Run],
    second: Sequence[Run],
    stale: Callable[[Run], Sequence[str]] = lambda _: (),
) -> list[StageComparison]:
    """By work, over what both models have finished runs of.

    ``stale`` gives the reasons for which a run is out of date.
    """
    sides = [_grouped(runs) for runs in (first, second)]
    works = sorted(sides[0].keys() & sides[1].keys(), key=Condition.sorted_by)
    names = conditions.weights_labels(w for side in sides for work in works for w in side[work])
    return [
        StageComparison(
            title=title,
            **dict(work),
            first=_side(names[one], one, sides[0][work][one], stale),
            second=_side(names[other], other, sides[1][work][other], stale),
            difference=difference(sides[0][work][one], sides[1][work][other]),
        )
        for work, title in zip(works, conditions.titles(works), strict=True)
        for one, other in product(sorted(sides[0][work]), sorted(sides[1][work]))
    ]


def _grouped(runs: Iterable[Run]) -> dict[Condition, dict[Weights, list[Run]]]:
    groups: dict[Condition, dict[Weights, list[Run]]] = {}
    for run in runs:
        if run.raw is not None:
            group = groups.setdefault(conditions.of_run(run), {})
            group.setdefault(conditions.weights_of(run), []).append(run)
    return groups


def difference(first: Iterable[Run], second: Iterable[Run]) -> Difference:
    """The paired difference, with its interval and what can honestly be said of it."""
    by_pair = [{run.seed: _ok_share(run) for run in runs} for runs in (first, second)]
    deltas = [by_pair[1][key] - by_pair[0][key] for key in sorted(by_pair[0].keys() & by_pair[1])]
    if not deltas:
        message = "there are no runs with the same seed to compare"
        return Difference(pairs=0, mean=0.0, low=None, high=None, message=message)
    mean = statistics.fmean(deltas)
    if len(deltas) < 2:
        message = "one pair of runs cannot tell them apart; make more with --samples"
        return Difference(pairs=1, mean=round(mean, 4), low=None, high=None, message=message)
    low, high = interval(deltas)
    if low <= 0 <= high:
        message = f"{len(deltas)} pairs of runs cannot tell them apart: the interval holds 0"
    else:
        message = f"{'second' if mean > 0 else 'first'} is better, by {len(deltas)} pairs"
    return Difference(
        pairs=len(deltas),
        mean=round(mean, 4),
        low=round(low, 4),
        high=round(high, 4),
        message=message,
    )


def interval(deltas: Sequence[float]) -> tuple[float, float]:
    """The percentile bootstrap interval of a mean; the same for the same numbers."""
    source = random.Random(0)  # noqa: S311 - resampling, not a secret
    means = sorted(
        statistics.fmean(source.choices(deltas, k=len(deltas))) for _ in range(RESAMPLES)
    )
    tail = (1 - CONFIDENCE) / 2
    return means[int(tail * RESAMPLES)], means[int((1 - tail) * RESAMPLES) - 1]


def _ok_share(run: Run) -> float:
    cells = run.raw.cells if run.raw else ()
    return sum(cell.status is CellStatus.OK for cell in cells) / len(cells) if cells else 0.0


def _side(
    name: str, weights: Weights, runs: Sequence[Run], stale: Callable[[Run], Sequence[str]]
) -> Side:
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


def changed_fixes(one: StageComparison) -> dict[str, list[str]]:
    """Fixes that the second model does not need any more, or that find no place there."""
    return {
        "obsolete": [fix for fix in one.second.obsolete if fix not in one.first.obsolete],
        "conflict": [fix for fix in one.second.conflict if fix not in one.first.conflict],
    }


def rows(found: Iterable[StageComparison]) -> list[dict[str, object]]:
    """One flat row per piece of work and model, for CSV."""
    flat: list[dict[str, object]] = []
    for one, side in product(found, ("first", "second")):
        this: Side = getattr(one, side)
        flat.append(
            {
                "stage": one.stage,
                "context": one.context,
                "context_sha256": one.context_sha256,
                "help": one.help,
                "dataset": one.dataset,
                "synthetic": one.synthetic,
                "dataset_sha256": one.dataset_sha256,
                "stage_sha256": one.stage_sha256,
                "model": this.model,
                "model_sha256": this.model_sha256,
                "runs": this.runs,
                "stale": this.stale,
                "passed": this.passed,
                **{f"pass_at_{k}": this.pass_at.get(k, "") for k in PASS_KS},
                "cells": this.cells,
                "cells_ok": this.cells_ok,
                "roots": sum(this.roots.values()),
                "human_share": "" if this.human_share is None else this.human_share,
                "tokens": this.tokens,
                "tokens_per_second": this.tokens_per_second,
                "difference": one.difference.mean,
                "low": "" if one.difference.low is None else one.difference.low,
                "high": "" if one.difference.high is None else one.difference.high,
            }
        )
    return flat
