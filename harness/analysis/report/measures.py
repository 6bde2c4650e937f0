"""What is said of several runs: shares and means with their intervals, and how good each is.

A share's interval is the ladder's, with runs as clusters. A mean's is Student's (1908) over runs.
"""

from __future__ import annotations

import math
import statistics
from collections import Counter
from collections.abc import Callable, Sequence

from harness.analysis.ladder.shares import Share, share
from harness.analysis.report.facts import Facts
from harness.analysis.statistics import Z
from harness.records import Cause, Record

# Quantiles of Student's t at 0.975 by degrees of freedom, from 1 on; beyond them the normal's.
T = (
    12.706, 4.303, 3.182, 2.776, 2.571, 2.447, 2.365, 2.306, 2.262, 2.228, 2.201, 2.179, 2.160,
    2.145, 2.131, 2.120, 2.110, 2.101, 2.093, 2.086, 2.080, 2.074, 2.069, 2.064, 2.060, 2.056,
    2.052, 2.048, 2.045, 2.042,
)  # fmt: skip


class Mean(Record):
    """A mean of runs and the bounds of 95 %; None where one run cannot tell them."""

    value: float
    low: float | None = None
    high: float | None = None


class Measured(Record):
    """Several runs of one kind. Cells and checks are of notebooks as the model left them."""

    runs: int  # with an executed notebook
    unfinished: int
    stale: int
    outcomes: dict[str, int]
    passed: Share  # stages that passed without a human
    cells: Share
    checks: Share
    human: Share  # code lines of the patched notebooks
    findings: Mean | None  # a run; None: no record tells
    tokens: Mean | None  # written for a run
    seconds: Mean | None  # of writing and executing
    failures: int  # root failures
    causes: dict[Cause, float]  # human code lines in a hundred, by cause


def measured(found: Sequence[Facts], stale: Callable[[Facts], bool]) -> Measured:
    """All that the report tells of these runs together."""
    made = [one.sample for one in found if one.sample is not None]
    told = [sum(one.findings.values()) for one in found if one.findings is not None]
    lines = sum(one.lines or 0 for one in made)
    causes = Counter[Cause]()
    for one in found:
        causes.update(one.causes)
    return Measured(
        runs=len(made),
        unfinished=len(found) - len(made),
        stale=sum(map(stale, found)),
        outcomes=dict(Counter(one.line.outcome for one in found)),
        passed=share([(int(one.passed), 1) for one in made]),
        cells=share([(one.cells_ok, one.cells) for one in made]),
        checks=share([(one.checks_held, one.checks) for one in made]),
        human=share([(one.human_lines or 0, one.lines or 0) for one in made]),
        findings=mean(told),
        tokens=mean([one.tokens for one in made]),
        seconds=mean([one.writing + one.executing for one in made]),
        failures=sum(one.is_root for facts in found for one in facts.failures),
        causes={cause: 100 * causes[cause] / lines for cause in Cause if lines and causes[cause]},
    )


def mean(values: Sequence[float]) -> Mean | None:
    """The mean of these values; None of none."""
    if not values:
        return None
    middle = statistics.fmean(values)
    if len(values) < 2:
        return Mean(value=middle)
    quantile = T[len(values) - 2] if len(values) - 2 < len(T) else Z
    half = quantile * statistics.stdev(values) / math.sqrt(len(values))
    return Mean(value=middle, low=middle - half, high=middle + half)
