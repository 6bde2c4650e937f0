"""Fenced blocks in the lines of a reply: as CommonMark has them, and as models write them.

CommonMark's own rules would lose code that a person sees at once: a fence right behind a line of
HTML, behind text, with a zero-width character before it, or with a fence inside one of its strings.
Each line is looked at a fixed number of times, so that no reply takes more than its share.
"""

from __future__ import annotations

import ast
import re
from collections import deque
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from harness.notebooks import magics, syntax
from harness.notebooks.marks import (
    BLANK,
    PYTHON,
    Opening,
    behind,
    closes,
    dedented,
    inside,
    language,
    opening,
)
from harness.records import Found

MARKDOWN = {"markdown", "md"}
# Strings on one line, their opening marks where they span lines, and comments.
STRING = re.compile(r"""#.*|'{3}|"{3}|"(?:\\.|[^"\\])*(?:"|\\?$)|'(?:\\.|[^'\\])*(?:'|\\?$)""")
SPANNING = {mark: re.compile(rf"\\.|{mark}") for mark in ("'''", '"""')}
MOST_TRIES = 200  # pieces of one reply that are tried as code when a fence looks broken
MOST_TRIED = 300_000  # characters of them
MOST_UNPAIRED = 50  # fences behind text that never close, and so are none


class Fence(NamedTuple):
    """A fenced block: lines ``first`` to ``end`` of a reply, of which ``end`` is behind it."""

    first: int
    end: int
    info: str
    lines: list[str]  # what it holds, without the indentation of the fence
    unclosed: bool = False
    found: Found | None = None
    before: str = ""  # text on the opening line
    behind: str = ""  # text on the closing line

    @property
    def language(self) -> str:
        """The first word behind the opening marks, in lower case."""
        return language(self.info)

    @property
    def source(self) -> str:
        """What it holds, without blank lines at its end."""
        return "\n".join(self.lines).rstrip("\n")


def fences(lines: Sequence[str]) -> Iterator[Fence]:
    """The outermost fences, in order; none of those in HTML comments."""
    return Scanner(lines).fences()


def left_open(lines: Sequence[str]) -> str:
    """The marks that would close the last fence, where nothing does; else nothing."""
    last = next(iter(deque(fences(lines), maxlen=1)), None)
    opened = opening(lines[last.first]) if last is not None and last.unclosed else None
    return opened.mark * opened.size if opened else ""


