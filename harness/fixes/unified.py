"""Finds the place of a hunk in a notebook's text, by content.

In this order, as GNU patch does: where the hunk says; then the whole hunk anywhere else, in the
cell it names before any other, and nearest first; then with up to ``MOST_FUZZ`` lines of context
left out at either end, but only where that place is the only one and at least ``LEAST_ALIKE`` of
the hunk's lines still match. Anything less is a conflict. Lines are compared without blanks at
their ends.
Source of the procedure: https://www.gnu.org/software/diffutils/manual/html_node/Inexact.html
"""

from __future__ import annotations

import difflib
from collections.abc import Callable, Sequence
from typing import Literal, NamedTuple

from harness.notebooks import percent
from harness.notebooks.percent import Line
from harness.records import Cell, Hunk

FULL_CONTEXT = 3  # lines, as diff -u writes them
MOST_FUZZ = 2  # lines of context at either end
LEAST_ALIKE = 0.5  # share of a hunk's lines that are not blank

Allowed = Callable[[int, int], bool]
"""Whether a fix may touch the lines from the first to before the second index."""


class Spot(NamedTuple):
    """A place found: the hunk's lines ``skip`` to before ``stop`` stand at ``start``."""

    start: int
    skip: int
    stop: int  # of the old lines
    how: Literal["exact", "offset", "fuzz"]
    amount: int


class Miss(NamedTuple):
    """No place; ``there``: the lines that the hunk would write stand in the text already."""

    there: bool
    reason: str
    nearest: str | None = None


def find(
    lines: Sequence[Line], hunk: Hunk, shift: int, least: int, allowed: Allowed
) -> Spot | Miss:
    """Where ``hunk`` goes, not before line ``least``.

    ``shift`` is what earlier hunks of the same fix moved the lines by.
    """
    keys = [_key(line.text, is_header=line.head is not None) for line in lines]
    old = [_key(text) for text in hunk.old]
    stated = max(hunk.start - 1, 0) + shift
    lead, tail = _context(hunk)
    # Context may reach into other cells; what is changed lies between.
    full = [at for at in _matches(keys, old, least) if allowed(at + lead, at + len(old) - tail)]
    full = [at for at in full if _anchored(at, len(old), len(keys), lead, tail)]
    if not any(old):  # blank lines look alike everywhere
        full = [at for at in full if at == stated]
    if stated in full:
        return Spot(stated, 0, len(old), "exact", 0)
    new = [_key(text) for text in hunk.new]
    there = lead + tail < len(hunk.new) and bool(_matches(keys, new, 0))
    if there and not any(tag == "-" for tag, _ in hunk.lines):
        return Miss(there=True, reason="its lines are there already")
    if full:
        here = [at for at in full if _cell_at(lines, at, at + len(old), hunk.cell)] or full
        best = min(here, key=lambda at: abs(at - stated))
        return Spot(best, 0, len(old), "offset", best - stated)
    if there:
        return Miss(there=True, reason="its lines are there already")
    return _fuzzy(lines, keys, hunk, old, stated, least, allowed)


def apply(hunk: Hunk, spot: Spot) -> list[tuple[int, int, list[str]]]:
    """The edits of a placed hunk: (first line, line behind the last, texts), from last to first."""
    edits: list[tuple[int, int, list[str]]] = []
    at = spot.start - spot.skip
    begin, added = at, list[str]()
    changing = False
    for tag, text in (*hunk.lines, (" ", "")):
        if tag == " ":
            if changing:
                edits.append((begin, at, added))
            changing, added = False, []
            at += 1
            continue
        if not changing:
            changing, begin = True, at
        if tag == "-":
            at += 1
        else:
            added.append(text)
    return edits[::-1]


def _fuzzy(
    lines: Sequence[Line],
    keys: list[str],
    hunk: Hunk,
    old: list[str],
    stated: int,
    least: int,
    allowed: Allowed,
) -> Spot | Miss:
    lead, tail = _context(hunk)
    weight = sum(bool(text) for text in old)
    for fuzz in range(1, MOST_FUZZ + 1):
        skip, stop = min(fuzz, lead), len(old) - min(fuzz, tail)
        part = old[skip:stop]
        if not weight or sum(bool(text) for text in part) < max(1, LEAST_ALIKE * weight):
            break
        found = [
            at
            for at in _matches(keys, part, least)
            if allowed(at + lead - skip, at - skip + len(old) - tail)
        ]
        named = [at for at in found if _cell_at(lines, at, at + len(part), hunk.cell)]
        found = named if len(named) == 1 else found
        if len(found) == 1:
            return Spot(found[0], skip, stop, "fuzz", fuzz)
        if len(found) > 1:
            return Miss(there=False, reason=f"with fuzz {fuzz} it fits {len(found)} places")
    return Miss(
        there=False, reason="its lines were not found", nearest=_nearest(lines, keys, hunk, stated)
    )


def _context(hunk: Hunk) -> tuple[int, int]:
    """Lines of context before the first and behind the last change."""
    tags = [tag for tag, _ in hunk.lines]
    changed = [i for i, tag in enumerate(tags) if tag != " "]
    return (changed[0], len(tags) - 1 - changed[-1]) if changed else (len(tags), 0)


def _anchored(at: int, size: int, total: int, lead: int, tail: int) -> bool:
    # A hunk with full context on one side and less on the other was cut by an end of the text.
    if max(lead, tail) < FULL_CONTEXT:
        return True
    if lead < tail:
        return at == 0
    return at + size == total if tail < lead else True


def _matches(keys: list[str], wanted: list[str], least: int) -> list[int]:
    if not wanted:
        return []
    # The first line that is not blank tells most places apart.
    pivot = next((i for i, text in enumerate(wanted) if text), 0)
    return [
        i - pivot
        for i in range(least + pivot, len(keys) - len(wanted) + pivot + 1)
        if keys[i] == wanted[pivot] and keys[i - pivot : i - pivot + len(wanted)] == wanted
    ]


def _key(text: str, *, is_header: bool = True) -> str:
    kind = percent.kind_of(text) if is_header else None
    return percent.header(kind) if kind else text.rstrip()


def _cell_at(lines: Sequence[Line], start: int, end: int, cell: str) -> bool:
    return bool(cell) and any(head.id == cell for head in heads(lines, start, end))


def heads(lines: Sequence[Line], start: int, end: int) -> list[Cell]:
    """The cells that hold the lines from ``start`` to before ``end``."""
    first = next((i for i in range(start, -1, -1) if i < len(lines) and lines[i].head), start)
    stretch = lines[first : max(end, start + 1)]
    return [line.head for line in stretch if line.head is not None]


def _nearest(lines: Sequence[Line], keys: list[str], hunk: Hunk, stated: int) -> str | None:
    """The line most like the one to be removed, or like the context, for a person to look at."""
    wanted = max((text for tag, text in hunk.lines if tag == "-"), key=len, default="")
    wanted = wanted.strip() or max(hunk.old, key=len, default="")
    near = difflib.get_close_matches(wanted, dict.fromkeys(key for key in keys if key), n=1)
    if not near:
        return None
    at = min((i for i, key in enumerate(keys) if key == near[0]), key=lambda i: abs(i - stated))
    inside = heads(lines, at, at + 1)
    return f"{inside[0].id if inside else '?'}: {near[0].strip()}"
