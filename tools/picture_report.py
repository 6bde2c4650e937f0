"""Take pictures of a report's pages in a headless browser, to look at them or to show them.

Usage: python -m tools.picture_report REPORT OUT [WIDTH ...]
       python -m tools.picture_report REPORT OUT docs

Writes OUT/PAGE-WIDTH-light.png and -dark.png: the overview, ladder, failures, fixes, and of groups
and runs the first. For the docs it writes OUT/PAGE.png, one of each page, with few colours. Exits
with 1 where a browser refused anything, or a page is too wide.
"""

from __future__ import annotations

import io
import sys
from pathlib import Path

from PIL import Image

from tools.browser import Browser

WIDTHS = (390, 1280, 1920)
MOST = 4_000  # pixels from above
OF_DOCS, MOST_OF_DOCS, COLOURS = 1280, 1_230, 96


def pages(report: Path) -> dict[str, Path]:
    """The pages to look at, by what they are called."""
    found = {path.stem: path for path in sorted(report.glob("*.html"))}
    for kind in ("groups", "runs"):
        found[kind] = min((report / kind).rglob("*.html"))
    return found


def main(report: Path, out: Path, widths: tuple[int, ...]) -> int:
    """Take the pictures; returns the exit code."""
    out.mkdir(parents=True, exist_ok=True)
    wrong = []
    with Browser() as tab:
        for name, page in pages(report).items():
            for width in widths or (OF_DOCS,):
                for look in ("light", "dark") if widths else ("light",):
                    tab.look_as(width, dark=look == "dark")
                    tab.open(page)
                    wide = tab.tell("document.documentElement.scrollWidth")
                    if wide > width:
                        wrong.append(f"{name} is {wide} pixels wide at {width}")
                    if widths:
                        (out / f"{name}-{width}-{look}.png").write_bytes(tab.picture(most=MOST))
                    else:
                        (out / f"{name}.png").write_bytes(small(tab.picture(most=MOST_OF_DOCS)))
        wrong += tab.problems
    print("\n".join(wrong) or f"Wrote {out}")
    return 1 if wrong else 0


def small(picture: bytes) -> bytes:
    """The same picture with few colours."""
    made = io.BytesIO()
    Image.open(io.BytesIO(picture)).convert("RGB").quantize(COLOURS).save(
        made, "PNG", optimize=True
    )
    return made.getvalue()


if __name__ == "__main__":
    told = sys.argv[3:]
    widths = () if told == ["docs"] else tuple(map(int, told)) or WIDTHS
    sys.exit(main(Path(sys.argv[1]), Path(sys.argv[2]), widths))
