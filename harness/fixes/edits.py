"""What turns one notebook into another, as the hunks of fixes.

Each coherent change, a hunk of a cell or a cell that came or went, becomes one hunk of its own,
written against the text in which all earlier ones are applied. So the raw notebook with every fix
gives the edited one back.
"""

from __future__ import annotations

import bisect
import difflib
from collections import Counter
from collections.abc import Iterator, Sequence
from itertools import zip_longest
from typing import NamedTuple

from harness.fixes import attribution, generalise
from harness.notebooks import percent
from harness.notebooks.notebook import Notebook
from harness.records import Cell, Rule

CONTEXT = 3  # lines around a change, as diff -u
MOSTLY = 0.5  # share of a cell's lines from which on it was split off, or joined
ALIKE = 0.5  # from which on two cells without a common id are one cell, edited

Edit = tuple[int, int, list[str]]  # first line, line behind the last, new lines
Pair = tuple[Cell | None, Cell | None]


class Found(NamedTuple):
    """One change: a hunk as text, its cell, and the rule that says the same, where there is one."""

    hunk: str
    cell: str
    rule: Rule | None


class Operation(NamedTuple):
    """One coherent change, and in it the stretches of lines that differ."""

    name: str  # of the cell
    edits: list[Edit]  # in the coordinates of the text before any change
    at: int = 0  # where the cell's own lines begin there
    old: Cell | None = None  # set with ``new`` where a code cell was changed in place
    new: Cell | None = None

    def split(self) -> list[Operation]:
        """A change for each stretch of lines; itself where it is but one."""
        if self.old is None:
            return [Operation(self.name, [edit], self.at) for edit in self.edits]
        own = [[(start - self.at, end - self.at, new)] for start, end, new in self.edits]
        return list(_steps(self.old, own, self.at))


class Unfolding:
    """The patched notebook on its way to the edited one: changes are applied, or left out."""

    def __init__(self, patched: Notebook) -> None:
        self._texts = [line.text for line in patched.lines]
        self._cells = list(patched.cells)
        self._shift = 0

    def look(self, change: Operation) -> Found:
        """A change as it would be written now. Changes are looked at from top to bottom."""
        rule = None
        if change.old is not None and change.new is not None:
            rule = generalise.rule(self._cells, change.old, change.new)
        return Found(_hunk(self._texts, self._moved(change), change.name), change.name, rule)

    def apply(self, change: Operation) -> None:
        """Take a change over."""
        for start, end, new in reversed(self._moved(change)):
            self._texts[start:end] = new
            self._shift += len(new) - (end - start)
        if change.old is not None and change.new is not None:
            old, new_cell = change.old, change.new
            self._cells = [new_cell if cell.id == old.id else cell for cell in self._cells]

    def with_change(self, change: Operation) -> Notebook:
        """What would be written with one more change; the cells have ids of their own."""
        texts = list(self._texts)
        for start, end, new in reversed(self._moved(change)):
            texts[start:end] = new
        return Notebook(tuple(percent.cells_of(attribution.opened(texts))))

    def _moved(self, change: Operation) -> list[Edit]:
        return [(a + self._shift, b + self._shift, new) for a, b, new in change.edits]


def operations(patched: Notebook, edited: Notebook) -> list[Operation]:
    """What turns the patched notebook into the edited one, from top to bottom."""
    return list(_operations(patched.cells, edited.cells))


def changes(patched: Notebook, edited: Notebook) -> list[Found]:
    """All of it as hunks, each against the text in which those before it are applied."""
    unfolding = Unfolding(patched)
    found = []
    for change in operations(patched, edited):
        found.append(unfolding.look(change))
        unfolding.apply(change)
    return found


def _operations(before: Sequence[Cell], edited: Sequence[Cell]) -> Iterator[Operation]:
    at = 0
    for group in _groups(pairs(before, edited)):
        olds = [old for old, _ in group if old is not None]
        news = [new for _, new in group if new is not None]
        own, texts = _block(olds), _block(news)
        name = (olds or news)[0].id
        if len(olds) == len(news) == 1 and olds[0].kind == news[0].kind:
            if own[0] != texts[0]:  # something else is attached to it
                yield Operation(name, [(at, at + 1, texts[:1])])
            yield from _inside(olds[0], news[0], at + 1)
        elif len(olds) + len(news) < len(group) + 1:
            yield Operation(name, [(at, at + len(own), texts)])
        else:  # split or joined: what stays of the text is no change
            moved = [(a + at, b + at, new) for a, b, new in attribution.edits(own, texts)]
            yield Operation(name, moved)
        at += len(own)


def _groups(matched: Sequence[Pair]) -> Iterator[list[Pair]]:
    """Pairs that are one coherent change: a cell, a split, two joined, one in another's place."""
    i = 0
    while i < len(matched):
        (old, new), rest = matched[i], matched[i + 1 : i + 2]
        following = rest[0] if rest else (None, None)
        is_split = old and new and following[0] is None and following[1] is not None
        is_joined = old and new and following[1] is None and following[0] is not None
        is_replaced = new is None and following[0] is None and following[1] is not None
        extra = [cell for cell in following if cell is not None]
        if is_replaced or (
            old and new and (is_split or is_joined) and _moved_lines(old, new, extra[0])
        ):
            yield [matched[i], following]
            i += 2
        else:
            yield [matched[i]]
            i += 1


