"""How much of a patched notebook is human: lines and cells, by cause.

Two counts stand side by side. The first is of logical lines (``notebooks.syntax``): comments, blank
lines and layout are no work on the code. The second is of the lines as they stand. Both follow who
wrote each line (``fixes.attribution``), so no line is guessed to be someone's from how it looks.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from typing import NamedTuple

from harness.fixes.apply import Applied
from harness.fixes.attribution import AttributedText
from harness.notebooks import percent, syntax
from harness.notebooks.percent import Line
from harness.records import Cause, Ledger, Tally

DIGITS = 4  # of a share
FAULTS = set(Cause) - {Cause.ENHANCEMENT}


class _Written(NamedTuple):
    """A code line of a cell, and the fix that wrote it, or took it out of the raw notebook."""

    cell: str
    text: str
    fix: str | None


_Code = tuple[str, Sequence[Line]]
"""A code cell's id, and its lines behind the header."""


def make(applied: Applied) -> Ledger:
    """The ledger of a patched notebook."""
    causes = {one.fix: one.cause for one in applied.verdicts}
    enhancing = {fix for fix, cause in causes.items() if cause is Cause.ENHANCEMENT}
    attributed = applied.attributed
    before, after = _code(_with_removers(attributed)), _code(attributed.lines)
    counts = {}
    totals = {}
    touched: set[str] = set()
    for name, split in (("lines", _logical), ("text", _physical)):
        raw, patched = list(split(before, enhancing)), list(split(after, enhancing))
        added, removed = _human(patched, raw)
        counts[name] = _tallies(added, removed, causes)
        totals[name] = (len(raw), len(patched))
        if name == "lines":
            touched = {
                line.cell
                for line in (*added, *removed)
                if causes[line.fix or ""] is not Cause.ENHANCEMENT
            }
    patched_cells = {name for name, _ in after}
    lines, text = totals["lines"], totals["text"]
    return Ledger(
        raw_cells=len(before),
        patched_cells=len(patched_cells),
        touched_cells=len(touched & patched_cells),
        raw_lines=lines[0],
        patched_lines=lines[1],
        raw_text=text[0],
        patched_text=text[1],
        lines=counts["lines"],
        text=counts["text"],
        share=_share(counts["lines"], lines[1]),
        share_text=_share(counts["text"], text[1]),
        share_cells=ratio(len(touched & patched_cells), len(patched_cells)),
        enhancement_share=ratio(written(counts["lines"], {Cause.ENHANCEMENT}), lines[1]),
    )


def _with_removers(attributed: AttributedText) -> list[Line]:
    """The raw text, in which ``fix`` is the one that took the line out."""
    lines = enumerate(attributed.raw.lines)
    return [line._replace(fix=attributed.removed.get(i)) for i, line in lines]


def _code(lines: Sequence[Line]) -> list[_Code]:
    return [(head.id, body) for head, body in percent.stretches(lines) if head.kind == "code"]


def _logical(cells: Iterable[_Code], enhancing: Collection[str]) -> Iterator[_Written]:
    for cell, body in cells:
        # Not rstripped: line n of the source is line n of the text.
        for line in syntax.logical_lines("\n".join(one.text for one in body)):
            by = [one.fix for one in body[line.first : line.last + 1] if one.fix]
            blamed = [fix for fix in by if fix not in enhancing] or by
            yield _Written(cell, line.text, max(blamed, default=None))


def _physical(cells: Iterable[_Code], _: Collection[str]) -> Iterator[_Written]:
    for cell, body in cells:
        # The blank line in front of the next cell belongs to the format.
        own = body[:-1] if body and not body[-1].text else body
        yield from (_Written(cell, one.text, one.fix) for one in own)


def _human(
    patched: Sequence[_Written], raw: Sequence[_Written]
) -> tuple[list[_Written], list[_Written]]:
    """Lines that humans wrote and lines that they removed; what is the same in both is neither."""
    added = [line for line in patched if line.fix]
    removed = [line for line in raw if line.fix]
    left = _counted(raw) - _counted(line for line in patched if not line.fix)
    same = _counted(added) & left
    return _less(added, same), _less(removed, same)


def _counted(lines: Iterable[_Written]) -> Counter[tuple[str, str]]:
    return Counter((line.cell, line.text) for line in lines)


def _less(lines: Iterable[_Written], same: Counter[tuple[str, str]]) -> list[_Written]:
    left, kept = same.copy(), []
    for line in lines:
        if left[line.cell, line.text] > 0:
            left[line.cell, line.text] -= 1
        else:
            kept.append(line)
    return kept


def _tallies(
    added: Iterable[_Written], removed: Iterable[_Written], causes: Mapping[str, Cause]
) -> dict[Cause, Tally]:
    plus = Counter((line.fix or "", line.cell) for line in added)
    minus = Counter((line.fix or "", line.cell) for line in removed)
    totals: dict[Cause, Counter[str]] = {}
    for place in sorted(plus.keys() | minus.keys()):
        total = totals.setdefault(causes[place[0]], Counter())
        changed = min(plus[place], minus[place])
        total["changed"] += changed
        total["added"] += plus[place] - changed
        total["removed"] += minus[place] - changed
    return {cause: Tally(**totals[cause]) for cause in Cause if cause in totals}


def _share(tallies: Mapping[Cause, Tally], total: int) -> float:
    return ratio(written(tallies, FAULTS), total)


def written(tallies: Mapping[Cause, Tally], which: Collection[Cause]) -> int:
    """Lines that humans added or changed, for the causes in ``which``."""
    return sum(t.added + t.changed for cause, t in tallies.items() if cause in which)


def ratio(part: int, whole: int) -> float:
    """A share, rounded; 0 of nothing."""
    return round(part / whole, DIGITS) if whole else 0.0
