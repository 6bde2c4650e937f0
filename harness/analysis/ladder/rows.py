"""Samples added up: a row per rung and stage, and one for all stages together."""

from __future__ import annotations

import statistics
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Sequence

from harness.analysis.ladder.samples import Sample
from harness.analysis.ladder.shares import Share, share
from harness.records import Record

ALL = ""  # in place of a dataset or a stage: all of them


class Group(Record):
    """The samples that are looked at together."""

    dataset: str = ALL
    stage: str = ALL

    def holds(self, one: Sample) -> bool:
        """Whether a sample is of it."""
        return self.dataset in (ALL, one.dataset) and self.stage in (ALL, one.stage)


class Row(Group):
    """A rung over the runs of a group. Figures without a unit are means of a run."""

    rung: str
    runs: int
    outcomes: dict[str, int]
    cells: Share  # that ran, in the notebook as the model left it
    checks: Share  # that held, of the same
    passed: Share  # runs in which all did
    human: float | None  # share of the patched notebooks' code lines; None: none was patched
    human_lines: float | None
    tokens: float  # written, those included that are in no notebook
    taken_back: float
    prompt_tokens: float
    writing: float  # seconds
    executing: float


def groups(samples: Sequence[Sample]) -> list[Group]:
    """Every table with each of its stages and all of them, and all tables where there are more."""
    datasets = list(dict.fromkeys(one.dataset for one in samples))
    stages = list(dict.fromkeys(one.stage for one in samples))
    tables = [*datasets, *([ALL] if len(datasets) > 1 else [])]
    parts = [*stages, *([ALL] if len(stages) > 1 else [])]
    every = [Group(dataset=table, stage=stage) for table in tables for stage in parts]
    return [group for group in every if any(map(group.holds, samples))]


def rows(rungs: Sequence[str], samples: Sequence[Sample]) -> Iterator[Row]:
    """A row for each group and each rung that has runs in it."""
    for group in groups(samples):
        for rung in rungs:
            found = [one for one in samples if one.rung == rung and group.holds(one)]
            if found:
                yield _row(rung, group, found)


def _row(rung: str, group: Group, found: Sequence[Sample]) -> Row:
    lines = sum(one.lines or 0 for one in found)
    human = [one.human_lines for one in found if one.human_lines is not None]

    def mean(of: Callable[[Sample], float]) -> float:
        return round(statistics.fmean(map(of, found)), 1)

    return Row(
        **dict(group),
        rung=rung,
        runs=len(found),
        outcomes=dict(Counter(one.outcome for one in found)),
        cells=_share(found, lambda one: (one.cells_ok, one.cells)),
        checks=_share(found, lambda one: (one.checks_held, one.checks)),
        passed=_share(found, lambda one: (int(one.passed), 1)),
        human=round(sum(human) / lines, 4) if lines else None,
        human_lines=round(statistics.fmean(human), 2) if human else None,
        tokens=mean(lambda one: one.tokens),
        taken_back=mean(lambda one: one.taken_back),
        prompt_tokens=mean(lambda one: one.prompt_tokens),
        writing=mean(lambda one: one.writing),
        executing=mean(lambda one: one.executing),
    )


def _share(found: Sequence[Sample], counts: Callable[[Sample], tuple[int, int]]) -> Share:
    """Runs of one table and seed are a cluster: later stages read what earlier ones made."""
    clusters: dict[tuple[str, int], list[tuple[int, int]]] = defaultdict(list)
    for one in found:
        clusters[one.dataset, one.seed].append(counts(one))
    return share([(sum(a for a, _ in of), sum(b for _, b in of)) for of in clusters.values()])
