"""A notebook's text on its way from raw to patched, with who wrote and who removed each line.

Such a text can be stored as changes against the raw notebook, and made again from them.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import count

from harness.errors import EditedError
from harness.notebooks import percent, stored
from harness.notebooks.notebook import Notebook
from harness.notebooks.percent import Line
from harness.records import AddedLine, Cell, Change, Run

MOST_PAIRS = 1_000_000  # of lines; beyond it a stretch is replaced as a whole


@dataclass(frozen=True)
class AttributedText:
    """What fixes made of the ``raw`` notebook.

    Each line says whether it is the model's or which fix wrote it; ``removed`` maps indices of the
    raw text to the fix that took the line out.
    """

    raw: Notebook
    lines: tuple[Line, ...]
    removed: Mapping[int, str]

    @cached_property
    def notebook(self) -> Notebook:
        """What is written in it. Raises ValueError where a line stands before the first cell."""
        return Notebook(tuple(percent.cells_of(self.lines)))

    @cached_property
    def changes(self) -> tuple[Change, ...]:
        """All that differs from the raw text."""
        found: list[Change] = []
        added: list[AddedLine] = []
        at = 0
        for line in (*self.lines, Line("", raw=len(self.raw.lines))):
            if line.raw is None:
                opens = line.head.id if line.head is not None else None
                added.append(AddedLine(fix=line.fix or "", text=line.text, opens=opens))
                continue
            if added or line.raw > at:
                removed = tuple(self.removed[i] for i in range(at, line.raw))
                found.append(Change(at=at, removed=removed, added=tuple(added)))
                added = []
            at = line.raw + 1
        return tuple(found)

    def replace(self, start: int, end: int, texts: Sequence[str], fix: str) -> AttributedText:
        """The text with its lines from ``start`` to before ``end`` replaced by what ``fix`` writes.

        Added header lines open new cells, whose ids are the fix's and a number.
        """
        gone = {line.raw: fix for line in self.lines[start:end] if line.raw is not None}
        taken = {line.head.id for line in self.lines if line.head is not None}
        free = (name for n in count(1) if (name := f"{fix}-{n}") not in taken)
        added = [
            AddedLine(fix=fix, text=text, opens=next(free) if percent.kind_of(text) else None)
            for text in texts
        ]
        before, after = self.lines[:start], self.lines[end:]
        lines = (*before, *_written(before, added), *after)
        return AttributedText(self.raw, lines, {**self.removed, **gone})


def begin(raw: Notebook) -> AttributedText:
    """The raw notebook, untouched."""
    return AttributedText(raw, raw.lines, {})


def of_run(run: Run) -> AttributedText:
    """The patched text of a stored run; what the model wrote where nothing was patched.

    Its ``raw`` is what the fixes were applied to: the repaired notebook where there is one. Raises
    EditedError where that was not executed.
    """
    return again(stored.base(run).notebook, run.patched.changes if run.patched else ())


def again(raw: Notebook, changes: Iterable[Change]) -> AttributedText:
    """The text that ``changes`` were taken from. Raises EditedError where they do not fit."""
    lines: list[Line] = []
    removed: dict[int, str] = {}
    at = 0
    for change in changes:
        end = change.at + len(change.removed)
        if not at <= change.at <= end <= len(raw.lines):
            raise EditedError(
                "the changes by fixes that its record tells of are of another notebook",
                "Apply the fixes again: harness patch RUN",
            )
        lines += raw.lines[at : change.at]
        lines += _written(lines, change.added)
        removed |= dict(zip(range(change.at, end), change.removed, strict=True))
        at = end
    return AttributedText(raw, (*lines, *raw.lines[at:]), removed)


def edits(before: Sequence[str], after: Sequence[str]) -> list[tuple[int, int, list[str]]]:
    """What turns ``before`` into ``after``: (first line, line behind the last, new lines)."""
    # The ends that both share cost nothing; what is left between them is quadratic at worst.
    shorter = min(len(before), len(after))
    head = next((i for i in range(shorter) if before[i] != after[i]), shorter)
    most = shorter - head
    tail = next((i for i in range(most) if before[-1 - i] != after[-1 - i]), most)
    old, new = before[head : len(before) - tail], after[head : len(after) - tail]
    if len(old) * len(new) > MOST_PAIRS:
        return [(head, head + len(old), list(new))]
    matcher = difflib.SequenceMatcher(None, old, new, autojunk=False)
    return [
        (head + a, head + b, list(new[c:d]))
        for tag, a, b, c, d in matcher.get_opcodes()
        if tag != "equal"
    ]


def opened(texts: Iterable[str]) -> list[Line]:
    """A text by itself: each line that looks like a header opens a cell."""
    added = [
        AddedLine(fix="000-none", text=text, opens=f"cell-{i}" if percent.kind_of(text) else None)
        for i, text in enumerate(texts)
    ]
    return _written([], added)


def _written(before: Sequence[Line], added: Iterable[AddedLine]) -> list[Line]:
    step = next((line.head.step for line in reversed(before) if line.head is not None), "start")
    lines: list[Line] = []
    for one in added:
        head = None
        if one.opens is not None:
            kind = percent.kind_of(one.text) or "code"
            head = Cell(
                id=one.opens,
                kind=kind,
                source="",
                step=step,
                origin="fix",
                attachments=percent.attachments_of(one.text),
            )
        lines.append(Line(one.text, head, fix=one.fix))
    return lines
