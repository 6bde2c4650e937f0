"""Cells that failed, over all runs: by error, by what mended them; and checks that did not hold."""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple

from harness.analysis.report import plots
from harness.analysis.report.facts import Facts, Failed
from harness.analysis.report.groups import Group
from harness.analysis.report.plots import Named
from harness.analysis.report.svg import Picture

MOST_CELLS = 40  # that a page names of one error
MOST_ERRORS = 60
MOST_BARS = 6  # errors that a plot tells apart
OTHERS = "others"
# What differs between messages of one kind: what is quoted, and numbers.
DIFFERS = re.compile(r"'[^'\n]{0,80}'|\"[^\"\n]{0,80}\"|\d{1,40}")


class Found(NamedTuple):
    """A cell that failed, and the run that it is of."""

    facts: Facts
    group: Group
    failed: Failed

    @property
    def link(self) -> str:
        """Its place on its run's page."""
        return f"{self.facts.page}#cell-{self.failed.cell}"


class Kind(NamedTuple):
    """Failures of one kind: all of an error, or all that one cause mended."""

    name: str
    roots: int
    cascades: int
    runs: int
    models: tuple[tuple[str, int], ...]
    mended: tuple[tuple[str, int], ...]
    messages: tuple[tuple[str, int], ...]  # what they have in common, most frequent first
    cells: tuple[Found, ...]  # some of them
    left: int  # that are not among these


def every(groups: Sequence[Group]) -> list[Found]:
    """All cells that failed, in the order of the groups."""
    return [
        Found(facts, group, failed)
        for group in groups
        for facts in group.runs
        for failed in facts.failures
    ]


def by_error(found: Iterable[Found]) -> list[Kind]:
    """By the error's name, the most frequent root failures first."""
    return _kinds((one.failed.error, one) for one in found)


def by_cause(found: Iterable[Found]) -> list[Kind]:
    """By what mended them; of those that only followed another, nothing is told."""
    return _kinds((one.failed.mended, one) for one in found if one.failed.is_root)


def by_check(groups: Iterable[Group]) -> list[tuple[str, str, int, tuple[tuple[str, int], ...]]]:
    """Checks that do not hold: name, status, how often, and by model."""
    found: dict[tuple[str, str], Counter[str]] = defaultdict(Counter)
    for group in groups:
        for facts in group.runs:
            for check in facts.wanting:
                found[check][group.model] += 1
    ordered = sorted(found.items(), key=lambda one: (-one[1].total(), one[0]))
    return [
        (name, status, counted.total(), tuple(counted.most_common()))
        for (name, status), counted in ordered
    ]


def pictures(found: Sequence[Found]) -> list[Picture]:
    """Root failures by model, stacked by error and by what mended them."""
    roots = [one for one in found if one.failed.is_root]
    if not roots:
        return []
    frequent = [name for name, _ in Counter(one.failed.error for one in roots).most_common()]
    shown = frequent[:MOST_BARS]
    errors = _counted(roots, lambda one: one.failed.error if one.failed.error in shown else OTHERS)
    parts = [*shown, OTHERS] if len(frequent) > MOST_BARS else shown
    mended = _counted(roots, lambda one: one.failed.mended)
    causes = list(dict.fromkeys(cause for of in mended.values() for cause in of))
    return [
        plots.stacked(ERRORS, errors, parts, "failures"),
        plots.stacked(MENDED, mended, causes, "failures"),
    ]


ERRORS = Named("errors", "Root failures by error", "A bar for each model, its errors side by side.")
MENDED = Named(
    "mended",
    "Root failures by what mended them",
    "A bar for each model: the causes of fixes, the model itself, or nobody.",
)


def _counted(found: Iterable[Found], part: object) -> dict[str, dict[str, float]]:
    counted: dict[str, dict[str, float]] = {}
    for one in found:
        of = counted.setdefault(one.group.model, {})
        name = part(one)  # type: ignore[operator]
        of[name] = of.get(name, 0) + 1
    return counted


def _kinds(found: Iterable[tuple[str, Found]]) -> list[Kind]:
    kinds: dict[str, list[Found]] = defaultdict(list)
    for name, one in found:
        kinds[name].append(one)
    made = [_kind(name, cells) for name, cells in kinds.items()]
    return sorted(made, key=lambda one: (-one.roots, -one.cascades, one.name))[:MOST_ERRORS]


def _kind(name: str, cells: Sequence[Found]) -> Kind:
    roots = [one for one in cells if one.failed.is_root]
    shown = tuple(_spread(roots or cells))
    return Kind(
        name=name,
        roots=len(roots),
        cascades=len(cells) - len(roots),
        runs=len({one.facts.page for one in cells}),
        models=tuple(Counter(one.group.model for one in cells).most_common()),
        mended=tuple(Counter(one.failed.mended for one in roots).most_common()),
        messages=tuple(Counter(_common(one.failed.message) for one in cells).most_common(5)),
        cells=shown,
        left=len(cells) - len(shown),
    )


def _spread(cells: Sequence[Found]) -> Iterator[Found]:
    """Some of them, of every group in turn, so that no model hides the others."""
    turns: dict[str, list[Found]] = defaultdict(list)
    for one in cells:
        turns[one.group.name].append(one)
    count = 0
    for turn in range(max(map(len, turns.values()), default=0)):
        for of in turns.values():
            if turn < len(of):
                yield of[turn]
                count += 1
                if count == MOST_CELLS:
                    return


def _common(message: str) -> str:
    """A message without what is its own."""
    first = message.partition("\n")[0]
    common = DIFFERS.sub("…", first)
    return (common if common.strip("… ") else first)[:120]  # a KeyError's is nothing but its own
