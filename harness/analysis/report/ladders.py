"""The ladder of each model, from all of its runs that stand on a rung."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import NamedTuple

from harness.analysis.ladder import Ladder, Sample, climb
from harness.analysis.ladder import page as tables
from harness.analysis.ladder.plot import PANELS
from harness.analysis.ladder.plot import Panel as Measured
from harness.analysis.ladder.rows import Row
from harness.analysis.report import plots
from harness.analysis.report.groups import Group
from harness.analysis.report.plots import Dot, Named
from harness.analysis.report.svg import Picture
from harness.project.ladder import Rung


class Climbed(NamedTuple):
    """A model's ladder, and its table: a line of cells for each rung."""

    model: str
    ladder: Ladder
    rows: tuple[tuple[Row, tuple[str, ...], tuple[tuple[str, ...], ...]], ...]


HEADINGS = ("rung", *tables.MADE, *tables.TOOK)


def ladders(groups: Sequence[Group], rungs: Sequence[Rung]) -> list[Climbed]:
    """A ladder for each model that has runs on two rungs or more.

    Of runs of several versions of a stage, the newest count.
    """
    made = []
    for model in dict.fromkeys(one.model for one in groups):
        samples = list(_samples([one for one in groups if one.model == model], rungs))
        if len({one.rung for one in samples}) > 1:
            found = climb(model, rungs, samples, brief=True)
            made.append(Climbed(model, found, tuple(_rows(found))))
    return made


def pictures(found: Sequence[Climbed]) -> list[Picture]:
    """A plot for each measure: a dot of each model on each rung."""
    rungs = list(dict.fromkeys(row.rung for one in found for row, _, _ in one.rows))
    return [_picture(panel, rungs, found) for panel in PANELS] if found else []


def _samples(groups: Sequence[Group], rungs: Sequence[Rung]) -> Iterator[Sample]:
    for group in groups:
        if not group.is_newest:
            continue
        for facts in group.runs:
            name = next(
                (
                    one.name
                    for one in rungs
                    if (one.context, one.help) == (facts.line.context, facts.help)
                ),
                None,
            )
            if name is not None and facts.sample is not None:
                yield facts.sample.model_copy(update={"rung": name})


def _rows(ladder: Ladder) -> Iterator[tuple[Row, tuple[str, ...], tuple[tuple[str, ...], ...]]]:
    columns = {**tables.MADE, **tables.TOOK}
    for row in ladder.of():
        told = tuple(tell(ladder, row) for tell in columns.values())
        yield row, (row.rung, *told), tuple(tables.differences(ladder, row))


def _picture(panel: Measured, rungs: Sequence[str], found: Sequence[Climbed]) -> Picture:
    scale = 100 if panel.is_share else 1
    series = {}
    for one in found:
        points = {row.rung: panel.point(row) for row, _, _ in one.rows}
        series[one.model] = {
            rung: Dot(*(None if end is None else end / scale for end in point))  # type: ignore[arg-type]
            for rung, point in points.items()
            if point is not None
        }
    title = panel.title.removesuffix(", %") if panel.is_share else panel.title
    name = "ladder-" + "-".join(title.replace(",", "").split())
    about = "A dot for each model on each rung, with the interval of 95 % where there is one."
    return plots.dots(
        Named(name, title[0].upper() + title[1:], about), rungs, series, is_share=panel.is_share
    )
