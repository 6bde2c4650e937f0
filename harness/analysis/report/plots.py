"""The kinds of plots: dots with intervals, stacked bars, one figure against another, a strip."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import NamedTuple

from harness.analysis.report import words
from harness.analysis.report.svg import CHARACTER, LINE, SERIES, Drawing, Picture, legend, longest

WIDTH, EDGE, TOP, AXIS = 460, 12, 30, 34
MOST_LABEL = 28  # characters
MOST_ROWS = 60
STRIP_ROW, STRIP_CELL, MOST_STRIPS = 9, 60, 200
THIN_ROW, FEW = 4, 50  # where there are more runs than these few
# How a cell ended: its look, its height in a row, and what it is called.
ENDED = {
    "o": ("ok", 0.35, "ran"),
    "r": ("root", 1.0, "failed"),
    "c": ("cascade", 0.7, "failed after another"),
    "t": ("late", 1.0, "took too long"),
    "k": ("late", 1.0, "was ended"),
    "n": ("none", 0.35, "was not run"),
}
KEY = {
    "ok": "ran",
    "root": "failed",
    "cascade": "failed after another",
    "late": "was ended",
    "none": "was not run",
}


class Dot(NamedTuple):
    """A value and its interval."""

    value: float
    low: float | None = None
    high: float | None = None


class Spot(NamedTuple):
    """A dot of two figures."""

    label: str
    series: str
    x: float
    y: Dot


class Named(NamedTuple):
    """What a plot is called, and how it is to be read."""

    name: str
    title: str
    about: str


def dots(
    named: Named,
    rows: Sequence[str],
    series: Mapping[str, Mapping[str, Dot]],
    *,
    is_share: bool,
) -> Picture:
    """For each row a dot of each series that has it, with its interval."""
    shown = list(rows[:MOST_ROWS])
    drawing = Drawing()
    left: float = EDGE + CHARACTER * longest(shown, MOST_LABEL) + 8
    tall = max(22, 11 * len(series))
    bottom = TOP + tall * len(shown)
    ends = [
        end
        for found in series.values()
        for one in found.values()
        for end in (one.value, one.high or 0)
    ]
    scale = _Scale(left, WIDTH - EDGE - 6, 1.0 if is_share else max(ends, default=0) * 1.05 or 1)
    _frame(drawing, named.title, scale, (TOP, bottom), is_share=is_share)
    for number, row in enumerate(shown):
        middle = TOP + tall * (number + 0.5)
        drawing.text(left - 8, middle + 4, row, "end", MOST_LABEL)
        if number:
            drawing.line(left, TOP + tall * number, (scale.right - left, 0), "grid")
        for place, (label, found) in enumerate(series.items()):
            if row in found:
                y = middle + tall * 0.8 * ((place + 0.5) / len(series) - 0.5)
                _dot(drawing, scale, y, place, found[row], f"{label}, {row}")
    end: float = bottom + AXIS
    if len(series) > 1:
        end = legend(drawing, list(series), (EDGE, end + 6, WIDTH - 2 * EDGE), bars=False)
    lines = [
        (row, label, *found[row]) for row in rows for label, found in series.items() if row in found
    ]
    table = (("row", "series", "value", "low", "high"), *lines)
    return Picture(*named, WIDTH, round(end), drawing.body, table)


def stacked(
    named: Named, rows: Mapping[str, Mapping[str, float]], parts: Sequence[str], unit: str
) -> Picture:
    """For each row a bar of its parts, one behind another."""
    shown = dict(list(rows.items())[:MOST_ROWS])
    drawing = Drawing()
    left: float = EDGE + CHARACTER * longest(shown, MOST_LABEL) + 8
    bottom = TOP + 24 * len(shown)
    most = max((sum(one.values()) for one in shown.values()), default=0) or 1
    scale = _Scale(left, WIDTH - EDGE - 6, most)
    _frame(drawing, named.title, scale, (TOP, bottom), is_share=False)
    for number, (row, found) in enumerate(shown.items()):
        y = TOP + 24 * number + 4
        drawing.text(left - 8, y + 12, row, "end", MOST_LABEL)
        x = left
        for place, part in enumerate(parts):
            wide = scale.at(found.get(part, 0)) - left
            if wide > 0:
                told = f"{row}, {part}: {words.number(found[part])} {unit}"
                drawing.bar((x, y, wide, 16), f"f{place % SERIES}", told)
            x += wide
    end = legend(drawing, parts, (EDGE, bottom + AXIS + 6, WIDTH - 2 * EDGE), bars=True)
    lines = [(row, part, found.get(part, 0)) for row, found in rows.items() for part in parts]
    return Picture(*named, WIDTH, round(end), drawing.body, (("row", "part", unit), *lines))


def against(named: Named, spots: Sequence[Spot], units: tuple[str, str]) -> Picture:
    """A share from below upwards, against a figure from left to right."""
    drawing = Drawing()
    bottom, left = TOP + 230, EDGE + 34
    most = max((one.x for one in spots), default=0) * 1.08 or 1
    scale = _Scale(left, WIDTH - EDGE - 6, most)
    _frame(drawing, named.title, scale, (TOP, bottom), is_share=False)
    drawing.text((left + scale.right) / 2, bottom + AXIS - 2, units[0], "mid dim")
    for quarter in range(5):
        y = bottom - (bottom - TOP) * quarter / 4
        drawing.text(left - 6, y + 4, f"{25 * quarter}%", "end dim")
        drawing.line(left, y, (scale.right - left, 0), "grid")
    labels = list(dict.fromkeys(one.series for one in spots))
    for spot in spots[: 10 * MOST_ROWS]:
        number = labels.index(spot.series)
        x, tall = scale.at(spot.x), bottom - TOP
        y = bottom - tall * spot.y.value
        if spot.y.low is not None and spot.y.high is not None:
            low, high = (bottom - tall * end for end in (spot.y.low, spot.y.high))
            drawing.line(x, high, (0, low - high), f"l{number % SERIES} thin")
        told = f"{spot.label}: {spot.y.value:.0%}, {words.number(spot.x)} {units[0]}"
        drawing.mark(x, y, number, told)
    end = legend(drawing, labels, (EDGE, bottom + AXIS + 18, WIDTH - 2 * EDGE), bars=False)
    lines = [(one.label, one.series, one.x, *one.y) for one in spots]
    table = (("runs", "series", *units, "low", "high"), *lines)
    return Picture(*named, WIDTH, round(end), drawing.body, table)


def strip(
    named: Named, rows: Sequence[tuple[str, str]], steps: Sequence[tuple[str, int]]
) -> Picture:
    """A line for each run, a mark for each of its cells, in order. ``rows``: labels and marks."""
    shown = rows[:MOST_STRIPS]
    drawing = Drawing()
    cells = max((len(marks) for _, marks in shown), default=0)
    left: float = EDGE + CHARACTER * longest((label for label, _ in shown), 14) + 8
    top, tall = TOP + 18, STRIP_ROW if len(shown) <= FEW else THIN_ROW
    wide = min(STRIP_CELL, max(3, (WIDTH - left - EDGE) / max(cells, 1)))
    drawing.text(EDGE, 18, named.title, "title", 60)
    x = left
    for step, count in steps:
        drawing.text(x, top - 6, step, "dim", max(1, int(wide * count / CHARACTER)))
        x += wide * count
    paths: dict[str, list[str]] = {}
    for number, (label, marks) in enumerate(shown):
        y = top + tall * number
        if len(shown) <= FEW or number % 5 == 0:
            drawing.text(left - 8, y + 8, label, "end tiny", 14)
        for place, mark in enumerate(marks):
            if mark == " ":
                continue  # other runs have more cells in this step
            look, height, _ = ENDED.get(mark, ENDED["n"])
            high = (tall - 1) * height
            begin = f"M{left + wide * place:.0f} {y + tall - 1 - high:.0f}"
            paths.setdefault(look, []).append(f"{begin}h{wide - 1:.0f}v{high:.0f}h-{wide - 1:.0f}z")
    for look, parts in paths.items():
        drawing.shape("".join(parts), f"c-{look}")
    end = _key(drawing, top + tall * len(shown) + 20)
    lines = [
        (label, place, ENDED.get(mark, ENDED["n"])[2])
        for label, marks in rows
        for place, mark in enumerate(marks)
        if mark != " "
    ]
    table = (("run", "cell", "ended"), *lines)
    return Picture(*named, WIDTH, round(end + 10), drawing.body, table)


def _key(drawing: Drawing, y: float) -> float:
    """What the marks of a strip stand for; returns where it ends below."""
    x = float(EDGE)
    for look, told in KEY.items():
        wide = 15 + CHARACTER * len(told) + 14
        if x > EDGE and x + wide > WIDTH - EDGE:
            x, y = float(EDGE), y + LINE
        drawing.bar((x, y - 8, 10, 9), f"c-{look}", told)
        drawing.text(x + 15, y, told)
        x += wide
    return y


class _Scale(NamedTuple):
    left: float
    right: float
    most: float

    def at(self, value: float) -> float:
        """Where a value stands."""
        share = min(max(value / self.most, 0), 1)
        return self.left + (self.right - self.left) * share


def _dot(drawing: Drawing, scale: _Scale, y: float, number: int, one: Dot, told: str) -> None:
    if one.low is not None and one.high is not None:
        start, end = scale.at(one.low), scale.at(one.high)
        drawing.line(start, y, (end - start, 0), f"l{number % SERIES}")
    figure = f"{one.value:.0%}" if scale.most == 1 else words.number(one.value)
    drawing.mark(scale.at(one.value), y, number, f"{told}: {figure}")


def _frame(
    drawing: Drawing, title: str, scale: _Scale, heights: tuple[float, float], *, is_share: bool
) -> None:
    """The title, and ticks at round values."""
    top, bottom = heights
    drawing.text(EDGE, 18, title, "title", 70)
    step = 0.25 if is_share else _round_step(scale.most)
    for number in range(int(scale.most / step + 1e-9) + 1):
        x = scale.at(number * step)
        drawing.line(x, top, (0, bottom - top), "grid")
        told = f"{number * step:.0%}" if is_share else _tick(number * step)
        drawing.text(x, bottom + 15, told, "mid dim")


def _round_step(most: float) -> float:
    """1, 2 or 5 of a power of ten, such that there are about four."""
    power = 10 ** math.floor(math.log10(most / 4))
    return float(next(power * one for one in (1, 2, 5, 10) if most / (power * one) <= 5))


def _tick(value: float) -> str:
    return f"{value:,.0f}" if value >= 10 or value == int(value) else f"{value:g}"
