"""pass@k and intervals, against values worked by hand."""

from __future__ import annotations

import random
from itertools import combinations

import pytest

from harness.analysis import statistics


@pytest.mark.parametrize(
    ("n", "c", "k", "value"),
    [
        (1, 0, 1, 0.0),
        (1, 1, 1, 1.0),
        (5, 2, 1, 0.4),  # 2/5
        (5, 2, 2, 0.7),  # 1 - C(3,2)/C(5,2) = 1 - 3/10
        (5, 2, 4, 1.0),  # at most three fail
        (10, 3, 5, 0.9166666666666667),  # 1 - C(7,5)/C(10,5) = 1 - 21/252
    ],
)
def test_pass_at_k_by_hand(n: int, c: int, k: int, value: float) -> None:
    assert statistics.pass_at_k(n, c, k) == pytest.approx(value)


@pytest.mark.parametrize(
    ("share", "n", "low", "high"),
    # R: prop.test(x, n, correct = FALSE)
    [
        (0.2, 110, 0.1359, 0.2842),
        (0.0, 10, 0.0, 0.2775),
        (1.0, 10, 0.7225, 1.0),
        (0.39, 800, 0.3568, 0.4242),
    ],
)
def test_wilson(share: float, n: int, low: float, high: float) -> None:
    assert statistics.wilson(share, n) == pytest.approx((low, high), abs=2e-4)


def test_pass_at_k_is_the_share_of_draws_with_a_pass() -> None:
    for n in range(1, 8):
        for c in range(n + 1):
            for k in range(1, n + 1):
                draws = list(combinations(range(n), k))
                share = sum(any(i < c for i in draw) for draw in draws) / len(draws)
                assert statistics.pass_at_k(n, c, k) == pytest.approx(share)


@pytest.mark.parametrize(("n", "c", "k"), [(0, 0, 1), (2, 3, 1), (2, 1, 0), (2, 1, 3), (2, -1, 1)])
def test_pass_at_k_of_nonsense(n: int, c: int, k: int) -> None:
    with pytest.raises(ValueError, match="not defined"):
        statistics.pass_at_k(n, c, k)


def test_the_interval_is_the_same_for_the_same_numbers() -> None:
    deltas = [0.1, -0.2, 0.4, 0.0, 0.3]
    assert statistics.interval(deltas) == statistics.interval(deltas)
    low, high = statistics.interval(deltas)
    assert -0.2 <= low < 0.12 < high <= 0.4


def test_clusters_are_what_is_drawn() -> None:
    found = statistics.paired({"a": [0.0, 0.2], "b": [0.4], "c": []})
    assert found is not None
    assert (found.pairs, found.clusters, found.mean) == (3, 2, 0.25)
    assert (found.low, found.high) == (0.1, 0.4)
    alike = statistics.paired({"a": [0.5], "b": [0.5]})
    assert alike is not None
    assert (alike.mean, alike.low) == (0.5, None)
    assert statistics.paired({"a": []}) is None


def test_the_interval_of_many_pairs_is_nearly_that_of_the_bootstrap() -> None:
    draw = random.Random(3)
    deltas = [draw.choice((-0.5, 0.0, 0.0, 0.25, 1.0)) for _ in range(statistics.MOST_RESAMPLED)]
    low, high = statistics.interval(deltas)
    less, more = statistics.interval([*deltas, sum(deltas) / len(deltas)])
    assert less == pytest.approx(low, abs=0.1 * (high - low))
    assert more == pytest.approx(high, abs=0.1 * (high - low))
    assert (less, more) != (low, high)
