"""The runs of several models side by side, by the work that they did."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import NamedTuple

from harness.analysis import conditions
from harness.analysis.comparison.differences import Difference, Gap, difference, gaps
from harness.analysis.comparison.items import Item, alone
from harness.analysis.comparison.sides import Side, side
from harness.analysis.conditions import Condition, Weights
from harness.records import Record, Run

Stale = Callable[[Run], Sequence[str]]


class Comparison(Condition):
    """Models on the same work: stage, context, help, dataset and stage version.

    The differences are of each model but the first from the first.
    """

    title: str  # what tells it from the other comparisons
    models: tuple[Side, ...]
    differences: tuple[Difference, ...]
    alone: tuple[Item, ...]  # what one of the models alone passes


class Compared(Record):
    """What models have in common, work by work and over all of it."""

    works: tuple[Comparison, ...]
    overall: tuple[Gap, ...]


class _Column(NamedTuple):
    """A model as it was asked for, with one of the weights that its name had."""

    asked: int
    weights: Weights


_Runs = Mapping[Condition, Mapping[_Column, Sequence[Run]]]


def compare(models: Sequence[Iterable[Run]], stale: Stale = lambda _: ()) -> Compared:
    """By work, over what at least two of the models have finished runs of.

    ``models``: the runs of each, newest first. ``stale`` gives the reasons for which a run is out
    of date.
    """
    runs = _grouped(models)
    shared = (work for work, by in runs.items() if len({column.asked for column in by}) > 1)
    works = sorted(shared, key=Condition.sorted_by)
    columns = sorted({column for work in works for column in runs[work]})
    names = conditions.weights_labels(column.weights for column in columns)
    every = [
        (names[column.weights], [run for work in works for run in runs[work].get(column, ())])
        for column in columns
    ]
    return Compared(
        works=tuple(
            _comparison(work, title, runs[work], names, stale)
            for work, title in zip(works, conditions.titles(works), strict=True)
        ),
        overall=tuple(gaps(every)),
    )


def _grouped(models: Sequence[Iterable[Run]]) -> _Runs:
    found: dict[Condition, dict[_Column, list[Run]]] = {}
    for asked, runs in enumerate(models):
        for run in runs:
            if run.raw is not None:
                by = found.setdefault(conditions.of_run(run), {})
                by.setdefault(_Column(asked, conditions.weights_of(run)), []).append(run)
    return found


def _comparison(
    work: Condition,
    title: str,
    by: Mapping[_Column, Sequence[Run]],
    names: Mapping[Weights, str],
    stale: Stale,
) -> Comparison:
    columns = sorted(by)
    runs = [by[column] for column in columns]
    sides = [side(names[one.weights], one.weights, by[one], stale) for one in columns]
    return Comparison(
        title=title,
        **dict(work),
        models=tuple(sides),
        differences=tuple(
            difference(runs[0], other, (sides[0], its))
            for other, its in zip(runs[1:], sides[1:], strict=True)
        ),
        alone=alone(runs),
    )
