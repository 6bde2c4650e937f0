"""The ladder as a picture: a dot with its interval for each rung, in PNG and SVG.

Colours are those of Okabe and Ito (2008), which people see apart who do not see all colours; marks
differ in shape, too. It is meant for 800 pixels on a light ground.
"""

from __future__ import annotations

import io
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

from harness.analysis.ladder.climb import Ladder
from harness.analysis.ladder.rows import ALL, Row
from harness.analysis.ladder.shares import Share

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

COLOURS = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9", "#000000")
MARKS = ("o", "s", "^", "D", "v", "P", "X")
SPREAD = 0.62  # of a rung's height, that its dots take
WIDTH, DOTS = 8.0, 100  # inches, and pixels to the inch
ROWS, INCHES = 3, 0.32  # of panels, and of a rung in one
STYLE: dict[Any, Any] = {
    "svg.hashsalt": "ladder",  # the same picture is the same file
    "svg.fonttype": "none",  # text stays text
    "text.parse_math": False,
    "font.size": 9,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "figure.facecolor": "white",
    "savefig.facecolor": "white",
}

Point = tuple[float, float | None, float | None]  # a value and its interval


class Series(NamedTuple):
    """What has one colour: the rows of a stage, or of a table."""

    label: str
    rows: Sequence[Row]


class Panel(NamedTuple):
    """What one part of the picture shows."""

    title: str
    point: Callable[[Row], Point | None]
    is_share: bool


PANELS = (
    Panel("cells that ran, %", lambda row: _percent(row.cells), True),
    Panel("checks that held, %", lambda row: _percent(row.checks), True),
    Panel("stages passed, %", lambda row: _percent(row.passed), True),
    Panel("human code with the fixes, %", lambda row: _plain(row.human, 100), False),
    Panel("prompt tokens", lambda row: _plain(row.prompt_tokens), False),
    Panel("tokens written", lambda row: _plain(row.tokens), False),
    Panel("tokens taken back", lambda row: _plain(row.taken_back), False),
    Panel("seconds of writing", lambda row: _plain(row.writing), False),
    Panel("seconds of executing", lambda row: _plain(row.executing), False),
)


def series_of(ladder: Ladder) -> list[Series]:
    """A series for each stage of one table, or for each of several tables."""
    datasets = list(dict.fromkeys(one.dataset for one in ladder.samples))
    stages = list(dict.fromkeys(one.stage for one in ladder.samples))
    if len(datasets) > 1:
        return [Series(one, ladder.of(one)) for one in datasets]
    return [Series(one, ladder.of(datasets[0] if datasets else ALL, one)) for one in stages]


def pictures(ladder: Ladder) -> dict[str, bytes]:
    """The picture by the end of a file's name: ``png`` and ``svg``."""
    import matplotlib as mpl  # noqa: PLC0415

    found = {}
    with mpl.rc_context(STYLE):
        figure = draw(ladder)
        for kind in ("png", "svg"):
            out = io.BytesIO()
            about = {"Date": None} if kind == "svg" else None
            figure.savefig(out, format=kind, dpi=DOTS, metadata=about)
            found[kind] = out.getvalue()
    return found


def draw(ladder: Ladder) -> Figure:
    """The figure: what came of it above, what it took below; rungs from the top down."""
    from matplotlib.figure import Figure  # noqa: PLC0415

    rungs = [one.name for one in ladder.rungs if any(row.rung == one.name for row in ladder.rows)]
    series = series_of(ladder)
    height = 2.4 + ROWS * INCHES * max(3, len(rungs))
    figure = Figure(figsize=(WIDTH, height), layout="constrained")
    axes = figure.subplots(ROWS, len(PANELS) // ROWS, sharey=True, squeeze=False)
    for panel, place in zip(PANELS, axes.flat, strict=True):
        _panel(place, panel, rungs, series)
    figure.suptitle(f"What telling and helping a model buys: {ladder.model}", fontsize=11)
    handles, labels = axes.flat[0].get_legend_handles_labels()
    if len(series) > 1:
        figure.legend(handles, labels, loc="outside lower center", ncols=4, frameon=False)
    return figure


def _panel(axes: Axes, panel: Panel, rungs: Sequence[str], series: Sequence[Series]) -> None:
    ends: list[float] = []
    for number, one in enumerate(series):
        shift = SPREAD * ((number + 0.5) / len(series) - 0.5)
        look: dict[str, Any] = {
            "color": COLOURS[number % len(COLOURS)],
            "marker": MARKS[number % len(MARKS)],
        }
        points = [
            (rungs.index(row.rung) + shift, found)
            for row in one.rows
            if (found := panel.point(row)) is not None
        ]
        ends += [value for _, (value, _, _) in points]
        for place, (value, low, high) in points:
            if low is not None and high is not None:
                axes.plot([low, high], [place, place], color=look["color"], linewidth=1.2)
            axes.plot([value], [place], linestyle="none", markersize=4.5, **look)
        axes.plot([], [], linestyle="none", label=one.label, **look)  # for the legend
    axes.set_title(panel.title, fontsize=9, loc="left")
    axes.set_yticks(range(len(rungs)), rungs)
    axes.set_ylim(len(rungs) - 0.5, -0.5)
    for line in range(1, len(rungs)):
        axes.axhline(line - 0.5, color="#dddddd", linewidth=0.6)
    most = max(ends, default=0) * 1.06 or 1
    axes.set_xlim(*((-4, 104) if panel.is_share else (-most / 30, most)))
    axes.grid(axis="x", color="#eeeeee", linewidth=0.8)
    axes.set_axisbelow(True)
    axes.tick_params(axis="y", length=0)


def _plain(value: float | None, scale: float = 1) -> Point | None:
    return None if value is None else (scale * value, None, None)


def _percent(share: Share) -> Point | None:
    if share.value is None:
        return None
    low, high = (None if one is None else 100 * one for one in (share.low, share.high))
    return 100 * share.value, low, high
