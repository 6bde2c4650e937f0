"""Runs by what they are samples of: one model on one piece of work."""

from __future__ import annotations

import hashlib
import re
from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from typing import NamedTuple

from harness.analysis import conditions
from harness.analysis.conditions import Condition, Weights
from harness.analysis.report.facts import Facts
from harness.analysis.report.measures import Measured, measured
from harness.project.ladder import Rung

LONGEST = 40  # characters of a name in a file's name
NO_HELP = "no help"
UNSAFE = re.compile(r"[^A-Za-z0-9._-]")


class Group(NamedTuple):
    """Runs of one model on one piece of work, newest first."""

    model: str  # with the weights where its name had several
    stage: str
    place: int  # of its stage in the workflow
    context: str  # likewise, with the digest of what it tells
    help: str
    dataset: str
    version: str  # of the stage
    is_newest: bool  # of the versions of its stage, on which such runs were made
    name: str  # of its files
    title: str
    runs: tuple[Facts, ...]
    told: Measured

    @property
    def page(self) -> str:
        """Where its page is in the report."""
        return f"groups/{self.name}.html"

    @property
    def setting(self) -> str:
        """The context, and the help where there is any."""
        return self.context if self.help == NO_HELP else f"{self.context}, {self.help}"


def groups(
    facts: Sequence[Facts],
    stale: Callable[[Facts], bool],
    rungs: Sequence[Rung] = (),
    workflow: Sequence[str] = (),
) -> list[Group]:
    """All groups, by model, table, context and help, then stage.

    Contexts and help are in the order of the ladder's ``rungs``, those of no rung behind them;
    stages in that of the ``workflow``, those that it does not have behind them.
    """
    found: dict[tuple[Weights, Condition], list[Facts]] = defaultdict(list)
    for one in facts:
        found[one.weights, one.work].append(one)
    works = sorted({work for _, work in found}, key=Condition.sorted_by)
    labels = dict(zip(works, conditions.columns(works), strict=True))
    titles = dict(zip(works, conditions.titles(works), strict=True))
    models = conditions.weights_labels(sorted(weights for weights, _ in found))
    newest = _newest(found)
    places = _places(facts, workflow)
    made = [
        Group(
            model=models[weights],
            stage=work.stage,
            place=places[work.stage],
            context=labels[work].get("context", work.context),
            help=work.help or NO_HELP,
            dataset=labels[work].get("dataset", work.dataset),
            version=work.stage_sha256[: conditions.SHORT],
            is_newest=newest[weights, _setting(work)] == work.stage_sha256,
            name=_name(weights, work),
            title=f"{models[weights]}: {titles[work]}",
            runs=tuple(runs),
            told=measured(runs, stale),
        )
        for (weights, work), runs in found.items()
    ]
    ranks = {(one.context, one.help.label or NO_HELP): n for n, one in enumerate(rungs)}

    def place(one: Group) -> tuple[object, ...]:
        rank = ranks.get((one.context, one.help), len(ranks))
        about = (one.model, one.dataset, rank, one.context, one.help)
        return *about, one.place, not one.is_newest, one.name

    return sorted(made, key=place)


def _places(facts: Iterable[Facts], workflow: Sequence[str]) -> dict[str, int]:
    """Where each stage comes; those that are not in the workflow as they were first run."""
    first: dict[str, str] = {}
    for one in facts:
        stage, at = one.line.stage, one.line.created
        first[stage] = min(first.get(stage, at), at)
    others = sorted(first.keys() - set(workflow), key=lambda stage: (first[stage], stage))
    return {stage: place for place, stage in enumerate([*workflow, *others])}


def _setting(work: Condition) -> Condition:
    """The work, whatever the version of its stage."""
    return work.model_copy(update={"stage_sha256": ""})


def _newest(
    found: dict[tuple[Weights, Condition], list[Facts]],
) -> dict[tuple[Weights, Condition], str]:
    """The version of the stage that was run last, for each model and setting."""
    last: dict[tuple[Weights, Condition], tuple[str, str]] = {}
    for (weights, work), runs in found.items():
        key = weights, _setting(work)
        mine = runs[0].line.updated, work.stage_sha256
        last[key] = max(last.get(key, ("", "")), mine)
    return {key: version for key, (_, version) in last.items()}


def _name(weights: Weights, work: Condition) -> str:
    told = "\0".join([*weights, *work.sorted_by()])
    end = hashlib.sha256(told.encode(errors="replace")).hexdigest()[:10]
    words = (weights.name, work.stage, work.context, end)
    return "-".join(UNSAFE.sub("_", word)[:LONGEST] for word in words).lstrip("._-")
