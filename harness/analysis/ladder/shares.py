"""A share with its interval, where the pieces that are counted come in clusters.

The cells of one run are no independent draws: one missing import fails many. So the interval is
Wilson's (1927) at the effective number of cells, which is their number over the design effect
(Kish 1965), estimated between the clusters by linearization. It never has a width of zero, as that
of a bootstrap does where all of a few runs are alike.
"""

from __future__ import annotations

from collections.abc import Sequence

from harness.analysis.statistics import wilson
from harness.records import Record

DIGITS = 4


class Share(Record):
    """``part`` of ``whole``, and the bounds of 95 %; None where one cluster cannot tell them."""

    part: int
    whole: int
    low: float | None = None
    high: float | None = None

    @property
    def value(self) -> float | None:
        """The share itself; None of nothing."""
        return self.part / self.whole if self.whole else None


def share(clusters: Sequence[tuple[int, int]]) -> Share:
    """The share over clusters of (part, whole)."""
    part, whole = sum(one for one, _ in clusters), sum(of for _, of in clusters)
    filled = [(one, of) for one, of in clusters if of]
    if len(filled) < 2:
        return Share(part=part, whole=whole)
    low, high = wilson(part / whole, whole / _design_effect(filled, part / whole, whole))
    return Share(part=part, whole=whole, low=round(low, DIGITS), high=round(high, DIGITS))


def _design_effect(clusters: Sequence[tuple[int, int]], mean: float, whole: int) -> float:
    """How much wider the spread between clusters is than between independent pieces; 1 at least."""
    independent = mean * (1 - mean) / whole
    if not independent:
        return 1.0
    squares = sum((one - mean * of) ** 2 for one, of in clusters)
    between = len(clusters) / (len(clusters) - 1) * squares / whole**2
    return max(1.0, between / independent)
