"""What became of each fix, over all runs that it was tried on."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Sequence
from typing import NamedTuple

from harness.analysis.report import plots
from harness.analysis.report.facts import Facts, Fate
from harness.analysis.report.groups import Group
from harness.analysis.report.plots import Named
from harness.analysis.report.svg import Picture
from harness.records import Verdict

MOST_RUNS = 30  # that a page names of one verdict
ORDER = (Verdict.APPLIED, Verdict.CONFLICT, Verdict.OBSOLETE, Verdict.SKIPPED)


class Place(NamedTuple):
    """A run in which a fix had this verdict."""

    facts: Facts
    fate: Fate
    model: str


class Tried(NamedTuple):
    """A fix of a stage, as its newest run tells it."""

    stage: str
    fate: Fate
    counts: dict[str, int]  # verdict -> runs
    models: tuple[tuple[str, int], ...]  # in whose notebooks it was applied
    applied: tuple[Place, ...]  # some of them
    conflicts: tuple[Place, ...]  # likewise

    @property
    def anchor(self) -> str:
        """Its place on the page."""
        return f"{self.stage}-{self.fate.fix}"


def every(groups: Sequence[Group]) -> list[Tried]:
    """All fixes, by stage and in their order."""
    found: dict[tuple[str, str], list[Place]] = defaultdict(list)
    for group in groups:
        for facts in group.runs:
            for fate in facts.fates:
                found[group.stage, fate.fix].append(Place(facts, fate, group.model))
    return [_tried(stage, places) for (stage, _), places in sorted(found.items())]


def pictures(found: Sequence[Tried]) -> list[Picture]:
    """The verdicts of every fix that was not obsolete throughout."""
    rows = {
        f"{one.stage} {one.fate.fix}": {name: float(n) for name, n in one.counts.items()}
        for one in found
        if set(one.counts) - {Verdict.OBSOLETE.value, Verdict.SKIPPED.value}
    }
    if not rows:
        return []
    parts = [one.value for one in ORDER if any(one.value in of for of in rows.values())]
    return [plots.stacked(VERDICTS, rows, parts, "runs")]


VERDICTS = Named("verdicts", "What became of fixes", "Runs by verdict, for each fix with any use.")


def _tried(stage: str, places: Sequence[Place]) -> Tried:
    newest = max(places, key=lambda one: one.facts.line.updated)
    by = {verdict: [one for one in places if one.fate.verdict is verdict] for verdict in ORDER}
    return Tried(
        stage=stage,
        fate=newest.fate,
        counts={verdict.value: len(of) for verdict, of in by.items() if of},
        models=tuple(Counter(one.model for one in by[Verdict.APPLIED]).most_common()),
        applied=tuple(by[Verdict.APPLIED][:MOST_RUNS]),
        conflicts=tuple(by[Verdict.CONFLICT][:MOST_RUNS]),
    )
