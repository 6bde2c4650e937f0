"""Pictures as SVG, by hand: small, sharp, still, and of the page's own colours, light or dark.

A picture has no style of its own but classes; the style stands in the page, or in its file. So it
may be shown under a policy that allows no inline style.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from html import escape
from typing import NamedTuple

from markupsafe import Markup

from harness.analysis.report import templates
from harness.notebooks.visible import clean

SERIES = 7  # colours, those of Okabe and Ito (2008); marks differ in shape, too
CHARACTER = 6.8  # pixels of the text, about, in a wide font
LINE = 16


class Picture(NamedTuple):
    """A plot: what it shows, how it is drawn, and its numbers."""

    name: str  # of its files
    title: str
    about: str  # a sentence: how it is to be read
    width: int
    height: int
    body: str
    rows: tuple[tuple[object, ...], ...]  # with a line of headings

    @property
    def inline(self) -> Markup:
        """For a page, whose style has its colours."""
        return Markup(self._element(""))  # noqa: S704 - all texts in it are escaped

    @property
    def file(self) -> bytes:
        """By itself, on its own ground."""
        style = f"<style>{templates.text_of('plot.css')}</style>"
        ground = f'<rect class="ground" width="{self.width}" height="{self.height}" rx="6"/>'
        return self._element(style + ground).encode()

    def _element(self, first: str) -> str:
        size = f'viewBox="0 0 {self.width} {self.height}" width="{self.width}"'
        head = f'<svg xmlns="http://www.w3.org/2000/svg" class="plot" role="img" {size}'
        label = escaped(f"{self.title}. {self.about}")
        return f'{head} height="{self.height}" aria-label="{label}">{first}{self.body}</svg>'


class Drawing:
    """Collects what is drawn. Places are pixels, from the left and from above."""

    def __init__(self) -> None:
        self._made: list[str] = []

    @property
    def body(self) -> str:
        """All that was drawn."""
        return "".join(self._made)

    def text(self, x: float, y: float, text: str, look: str = "", most: int = 200) -> None:
        """``look``: classes, such as ``end`` and ``mid`` for how it is aligned."""
        short = text if len(text) <= most else text[: most - 1] + "…"
        whole = f"<title>{escaped(text)}</title>" if short != text else ""
        self._made.append(
            f'<text x="{x:.1f}" y="{y:.1f}" class="{look}">{escaped(short)}{whole}</text>'
        )

    def line(self, x: float, y: float, to: tuple[float, float], look: str) -> None:
        """A line of so many pixels more to the right and down."""
        self._made.append(f'<path d="M{x:.1f} {y:.1f}l{to[0]:.1f} {to[1]:.1f}" class="{look}"/>')

    def bar(self, place: tuple[float, float, float, float], look: str, told: str) -> None:
        """A filled rectangle at x, y, of this width and height, that says what it is."""
        x, y, width, height = place
        self._made.append(
            f'<rect x="{x:.1f}" y="{y:.1f}" width="{width:.1f}" height="{height:.1f}" '
            f'class="{look}"><title>{escaped(told)}</title></rect>'
        )

    def mark(self, x: float, y: float, number: int, told: str = "") -> None:
        """The dot of a series: a circle, a square, a triangle, a diamond, and so on."""
        shapes = (
            "m-4 0a4 4 0 1 0 8 0a4 4 0 1 0-8 0",
            "m-3.6-3.6h7.2v7.2h-7.2z",
            "m0-4.6l4.4 7.8h-8.8z",
            "m0-5l5 5l-5 5l-5-5z",
            "m0 4.6l4.4-7.8h-8.8z",
            "m-4.5-1.5h3v-3h3v3h3v3h-3v3h-3v-3h-3z",
            "m-4-4l1.6 4l-1.6 4l4-1.6l4 1.6l-1.6-4l1.6-4l-4 1.6z",
        )
        title = f"<title>{escaped(told)}</title>" if told else ""
        self._made.append(
            f'<path d="M{x:.1f} {y:.1f}{shapes[number % SERIES]}" '
            f'class="f{number % SERIES}">{title}</path>'
        )

    def shape(self, d: str, look: str) -> None:
        """A path of many parts."""
        self._made.append(f'<path d="{d}" class="{look}"/>')


def legend(
    drawing: Drawing, labels: Sequence[str], place: tuple[float, float, float], *, bars: bool
) -> float:
    """The labels of the series from x, y on, within a width; returns where it ends below."""
    left, y, width = place
    x = left
    for number, label in enumerate(labels):
        short = label if len(label) <= 40 else label[:39] + "…"
        wide = 16 + CHARACTER * len(short) + 14
        if x > left and x + wide > left + width:
            x, y = left, y + LINE
        if bars:
            drawing.bar((x, y - 8, 10, 10), f"f{number % SERIES}", label)
        else:
            drawing.mark(x + 5, y - 4, number)
        drawing.text(x + 15, y, short)
        x += wide
    return y + LINE


def escaped(text: str) -> str:
    """``text`` on one line, as it may stand in SVG."""
    return escape(clean(text))


def longest(texts: Iterable[str], most: int) -> int:
    """Characters of the longest one, at most so many."""
    return min(max(map(len, texts), default=0), most)
