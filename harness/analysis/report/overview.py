"""The first page: how good each model is at each stage, in each context, with each help."""

from __future__ import annotations

import statistics
from collections.abc import Callable, Iterable, Sequence
from typing import NamedTuple

from harness.analysis.ladder import Sample
from harness.analysis.ladder.shares import Share, share
from harness.analysis.report import plots, words
from harness.analysis.report.groups import Group
from harness.analysis.report.measures import Mean, Measured
from harness.analysis.report.plots import Dot, Named, Spot
from harness.analysis.report.svg import Picture
from harness.records import Cause

SHADES = 10  # of heat, from none to most


class Measure(NamedTuple):
    """A figure of the heat table. ``is_cost``: the less, the better."""

    name: str
    title: str
    about: str
    of: Callable[[Measured], Share | Mean | None]
    is_cost: bool = False


MEASURES = (
    Measure("passed", "passed", "stages that passed without a human", lambda one: one.passed),
    Measure("cells", "cells ok", "cells that ran, as the model left them", lambda one: one.cells),
    Measure("checks", "checks", "checks that held", lambda one: one.checks),
    Measure("human", "human", "human code lines, with the fixes", lambda one: one.human, True),
    Measure("findings", "findings", "imperfections in a notebook", lambda one: one.findings, True),
    Measure("tokens", "tokens", "tokens written for a notebook", lambda one: one.tokens, True),
    Measure("time", "time", "of writing and executing a notebook", lambda one: one.seconds, True),
)


class Figure(NamedTuple):
    """A measure of a group, as it is shown: with its interval, and how hot it is."""

    measure: str
    told: str
    bounds: str
    heat: str  # a class of the style: h0 to h10, or w0 to w10 where less is better


class Line(NamedTuple):
    """A line of the long table: a group and its figures."""

    group: Group
    figures: tuple[Figure, ...]


class Row(NamedTuple):
    """A line of a heat table: one model in one setting, by stage."""

    model: str
    context: str
    help: str
    lines: tuple[Line | None, ...]


class Heat(NamedTuple):
    """The heat table of one dataset."""

    dataset: str
    stages: tuple[str, ...]
    rows: tuple[Row, ...]


def told_measures(groups: Sequence[Group]) -> list[Measure]:
    """The measures that some group tells."""
    return [one for one in MEASURES if any(_value(one, group) is not None for group in groups)]


def lines(groups: Sequence[Group]) -> list[Line]:
    """Every group with its figures. What costs is as hot as it is beside the dearest one."""
    measures = told_measures(groups)
    most = {
        one.name: max((_value(one, group) or 0 for group in groups), default=0) for one in measures
    }
    return [
        Line(group, tuple(_figure(one, group, most[one.name]) for one in measures))
        for group in groups
    ]


def heats(found: Sequence[Line]) -> list[Heat]:
    """A table for each dataset, with the newest version of each stage."""
    newest = [one for one in found if one.group.is_newest]
    made = []
    for dataset in dict.fromkeys(one.group.dataset for one in newest):
        here = [one for one in newest if one.group.dataset == dataset]
        stages = tuple(
            dict.fromkeys(one.group.stage for one in sorted(here, key=lambda one: one.group.place))
        )
        cells: dict[tuple[str, str, str], dict[str, Line]] = {}
        for one in here:
            key = (one.group.model, one.group.context, one.group.help)
            cells.setdefault(key, {})[one.group.stage] = one
        rows = tuple(Row(*key, tuple(map(by.get, stages))) for key, by in cells.items())
        made.append(Heat(dataset, stages, rows))
    return made


def pictures(groups: Sequence[Group]) -> list[Picture]:
    """What the tables tell, drawn: cells by stage, passes against tokens, causes by model."""
    newest = [one for one in groups if one.is_newest and one.told.runs]
    settings = list(dict.fromkeys(_row(one, newest) for one in newest))
    made = []
    for stage in dict.fromkeys(one.stage for one in sorted(newest, key=lambda one: one.place)):
        found = _by_model(one for one in newest if one.stage == stage)
        series = {
            model: {_row(one, newest): _dot(one.told.cells) for one in of if one.told.cells.whole}
            for model, of in found.items()
        }
        told = f"Cells that ran: {stage}"
        about = "A dot for each model in each setting, with the interval of 95 %."
        rows = [one for one in settings if any(one in of for of in series.values())]
        made.append(plots.dots(Named(f"cells-{stage}", told, about), rows, series, is_share=True))
    made.append(plots.against(PASSES, list(_spots(newest)), ("tokens of a notebook", "passed")))
    causes = {model: _causes(of) for model, of in _by_model(newest).items()}
    if any(causes.values()):
        parts = [one.value for one in Cause if any(one.value in of for of in causes.values())]
        made.append(plots.stacked(CAUSES, causes, parts, "lines in a hundred"))
    return made


PASSES = Named(
    "passes-tokens",
    "Stages passed, against tokens written",
    "A dot for each model in each setting, over all stages; to the left and above is better.",
)
CAUSES = Named(
    "causes",
    "Human code lines in a hundred, by cause",
    "What people had to write into the notebooks of each model, and why.",
)


def _row(group: Group, among: Iterable[Group]) -> str:
    several = len({one.dataset for one in among}) > 1
    return f"{group.dataset}: {group.setting}" if several else group.setting


def _by_model(groups: Iterable[Group]) -> dict[str, list[Group]]:
    found: dict[str, list[Group]] = {}
    for one in groups:
        found.setdefault(one.model, []).append(one)
    return found


def _spots(groups: Sequence[Group]) -> Iterable[Spot]:
    found: dict[tuple[str, str], list[Sample]] = {}
    for one in groups:
        made = [facts.sample for facts in one.runs if facts.sample is not None]
        found.setdefault((one.model, _row(one, groups)), []).extend(made)
    for (model, setting), of in found.items():
        tokens = statistics.fmean(one.tokens for one in of)
        passed = share([(int(one.passed), 1) for one in of])
        yield Spot(f"{model}, {setting}", model, tokens, _dot(passed))


def _dot(one: Share) -> Dot:
    return Dot(one.value or 0.0, one.low, one.high)


def _causes(groups: Sequence[Group]) -> dict[str, float]:
    """The mean over groups, each by the lines of its notebooks."""
    lines = {one.name: one.told.human.whole for one in groups}
    whole = sum(lines.values())
    found: dict[str, float] = {}
    for one in groups:
        for cause, value in one.told.causes.items():
            found[cause.value] = found.get(cause.value, 0) + value * lines[one.name] / whole
    return found


def _value(measure: Measure, group: Group) -> float | None:
    found = measure.of(group.told)
    return None if found is None else found.value


def _figure(measure: Measure, group: Group, most: float) -> Figure:
    found, value = measure.of(group.told), _value(measure, group)
    if found is None or value is None:
        return Figure(measure.name, "", "", "")
    share = value / most if measure.is_cost and most else value
    heat = f"{'w' if measure.is_cost else 'h'}{round(SHADES * min(max(share, 0), 1))}"
    if isinstance(found, Share):
        digits = 1 if measure.name == "human" else 0
        return Figure(
            measure.name, words.percent(value, digits), words.bounds(found.low, found.high), heat
        )
    show = words.duration if measure.name == "time" else words.number
    low, high = (None if end is None else max(end, 0) for end in (found.low, found.high))
    bounds = "" if low is None or high is None else f"{show(low)}–{show(high)}"
    return Figure(measure.name, show(value), bounds, heat)
