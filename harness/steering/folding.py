"""What was taken back, as Markdown that Jupyter shows folded beside the cell it was taken from."""

from __future__ import annotations

import html
from collections.abc import Iterator, Sequence

from harness.notebooks import marks
from harness.notebooks.notebook import plain
from harness.records import Cell, Level, Reply, Steered, TakenBack
from harness.steering.reading import Reader

MOST_TEXT = 2_000  # characters of a piece that are shown
WORDS = {
    Level.NAME: "the name was written anew",
    Level.EXPRESSION: "the expression was written anew",
    Level.STATEMENT: "the statement was written anew",
    Level.HINT: "the statement was written anew, with what was wrong in sight",
    Level.IMPORT: "the harness wrote a line",
}

BY = {"run": "", "again": "", "checks": " (seen in what was made)"}


def notes(cells: Sequence[Cell], replies: Sequence[Reply]) -> dict[str, str]:
    """The text of a note for each cell that something was taken back from, by the cell's id."""
    found: dict[str, str] = {}
    for reply in replies:
        if reply.steered is not None and (reply.steered.taken_back or reply.steered.left):
            code = [one.id for one in cells if one.step == reply.step and one.kind == "code"]
            found.update(_of(reply.completion.text, reply.steered, code))
    return found


def _of(text: str, steered: Steered, cells: Sequence[str]) -> Iterator[tuple[str, str]]:
    if not cells:
        return
    starts = _starts(text)
    told: dict[str, list[tuple[TakenBack, bool]]] = {}
    for one, stays in [(t, False) for t in steered.taken_back] + [(t, True) for t in steered.left]:
        number = max(sum(start <= one.at for start in starts) - 1, 0)
        told.setdefault(cells[min(number, len(cells) - 1)], []).append((one, stays))
    for cell, found in told.items():
        head = f"<summary>↶ Steering: {_counted([stays for _, stays in found])}</summary>"
        pieces = (_piece(at, one, stays=stays) for at, (one, stays) in enumerate(found, 1))
        yield cell, "\n\n".join([f"<details>\n{head}", *pieces, "</details>"])


def _counted(stay: Sequence[bool]) -> str:
    back, left = stay.count(False), stay.count(True)
    said = []
    if back:
        were = "piece was" if back == 1 else "pieces were"
        said.append(f"{back} {were} taken back while the cell above was written")
    if left:
        said.append(f"{left} that failed stayed" if back else f"{left} that failed stayed above")
    return ", and ".join(said)


def _starts(text: str) -> list[int]:
    """Where each code cell of a reply begins."""
    first: dict[int, int] = {}
    for one in Reader().read(text, ended=True):
        first.setdefault(one.cell, one.start)
    return list(first.values())


def _piece(number: int, one: TakenBack, *, stays: bool) -> str:
    said = " ".join(": ".join(filter(None, (one.error, one.message))).split())
    by = BY.get(one.by, f" (seen by the guard {one.by})")
    what = "it stays, after the last try" if stays else WORDS[one.level]
    wrote = f": <code>{_plain(one.inserted.strip())}</code>" if one.level is Level.IMPORT else ""
    shown = plain(one.text[:MOST_TEXT])
    fence = marks.around(shown)
    head = f"<p><strong>{number}.</strong> {_plain(said)}{by}; {what}{wrote}</p>"
    return f"{head}\n\n{fence}python\n{shown}\n{fence}"


def _plain(text: str) -> str:
    printable = "".join(char if char.isprintable() else "�" for char in text)
    return html.escape(printable)
