"""What a rung is better by than another, over pairs of runs with the same table, stage and seed."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Hashable, Iterator, Mapping, Sequence

from harness.analysis.ladder.rows import Group, groups
from harness.analysis.ladder.samples import Sample
from harness.analysis.statistics import Paired, paired


class Gain(Group):
    """The mean difference of a measure, ``rung`` minus ``over``.

    ``pairs`` are of runs, ``clusters`` of seeds on a table, as in ``statistics.Paired``.
    """

    rung: str
    over: str
    measure: str
    pairs: int
    clusters: int
    mean: float
    low: float | None = None
    high: float | None = None


MEASURES: Mapping[str, Callable[[Sample], float | None]] = {
    "cells": lambda one: one.cells_ok / one.cells if one.cells else 0.0,
    "checks": lambda one: one.checks_held / one.checks if one.checks else None,
    "passed": lambda one: float(one.passed),
    "human": lambda one: (one.human_lines or 0) / one.lines if one.lines else None,
    "human_lines": lambda one: one.human_lines,
    "tokens": lambda one: one.tokens,
    "prompt_tokens": lambda one: one.prompt_tokens,
    "seconds": lambda one: one.writing + one.executing,
}


BRIEF = ("cells", "checks", "passed", "human_lines")


def gains(
    over: Mapping[str, Sequence[str]], samples: Sequence[Sample], *, brief: bool = False
) -> Iterator[Gain]:
    """For each group, each rung and each of those that it is compared with, every measure.

    ``brief``: a few measures of all samples together, for intervals take their time.
    """
    found = groups(samples)
    measures = {name: of for name, of in MEASURES.items() if not brief or name in BRIEF}
    for group in found[-1:] if brief else found:
        inside = [one for one in samples if group.holds(one)]
        for rung, others in over.items():
            for other in others:
                sides = [[one for one in inside if one.rung == name] for name in (rung, other)]
                for measure, value in measures.items():
                    made = _gain(sides[0], sides[1], value)
                    if made is not None:
                        about = {**dict(group), "rung": rung, "over": other, "measure": measure}
                        yield Gain(**about, **dict(made))


def _gain(
    upper: Sequence[Sample], lower: Sequence[Sample], value: Callable[[Sample], float | None]
) -> Paired | None:
    found, base = ({_key(one): value(one) for one in side} for side in (upper, lower))
    deltas: dict[Hashable, list[float]] = defaultdict(list)
    for key in sorted(found.keys() & base):
        one, other = found[key], base[key]
        if one is not None and other is not None:
            deltas[key[0], key[2]].append(one - other)
    return paired(deltas)


def _key(one: Sample) -> tuple[str, str, int]:
    return one.dataset, one.stage, one.seed
