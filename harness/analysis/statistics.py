"""Numbers that say how sure a figure is.

pass@k is the unbiased estimator of Chen et al. 2021, "Evaluating Large Language Models Trained on
Code", section 2.1. The interval of a mean difference is a percentile bootstrap (Efron 1979) over
what was drawn independently, that of a share is Wilson's (1927).
"""

from __future__ import annotations

import math
import random
import statistics
from collections.abc import Hashable, Mapping, Sequence

from harness.records import Record

RESAMPLES = 10_000
MOST_RESAMPLED = 50  # pairs; of more, the mean's normal interval, which is nearly the same then
CONFIDENCE = 0.95
Z = statistics.NormalDist().inv_cdf((1 + CONFIDENCE) / 2)
PASS_KS = (1, 5, 10)
DIGITS = 4


class Paired(Record):
    """A mean difference over ``pairs``, which come in ``clusters``, and the bounds of 95 %.

    The bounds are None where one cluster cannot tell them, nor several that differ by the same, of
    which a bootstrap would make a certainty.
    """

    pairs: int
    clusters: int
    mean: float
    low: float | None = None
    high: float | None = None


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


def interval(deltas: Sequence[float]) -> tuple[float, float]:
    """The percentile bootstrap interval of a mean; the same for the same numbers.

    Of many numbers, for which it takes seconds, the normal interval.
    """
    if len(deltas) > MOST_RESAMPLED:
        middle = statistics.fmean(deltas)
        half = Z * statistics.stdev(deltas) / math.sqrt(len(deltas))
        return middle - half, middle + half
    source = random.Random(0)  # noqa: S311 - resampling, not a secret
    size = len(deltas)
    drawn = source.choices(deltas, k=size * RESAMPLES)  # all at once, which is twice as fast
    means = sorted(
        statistics.fmean(drawn[at : at + size]) for at in range(0, size * RESAMPLES, size)
    )
    tail = (1 - CONFIDENCE) / 2
    return means[int(tail * RESAMPLES)], means[int((1 - tail) * RESAMPLES) - 1]


def paired(deltas: Mapping[Hashable, Sequence[float]]) -> Paired | None:
    """The mean over clusters of the means of each; None of none. Clusters are what is drawn."""
    means = [statistics.fmean(of) for of in deltas.values() if of]
    if not means:
        return None
    low, high = interval(means) if len(set(means)) > 1 else (None, None)
    return Paired(
        pairs=sum(map(len, deltas.values())),
        clusters=len(means),
        mean=round(statistics.fmean(means), DIGITS) + 0.0,  # no minus zero
        low=None if low is None else round(low, DIGITS),
        high=None if high is None else round(high, DIGITS),
    )
