"""What verdicts add up to: pass@k, its interval, by library, and two runs side by side.

pass@k is the unbiased estimator of Chen et al. 2021; the interval of a share is Wilson's (1927);
two runs on the same problems are told apart by McNemar's test, in its exact form, and by a
bootstrap over the problems.
"""

from __future__ import annotations

import math
import statistics
import tomllib
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import NamedTuple

from pydantic import Field

from harness.analysis.statistics import PASS_KS, interval, pass_at_k, wilson
from harness.records import Record
from harness.suites.problems import ProblemId, Verdict

PUBLISHED = Path(__file__).with_name("published.toml")
MOST_FAILURES = 12  # kinds of failure that are listed


class Judged(NamedTuple):
    """A verdict with what it is about."""

    problem: ProblemId
    library: str
    seed: int
    verdict: Verdict


class Score(Record):
    """How many problems of a group are passed; ``share`` is pass@1."""

    group: str
    problems: int
    samples: int
    share: float
    low: float  # Wilson's interval of 95 %, over problems
    high: float
    pass_at: dict[int, float]  # k -> pass@k, where there are so many samples of each problem


class Table(Record):
    """A run of a suite: all of it first, then by library, and why answers failed."""

    scores: tuple[Score, ...]
    failures: dict[str, int]


class PublishedValue(Record):
    """What somebody else measured, in their own way."""

    suite: str  # the name of a problem file begins so, in whatever case
    model: str
    style: str
    share: float
    libraries: dict[str, float] = Field(default_factory=dict)
    source: str


class Paired(Record):
    """Two runs on the same problems: the second minus the first."""

    problems: int
    first: float
    second: float
    gained: int  # problems that only the second passes, by more than half of its samples
    lost: int
    difference: float
    low: float  # bootstrap over problems, 95 %
    high: float
    p: float  # McNemar's exact test, two-sided


def table(judged: Sequence[Judged]) -> Table:
    """The scores of what was judged. Raises ValueError where that is nothing."""
    groups: dict[str, list[Judged]] = defaultdict(list)
    for one in judged:
        groups[one.library].append(one)
    scores = [_score("all", judged)]
    if len(groups) > 1:
        scores += [_score(name, groups[name]) for name in sorted(groups)]
    failures = Counter(one.verdict.error or "?" for one in judged if not one.verdict.passed)
    return Table(scores=tuple(scores), failures=dict(failures.most_common()))


def _score(group: str, judged: Sequence[Judged]) -> Score:
    passes = _passes(judged)
    share = statistics.fmean(sum(one) / len(one) for one in passes.values())
    fewest = min(map(len, passes.values()))
    low, high = wilson(share, len(passes))
    return Score(
        group=group,
        problems=len(passes),
        samples=len(judged),
        share=round(share, 4),
        low=round(low, 4),
        high=round(high, 4),
        pass_at={
            k: round(statistics.fmean(pass_at_k(len(p), sum(p), k) for p in passes.values()), 4)
            for k in PASS_KS
            if 1 < k <= fewest
        },
    )


def _passes(judged: Iterable[Judged]) -> dict[ProblemId, list[bool]]:
    found: dict[ProblemId, list[bool]] = defaultdict(list)
    for one in judged:
        found[one.problem].append(one.verdict.passed)
    return found


def mcnemar(gained: int, lost: int) -> float:
    """The chance of so uneven a split, where both kinds of change are as likely."""
    n, few = gained + lost, min(gained, lost)
    tail = sum(math.comb(n, k) for k in range(few + 1))
    return min(1.0, 2 * tail / 2**n) if n else 1.0


def paired(first: Sequence[Judged], second: Sequence[Judged]) -> Paired | None:
    """Two runs on the problems that both answered; None where there are none."""
    sides = [{k: sum(p) / len(p) for k, p in _passes(one).items()} for one in (first, second)]
    both = sorted(sides[0].keys() & sides[1].keys())
    if not both:
        return None
    deltas = [sides[1][key] - sides[0][key] for key in both]
    low, high = interval(deltas)
    better = [(sides[0][key] > 0.5, sides[1][key] > 0.5) for key in both]
    gained, lost = better.count((False, True)), better.count((True, False))
    return Paired(
        problems=len(both),
        first=round(statistics.fmean(sides[0][key] for key in both), 4),
        second=round(statistics.fmean(sides[1][key] for key in both), 4),
        gained=gained,
        lost=lost,
        difference=round(statistics.fmean(deltas), 4),
        low=round(low, 4),
        high=round(high, 4),
        p=mcnemar(gained, lost),
    )


def published(suite: str) -> tuple[PublishedValue, ...]:
    """The values that others published for a suite, by the name of its file."""
    found = tomllib.loads(PUBLISHED.read_text())["values"]
    values = map(PublishedValue.model_validate, found)
    plain = suite.lower().replace("_", "-")
    return tuple(one for one in values if plain.startswith(one.suite.lower()))
