"""What runs must share to be counted together: their work, and the weights that did it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from typing import NamedTuple

from harness.records import Run

SHORT = 8  # hex digits that tell versions apart


class Condition(NamedTuple):
    """The work of a run. Runs of different work are never added up."""

    stage: str
    context: str
    dataset: str
    dataset_sha256: str  # of the visible table
    synthetic: bool
    stage_sha256: str  # of its steps and templates

    @property
    def version(self) -> str:
        """The stage's version, in short."""
        return self.stage_sha256[:SHORT]


class Weights(NamedTuple):
    """A model by name and digest: an entry may have got another file since."""

    name: str
    sha256: str


def of_run(run: Run) -> Condition:
    """The work that a run is of."""
    return Condition(
        run.stage,
        run.context.value,
        run.dataset,
        run.dataset_sha256,
        run.synthetic,
        run.stage_sha256,
    )


def weights_of(run: Run) -> Weights:
    """The weights that wrote a run."""
    return Weights(run.model.name, run.model.sha256)


def columns(found: Iterable[Condition]) -> Mapping[Condition, dict[str, str]]:
    """What tells each from the others, by name: of context, dataset and version what differs.

    A dataset of which there are two tables is called by its digest too, or is the ``twin``.
    """
    every = list(dict.fromkeys(found))
    tables: dict[str, set[tuple[bool, str]]] = defaultdict(set)
    versions: dict[str, set[str]] = defaultdict(set)
    for one in every:
        tables[one.dataset].add((one.synthetic, one.dataset_sha256))
        versions[one.stage].add(one.stage_sha256)
    all_of = {
        one: {
            "context": one.context,
            "dataset": _table_label(one, tables[one.dataset]),
            "version": one.version,
        }
        for one in every
    }
    told = [name for name in ("context", "dataset") if len({c[name] for c in all_of.values()}) > 1]
    if any(len(several) > 1 for several in versions.values()):
        told.append("version")
    return {one: {name: cells[name] for name in told} for one, cells in all_of.items()}


def titles(found: Iterable[Condition]) -> Mapping[Condition, str]:
    """A title for each: its stage and context, and what else tells it from the others."""
    return {
        one: ", ".join(
            [
                one.stage,
                f"{one.context} context",
                *([cells["dataset"]] if "dataset" in cells else []),
                *([f"version {cells['version']}"] if "version" in cells else []),
            ]
        )
        for one, cells in columns(found).items()
    }


def weights_labels(found: Iterable[Weights]) -> Mapping[Weights, str]:
    """What to call each model: its name, and the weights where one name had several."""
    every = list(dict.fromkeys(found))
    names = [one.name for one in every]
    return {
        one: one.name if names.count(one.name) == 1 else f"{one.name} ({one.sha256[:SHORT]})"
        for one in every
    }


def _table_label(one: Condition, tables: set[tuple[bool, str]]) -> str:
    name = f"{one.dataset} (twin)" if one.synthetic else one.dataset
    alike = sum(synthetic == one.synthetic for synthetic, _ in tables)
    return name if alike == 1 else f"{name} {one.dataset_sha256[:SHORT]}"
