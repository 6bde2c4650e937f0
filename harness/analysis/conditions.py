"""What runs must share to be counted together: their work, and the weights that did it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple

from harness.records import Record, Run

SHORT = 8  # hex digits that tell versions apart


class Condition(Record):
    """The work of a run, or of several. Runs of different work are never added up."""

    stage: str
    context: str
    context_sha256: str | None  # of what its entry says; None: not recorded
    help: str = ""  # in words; empty where there was none
    dataset: str
    dataset_sha256: str  # of the visible table
    synthetic: bool
    stage_sha256: str  # of its steps and templates

    def sorted_by(self) -> tuple[str, ...]:
        """What puts pieces of work in order: the fields, first to last."""
        return tuple(str(value) for value in dict(self).values())


class Weights(NamedTuple):
    """A model by name and digest: an entry may have got another file since."""

    name: str
    sha256: str


def of_run(run: Run) -> Condition:
    """The work that a run is of."""
    return Condition(
        stage=run.stage,
        context=run.context,
        context_sha256=run.context_sha256,
        help=run.help.label,
        dataset=run.dataset,
        dataset_sha256=run.dataset_sha256,
        synthetic=run.synthetic,
        stage_sha256=run.stage_sha256,
    )


def weights_of(run: Run) -> Weights:
    """The weights that wrote a run."""
    return Weights(run.model.name, run.model.sha256)


def columns(found: Sequence[Condition]) -> list[dict[str, str]]:
    """What tells each from the others, by name: of context, dataset and version what differs.

    A dataset of which there are two tables is called by its digest too, or is the ``twin``.
    """
    tables: dict[str, set[tuple[bool, str]]] = defaultdict(set)
    versions: dict[str, set[str]] = defaultdict(set)
    contents: dict[str, set[str | None]] = defaultdict(set)
    for one in found:
        tables[one.dataset].add((one.synthetic, one.dataset_sha256))
        versions[one.stage].add(one.stage_sha256)
        contents[one.context].add(one.context_sha256)
    every = [
        {
            "context": _context_label(one, contents[one.context]),
            "help": one.help or "none",
            "dataset": _table_label(one, tables[one.dataset]),
            "version": one.stage_sha256[:SHORT],
        }
        for one in found
    ]
    told = [
        name for name in ("context", "help", "dataset") if len({cells[name] for cells in every}) > 1
    ]
    if any(len(several) > 1 for several in versions.values()):
        told.append("version")
    return [{name: cells[name] for name in told} for cells in every]


def titles(found: Sequence[Condition]) -> list[str]:
    """A title for each: its stage and context, and what else tells it from the others."""
    return [
        ", ".join(
            [
                one.stage,
                f"{cells.get('context', one.context)} context",
                *([one.help] if one.help else []),
                *([cells["dataset"]] if "dataset" in cells else []),
                *([f"version {cells['version']}"] if "version" in cells else []),
            ]
        )
        for one, cells in zip(found, columns(found), strict=True)
    ]


def weights_labels(found: Iterable[Weights]) -> Mapping[Weights, str]:
    """What to call each model: its name, and the weights where one name had several."""
    every = list(dict.fromkeys(found))
    names = [one.name for one in every]
    return {
        one: one.name if names.count(one.name) == 1 else f"{one.name} ({one.sha256[:SHORT]})"
        for one in every
    }


def _context_label(one: Condition, contents: set[str | None]) -> str:
    told = (one.context_sha256 or "older")[:SHORT]
    return one.context if len(contents) == 1 else f"{one.context} {told}"


def _table_label(one: Condition, tables: set[tuple[bool, str]]) -> str:
    name = f"{one.dataset} (twin)" if one.synthetic else one.dataset
    alike = sum(synthetic == one.synthetic for synthetic, _ in tables)
    return name if alike == 1 else f"{name} {one.dataset_sha256[:SHORT]}"