def _moved_lines(old: Cell, new: Cell, other: Cell) -> bool:
    """Whether a cell was split or joined: most lines of ``other`` are missing on one side."""
    if not old.kind == new.kind == other.kind:
        return False
    sides = Counter(old.source.split("\n")), Counter(new.source.split("\n"))
    between = (sides[0] - sides[1]) + (sides[1] - sides[0])
    lines = Counter(line for line in other.source.split("\n") if line.strip())
    return (lines & between).total() > MOSTLY * lines.total()


def _block(cells: Sequence[Cell]) -> list[str]:
    return [line.text for line in percent.lines_of(cells)]


def _inside(old: Cell, new: Cell, at: int) -> Iterator[Operation]:
    edits = attribution.edits(percent.encode(old), percent.encode(new))
    groups: list[list[Edit]] = []
    for edit in edits:
        if groups and edit[0] - groups[-1][-1][1] <= 2 * CONTEXT:
            groups[-1].append(edit)
        else:
            groups.append([edit])
    yield from _steps(old, groups, at)


def _steps(old: Cell, groups: Sequence[list[Edit]], at: int) -> Iterator[Operation]:
    """A change for each group of edits of one cell, whose own lines begin at ``at``."""
    lines, shift = percent.encode(old), 0
    current = old
    for group in groups:
        for start, end, texts in reversed(group):
            lines[start + shift : end + shift] = texts
        shift += sum(len(texts) - (end - start) for start, end, texts in group)
        after = old.model_copy(update={"source": percent.decode(old.kind, lines)})
        moved = [(start + at, end + at, texts) for start, end, texts in group]
        is_code = old.kind == "code"
        yield Operation(old.id, moved, at, current if is_code else None, after if is_code else None)
        current = after


def pairs(before: Sequence[Cell], edited: Sequence[Cell]) -> list[Pair]:
    """Which edited cell was which: by id where the order kept, else by what is written in it."""
    position = {cell.id: i for i, cell in enumerate(before)}
    same = [
        (position[cell.id], j)
        for j, cell in enumerate(edited)
        if cell.id in position and before[position[cell.id]].kind == cell.kind
    ]
    found: list[Pair] = []
    i = j = 0
    for a, b in [*_longest_rising(same), (len(before), len(edited))]:
        found += _by_content(before[i:a], edited[j:b])
        if a < len(before):
            found.append((before[a], edited[b]))
        i, j = a + 1, b + 1
    return found


def _longest_rising(same: Sequence[tuple[int, int]]) -> list[tuple[int, int]]:
    """The longest run of pairs that rises in both numbers; a cell outside it was moved."""
    tops: list[int] = []
    ends: list[int] = []
    back: list[int | None] = []
    for n, (a, _) in enumerate(same):
        place = bisect.bisect_left(tops, a)
        back.append(ends[place - 1] if place else None)
        tops[place : place + 1] = [a]
        ends[place : place + 1] = [n]
    chain: list[tuple[int, int]] = []
    at = ends[-1] if ends else None
    while at is not None:
        chain.append(same[at])
        at = back[at]
    return chain[::-1]


def _by_content(old: Sequence[Cell], new: Sequence[Cell]) -> Iterator[Pair]:
    keys, others = ([(cell.kind, cell.source) for cell in cells] for cells in (old, new))
    if len(old) * len(new) > attribution.MOST_PAIRS:
        yield from zip_longest(old, new)
        return
    for tag, a, b, c, d in difflib.SequenceMatcher(None, keys, others, False).get_opcodes():
        left, right = list(old[a:b]), list(new[c:d])
        if tag == "equal":
            yield from zip(left, right, strict=True)
            continue
        while left and right and _alike(left[0], right[0]):
            yield left.pop(0), right.pop(0)
        yield from ((cell, None) for cell in left)
        yield from ((None, cell) for cell in right)


def _alike(old: Cell, new: Cell) -> bool:
    matcher = difflib.SequenceMatcher(None, old.source.split("\n"), new.source.split("\n"))
    return (old.kind == new.kind and old.id == new.id) or (
        old.kind == new.kind and matcher.quick_ratio() >= ALIKE and matcher.ratio() >= ALIKE
    )


def _hunk(texts: Sequence[str], edits: Sequence[Edit], cell: str) -> str:
    low = max(edits[0][0] - CONTEXT, 0)
    high = min(edits[-1][1] + CONTEXT, len(texts))
    lines: list[str] = []
    at, grown = low, 0
    for start, end, new in edits:
        lines += [f" {text}" for text in texts[at:start]]
        lines += [f"-{text}" for text in texts[start:end]]
        lines += [f"+{text}" for text in new]
        at, grown = end, grown + len(new) - (end - start)
    lines += [f" {text}" for text in texts[at:high]]
    size = high - low
    head = f"@@ -{low + 1},{size} +{low + 1},{size + grown} @@ {cell}"
    return "\n".join([head, *lines])
