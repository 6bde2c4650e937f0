"""How often findings are right: precision and recall of each kind, on labelled cells.

Prints a table, and puts it into docs/findings.md. Nothing is timed. Intervals are of 95 %
(Wilson's, with notebooks as clusters).
"""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Iterator

from benchmarks.labelled import Agreement, agreement, notebooks
from benchmarks.measure import FOLDER
from harness.analysis.ladder.page import share
from harness.records import FindingKind

PAGE = FOLDER.parent / "docs/findings.md"
HALVES = ("building", "unseen")  # one without notebooks is left out
BEGIN, END = "<!-- begin: make bench -->", "<!-- end: make bench -->"


def line(half: str, kind: FindingKind, told: Agreement) -> str:
    right, false, missed = map(sum, told)
    cells = (half, kind.value, right, false, missed, share(told.precision), share(told.recall))
    return f"| {' | '.join(map(str, cells))} |"


def table() -> Iterator[str]:
    """What was labelled, and how each kind agrees with it."""
    halves = [half for half in HALVES if any(one.half == half for one in notebooks())]
    for half in halves:
        of_half = [one for one in notebooks() if one.half == half]
        cells = sum(len(one.cells & {c.id for c in one.subject.notebook.code}) for one in of_half)
        models = Counter(one.model for one in of_half)
        told = ", ".join(f"{count} of {name}" for name, count in sorted(models.items()))
        yield f"*{half.capitalize()}*: {cells} cells of code in {len(of_half)} notebooks ({told})."
        yield ""
    yield "| half | kind | right | false | missed | precision | recall |"
    yield "|---|---|---|---|---|---|---|"
    for half in halves:
        for kind in FindingKind:
            yield line(half, kind, agreement(kind, half)[0])


def main() -> None:
    """With ``--apart``, also what the building half's labels and findings do not agree on."""
    text = "\n".join(table())
    before, _, rest = PAGE.read_text().partition(BEGIN)
    PAGE.write_text(f"{before}{BEGIN}\n{text}\n{END}{rest.partition(END)[2]}")
    print(text)
    if "--apart" in sys.argv:
        for kind in FindingKind:
            print("\n".join(agreement(kind, "building")[1]))


if __name__ == "__main__":
    main()
