"""What a model alone passes: steps, checks and whole runs, with the same seed.

A mean hides that two models of the same mean can do different things. An item is a step all of
whose cells ran, a check that held, or a run that passed, of the raw notebook; models are compared
on the seeds that all of them have.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from harness.records import CellStatus, Outcome, Record, Run

Key = tuple[str, str]


class Item(Record):
    """Something that one of the models passes in a seed in which none of the others does."""

    kind: str  # run, step or check
    name: str  # empty: the whole run
    seeds: int  # that all models have
    passed: tuple[int, ...]  # of them, by model
    alone: tuple[int, ...]  # of them, those in which no other model passes it

    @property
    def label(self) -> str:
        """``check rows``."""
        return f"{self.kind} {self.name}" if self.name else "the whole run"


def by_seed(runs: Iterable[Run]) -> dict[int, Run]:
    """One run per seed; of several, the first."""
    found: dict[int, Run] = {}
    for run in runs:
        found.setdefault(run.seed, run)
    return found


def alone(models: Sequence[Sequence[Run]]) -> tuple[Item, ...]:
    """The items that one of the models alone passes, as they stand in a notebook."""
    sides = [by_seed(runs) for runs in models]
    seeds = sorted(set.intersection(*(set(side) for side in sides))) if sides else []
    held = [[_held(side[seed]) for seed in seeds] for side in sides]
    items = dict.fromkeys(key for side in held for one in side for key in one)
    made = (_item(key, held, len(seeds)) for key in items)
    return tuple(one for one in made if any(one.alone))


def _item(key: Key, held: Sequence[Sequence[Mapping[Key, bool]]], seeds: int) -> Item:
    passes = [[one.get(key, False) for one in side] for side in held]
    is_single = [sum(at) == 1 for at in zip(*passes, strict=True)]
    return Item(
        kind=key[0],
        name=key[1],
        seeds=seeds,
        passed=tuple(map(sum, passes)),
        alone=tuple(
            sum(one and single for one, single in zip(side, is_single, strict=True))
            for side in passes
        ),
    )


def _held(run: Run) -> dict[Key, bool]:
    held: dict[Key, bool] = {("run", ""): run.outcome is Outcome.RAW}
    for cell in run.raw.cells if run.raw else ():
        key = "step", cell.step
        held[key] = held.get(key, True) and cell.status is CellStatus.OK
    for check in run.raw.checks if run.raw else ():
        held["check", check.name] = check.status.holds
    return held
