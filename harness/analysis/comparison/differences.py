"""How far apart two models are, over pairs of runs of the same work with the same seed."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Hashable, Iterable, Mapping, Sequence

from harness.analysis import conditions
from harness.analysis.comparison.items import by_seed
from harness.analysis.comparison.sides import Side
from harness.analysis.conditions import Condition
from harness.analysis.statistics import DIGITS, Paired, interval, paired
from harness.records import CellStatus, Outcome, Record, Run


class Difference(Record):
    """Share of raw cells that ran, ``second`` minus ``first``, over pairs of runs."""

    first: str
    second: str
    pairs: int
    mean: float
    low: float | None = None  # None: too few pairs to tell
    high: float | None = None
    message: str
    obsolete: tuple[str, ...] = ()  # fixes that the second does not need any more
    conflict: tuple[str, ...] = ()  # fixes that find no place there any more


class Gap(Paired):
    """The same of any measure, over all work that both have done.

    A cluster is a seed on a table: stages of one seed read each other's files.
    """

    first: str
    second: str
    measure: str


def difference(first: Sequence[Run], second: Sequence[Run], sides: tuple[Side, Side]) -> Difference:
    """The paired difference, with its interval and what can honestly be said of it."""
    one, other = (by_seed(runs) for runs in (first, second))
    deltas = [_ok_share(other[seed]) - _ok_share(one[seed]) for seed in sorted(one.keys() & other)]
    names = {"first": sides[0].model, "second": sides[1].model}
    fixes = {
        "obsolete": tuple(fix for fix in sides[1].obsolete if fix not in sides[0].obsolete),
        "conflict": tuple(fix for fix in sides[1].conflict if fix not in sides[0].conflict),
    }
    if not deltas:
        message = "there are no runs with the same seed to compare"
        return Difference(**names, **fixes, pairs=0, mean=0.0, message=message)
    mean = round(sum(deltas) / len(deltas), DIGITS) + 0.0  # no minus zero
    if len(deltas) < 2:
        message = "one pair of runs cannot tell them apart; make more with --samples"
        return Difference(**names, **fixes, pairs=1, mean=mean, message=message)
    low, high = interval(deltas)
    if low <= 0 <= high:
        message = f"{len(deltas)} pairs of runs cannot tell them apart: the interval holds 0"
    else:
        better = names["second" if mean > 0 else "first"]
        message = f"{better} is better, by {len(deltas)} pairs"
    return Difference(
        **names,
        **fixes,
        pairs=len(deltas),
        mean=mean,
        low=round(low, DIGITS),
        high=round(high, DIGITS),
        message=message,
    )


def gaps(models: Sequence[tuple[str, Iterable[Run]]]) -> list[Gap]:
    """Each model but the first minus the first, by every measure that both have somewhere."""
    keyed = [(name, _keyed(runs)) for name, runs in models]
    found = []
    for name, runs in keyed[1:]:
        for measure, value in MEASURES.items():
            made = _gap(keyed[0][1], runs, value)
            if made is not None:
                about = {"first": keyed[0][0], "second": name, "measure": measure}
                found.append(Gap(**dict(made), **about))
    return found


def _gap(
    first: Mapping[tuple[Condition, int], Run],
    second: Mapping[tuple[Condition, int], Run],
    value: Callable[[Run], float | None],
) -> Paired | None:
    deltas: dict[Hashable, list[float]] = defaultdict(list)
    for key in sorted(first.keys() & second, key=lambda key: (key[0].sorted_by(), key[1])):
        one, other = value(first[key]), value(second[key])
        if one is not None and other is not None:
            deltas[key[0].dataset_sha256, key[1]].append(other - one)
    return paired(deltas)


def _keyed(runs: Iterable[Run]) -> dict[tuple[Condition, int], Run]:
    found: dict[tuple[Condition, int], Run] = {}
    for run in runs:
        found.setdefault((conditions.of_run(run), run.seed), run)
    return found


def _ok_share(run: Run) -> float:
    cells = run.raw.cells if run.raw else ()
    return sum(cell.status is CellStatus.OK for cell in cells) / len(cells) if cells else 0.0


def _held_share(run: Run) -> float | None:
    checks = run.raw.checks if run.raw else ()
    return sum(check.status.holds for check in checks) / len(checks) if checks else None


def _findings(run: Run) -> float | None:
    """In a cell of code."""
    cells = run.raw.cells if run.raw else ()
    return len(run.findings) / len(cells) if cells and run.findings_version is not None else None


MEASURES: Mapping[str, Callable[[Run], float | None]] = {
    "cells": _ok_share,
    "checks": _held_share,
    "passed": lambda run: float(run.outcome is Outcome.RAW),
    "human": lambda run: run.patched.ledger.share if run.patched else None,
    "findings": _findings,
    "tokens": lambda run: float(sum(one.completion.completion_tokens for one in run.replies)),
}