class Scanner:
    """Finds fences in lines, which may lose what lies before the place that is asked for."""

    def __init__(self, lines: Sequence[str]) -> None:
        self.lines = lines
        self.tries = 0
        self.tried = 0
        self.unpaired = 0
        self.comment_ends = True

    def fences(self) -> Iterator[Fence]:
        """All fences, in order."""
        at = 0
        while at < len(self.lines):
            if found := self.fence_at(at):
                yield found
                at = found.end
            else:
                at = self._behind_comment(at)

    def fence_at(self, at: int) -> Fence | None:
        """The fence that opens at a line, which stands in no other one."""
        opened = opening(self.lines[at])
        return self._fence(at, opened) if opened else None

    def _behind_comment(self, at: int) -> int:
        """The next line to look at, behind a comment where one begins."""
        if not self.comment_ends or not self.lines[at].lstrip(BLANK).startswith("<!--"):
            return at + 1
        for row in range(at, len(self.lines)):
            if "-->" in self.lines[row]:
                return row + 1
        self.comment_ends = False
        return at + 1

    def _fence(self, at: int, opened: Opening) -> Fence | None:
        """The fence that opens at a line; None where it is only text that looks like one."""
        if opened.before and self.unpaired > MOST_UNPAIRED:
            return None
        end, closed = self._first_end(at + 1, opened)
        first = self._made(at, opened, end, closed)
        if opened.before:
            self.unpaired += not closed
            return first._replace(found=Found.BEHIND_TEXT) if closed else None
        if first.language in MARKDOWN or _holds_no_python(first):
            return self._nested(at, opened, first) or first
        if first.language not in PYTHON and first.language:
            return first
        if not self._may_try(first.source) or syntax.tree(first.source) is not None:
            return first
        return self._mended(at, opened, first) or first

    def _first_end(self, start: int, opened: Opening) -> tuple[int, bool]:
        """The line that ends a fence, and whether it closes it."""
        for row in range(start, len(self.lines)):
            text, column = inside(self.lines[row], opened)
            if text is None:
                return row, False
            if closes(text, column, opened):
                return row, True
        return len(self.lines), False

    def _made(self, at: int, opened: Opening, end: int, closed: bool) -> Fence:
        held = [dedented(line, opened) for line in self.lines[at + 1 : end]]
        info, code = _code_of(opened.info)
        held = [code, *held] if code else held
        tag = behind(self.lines[end], opened) if closed else ""
        return Fence(at, end + closed, info, held, not closed, None, opened.before, tag)

    def _nested(self, at: int, opened: Opening, first: Fence) -> Fence | None:
        """A fence around text that has fences of its own, up to the end that is left for it."""
        depth = 0
        if self.tried > MOST_TRIED:
            return None
        for row in range(at + 1, len(self.lines)):
            self.tried += len(self.lines[row])
            inner = opening(self.lines[row])
            if inner is None or inner.before or inner.mark != opened.mark:
                continue
            if inner.size < opened.size:
                continue
            if inner.info:
                depth += 1
            elif depth:
                depth -= 1
            else:
                found = Found.INNER_FENCE if row >= first.end else None
                return self._made(at, opened, row, True)._replace(found=found)
        return None

    def _mended(self, at: int, opened: Opening, first: Fence) -> Fence | None:
        """A fence whose first end leaves no Python: one with another end that does."""
        string = None  # the marks of a string that is open
        ended = False  # behind the first end
        for row in range(at + 1, len(self.lines)):
            self.tried += len(self.lines[row])
            text, column = inside(self.lines[row], opened)
            if text is None or not self._may_try(""):
                return None
            if closes(text, column, opened):
                if string is None and not ended:
                    return None
                if string is None and (found := self._parsing(at, opened, row)):
                    return found._replace(found=Found.INNER_FENCE)
                ended = True
            elif string is None and not ended and (found := self._ragged(at, opened, row, text)):
                return found
            string = _string_at_end(self.lines[row], string)
        return None

    def _parsing(self, at: int, opened: Opening, end: int) -> Fence | None:
        found = self._made(at, opened, end, True)
        self.tries += 1
        if self._may_try(found.source) and syntax.tree(found.source) is not None:
            return found
        return None

    def _ragged(self, at: int, opened: Opening, row: int, text: str) -> Fence | None:
        """An end with text before it or behind it, or a next fence where an end was forgotten."""
        marks = opened.mark * opened.size
        if marks not in text:
            return None
        text = text.strip(BLANK)
        if text.startswith(marks):
            rest = text.strip(opened.mark).strip(BLANK)
            if language(rest) in PYTHON:
                return self._made(at, opened, row, False)
            if found := self._parsing(at, opened, row):
                return found._replace(found=Found.RAGGED, behind=rest)
        elif text.endswith(marks) and (found := self._parsing(at, opened, row)):
            last = dedented(self.lines[row], opened).rstrip(BLANK).rstrip(opened.mark)
            longer = found._replace(lines=[*found.lines, last], found=Found.RAGGED)
            return longer if syntax.tree(longer.source) is not None else None
        return None

    def _may_try(self, source: str) -> bool:
        self.tried += len(source)
        return self.tries < MOST_TRIES and self.tried < MOST_TRIED


def _code_of(info: str) -> tuple[str, str]:
    """What stands behind the opening marks, parted from code that was put on their line."""
    name, _, rest = info.partition(" ")
    module = magics.plain_python(rest.strip()) if language(name) in PYTHON and rest else None
    first = module.body[0] if module is not None and module.body else None
    calls = isinstance(first, ast.Expr) and isinstance(first.value, ast.Call)
    is_code = calls or isinstance(first, ast.Import | ast.ImportFrom)
    return (name, rest.strip()) if is_code else (info, "")


def _holds_no_python(fence: Fence) -> bool:
    """Whether a Python fence is a ``%%writefile`` and the like, which may hold any text."""
    if fence.language not in PYTHON and fence.language:
        return False
    at = magics.cell_magic(fence.lines)
    words = fence.lines[at][2:].split() if at is not None else []
    return bool(words) and words[0] not in magics.PYTHON_CELL_MAGICS


def _string_at_end(line: str, inside: str | None) -> str | None:
    """The marks of the string that is open behind a line of Python, given those before it."""
    at = 0
    while True:
        if inside is not None:
            ends = (
                found for found in SPANNING[inside].finditer(line, at) if found.group() == inside
            )
            end = next(ends, None)
            if end is None:
                return inside
            inside, at = None, end.end()
        found = STRING.search(line, at)
        while found is not None and found.group() not in SPANNING:
            found = STRING.search(line, found.end())
        if found is None:
            return None
        inside, at = found.group(), found.end()
