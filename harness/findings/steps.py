"""A step as its reader has it: what was asked, what was said, and the code."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property

from harness.findings import places, quiet
from harness.findings.places import Span
from harness.findings.subject import Subject
from harness.notebooks import comments, syntax
from harness.records import Cell

LONGEST = 60_000  # characters of a cell that is looked at; what is longer is no work of a step
MOST_REMARKS = 300  # of a cell
FENCE = re.compile(r"^[ \t>]*(`{3,}|~{3,})", re.MULTILINE)
# Code, commands and differences that stand in no fence; items of lists may be indented.
CODE_LINE = re.compile(
    r"(?: {4}|\t)\s*(?![-*+\d\s])|\s*(?:\$ |>>> |\.\.\. |import \w|from \w+ import|Traceback )"
    r"|(?:[+-]{3} |[+-](?=[a-z]))"
)
# Also before items of lists, headings and rows of tables; other lines may only be wrapped.
SENTENCE_END = re.compile(r"(?<=[.!?])\s+|\n\s*\n|\n(?=[ \t]*(?:[-*+#|>]|\d{1,3}[.)] ))")
QUOTED = re.compile(r"^> ?(.*)", re.MULTILINE)
WORD = re.compile(r"[^\W\d]\w*")


@dataclass(frozen=True)
class Remark:
    """A sentence of the prose, or a comment, and where it begins in its cell."""

    cell: str
    source: str
    start: int
    text: str
    in_code: bool

    def span(self, start: int = 0, end: int | None = None) -> Span:
        """The place of a part of its text; of all of it by default."""
        end = len(self.text) if end is None else end
        return places.of_text(self.source, self.start + start, self.start + end)


@dataclass(frozen=True)
class Code:
    """A code cell. Its comments are no part of ``bare``, where all else keeps its place."""

    cell: str
    source: str

    @cached_property
    def file(self) -> str | None:
        """The file that it writes by its magic; None: it runs in the kernel."""
        return comments.file_of(self.source)

    @cached_property
    def comments(self) -> tuple[comments.Comment, ...]:
        """Those that are remarks; code that was put out of use is none."""
        found = comments.of(self.source)[:MOST_REMARKS]
        return tuple(one for one in found if one.text.strip() and not one.is_code)

    @cached_property
    def bare(self) -> str:
        """The code without comments, also without those that hold code."""
        return comments.blanked(self.source, comments.of(self.source))

    @cached_property
    def acting(self) -> str:
        """The same without what it only tells its reader; all else keeps its place."""
        return quiet.blanked(self.bare)

    @cached_property
    def tree(self) -> ast.Module | None:
        """Its syntax tree up to where it is broken, also of Python that it writes into a file."""
        if self.file is None:
            return syntax.tree_before_break(self.source)
        is_python = self.file.endswith(".py")
        return syntax.tree_before_break(comments.body(self.source)) if is_python else None

    @cached_property
    def nodes(self) -> tuple[ast.AST, ...]:
        """All nodes of its tree."""
        return tuple(ast.walk(self.tree)) if self.tree is not None else ()


@dataclass(frozen=True)
class Step:
    """One step. ``before`` is the code of the steps before it, in their order."""

    name: str
    asked: str
    prompt: Cell | None
    prose: tuple[Cell, ...]
    code: tuple[Code, ...]
    before: tuple[Code, ...]

    @cached_property
    def remarks(self) -> tuple[Remark, ...]:
        """The sentences of the prose, then the comments."""
        said = [one for cell in self.prose for one in _sentences(cell)]
        noted = [
            Remark(code.cell, code.source, one.start, one.text, True)
            for code in self.code
            for one in code.comments
        ]
        return (*said, *noted)

    @cached_property
    def told(self) -> tuple[Remark, ...]:
        """The remarks, and the sentences of docstrings, which tell what code does as well."""
        noted = [
            Remark(code.cell, code.source, start + at, text, True)
            for code in self.code
            for start, docstring in quiet.docstrings(code.bare)
            for at, text in _parts(docstring)
        ]
        return (*self.remarks, *noted[:MOST_REMARKS])

    def block(self, remark: Remark) -> tuple[int, int] | None:
        """The lines of a comment's cell up to the next that stands as far left; prose has none.

        The end is the first line that is not in it. A docstring has those of its function.
        """
        if not remark.in_code:
            return None
        code = next(one for one in self.code if one.cell == remark.cell)
        first = code.source.count("\n", 0, remark.start)
        lines, bare = code.source.split("\n"), code.acting.split("\n")
        is_comment = lines[first].lstrip().startswith("#")
        depth = _depth(lines[first])
        any_taken = bool(bare[first].strip(" \t#"))
        for at in range(first + 1, len(lines)):
            if not lines[at].strip():
                continue
            if lines[at].lstrip().startswith("#"):
                if is_comment and _depth(lines[at]) <= depth and any_taken:
                    return first, at
            elif not is_comment and bare[at].strip() and _depth(lines[at]) < depth:
                return first, at
            any_taken = any_taken or bool(bare[at].strip(" \t#"))
        return first, len(lines)

    @cached_property
    def text(self) -> str:
        """Its code without comments."""
        return "\n".join(one.bare for one in self.code)

    @cached_property
    def text_so_far(self) -> str:
        """The same, with that of the steps before it."""
        return "\n".join([*(one.bare for one in self.before), self.text])

    def beside(self, remark: Remark) -> str:
        """What the code between a comment and the next does; beside prose all."""
        lines = self.block(remark)
        if lines is None:
            return self.acting_own
        code = next(one for one in self.code if one.cell == remark.cell)
        return "\n".join(code.acting.split("\n")[slice(*lines)])

    @cached_property
    def acting_own(self) -> str:
        """Its code without what it only tells its reader."""
        return "\n".join(one.acting for one in self.code)

    @cached_property
    def acting(self) -> str:
        """All code so far without what it only tells its reader."""
        return "\n".join(one.acting for one in (*self.before, *self.code))

    @cached_property
    def words(self) -> frozenset[str]:
        """The names and words in all code so far, also those inside strings."""
        return frozenset(WORD.findall(self.text_so_far))


def of(subject: Subject) -> Iterator[Step]:
    """The steps in order; cells that are too long to be anybody's are left out."""
    cells = [one for one in subject.notebook.cells if len(one.source) <= LONGEST]
    before: tuple[Code, ...] = ()
    for name in dict.fromkeys(one.step for one in cells):
        own = [one for one in cells if one.step == name]
        prompt = next((one for one in own if one.origin == "prompt"), None)
        code = tuple(Code(one.id, one.source) for one in own if one.kind == "code")
        yield Step(
            name,
            subject.prompts.get(name) or "\n".join(QUOTED.findall(prompt.source) if prompt else ()),
            prompt,
            tuple(one for one in own if one.kind == "markdown" and one.origin == "prose"),
            code,
            before,
        )
        before = (*before, *code)


def fenced(cell: Cell) -> str:
    """The code, commands and quotations in a cell of prose, with spaces for the prose itself."""
    pairs = zip(cell.source, _without_code(cell.source), strict=True)
    return "".join(" " if one == plain and one != "\n" else one for one, plain in pairs)


def clipped(text: str, longest: int = 80) -> str:
    """``text`` on one line, so that a message stays one."""
    line = " ".join(text[: 4 * longest].split())
    return line if len(line) <= longest else line[: longest - 1] + "…"


def _sentences(cell: Cell) -> Iterator[Remark]:
    for start, text in _parts(_without_code(cell.source)):
        yield Remark(cell.id, cell.source, start, text, False)


def _parts(text: str) -> Iterator[tuple[int, str]]:
    """The sentences of a text, each on one line, and where they start."""
    start = 0
    ends = [(one.start(), one.end()) for one in SENTENCE_END.finditer(text)][:MOST_REMARKS]
    for end, behind in [*ends, (len(text), len(text))]:
        said = text[start:end]
        if said.strip():
            yield start + len(said) - len(said.lstrip()), said.strip().replace("\n", " ")
        start = behind


def _depth(line: str) -> int:
    return len(line) - len(line.lstrip())


def _without_code(text: str) -> str:
    """``text`` with spaces for code; a fence that stays open goes on to the end."""
    parts, at, opened = [], 0, ""
    for line in text.split("\n"):
        mark = FENCE.match(line)
        inside = bool(opened) or mark is not None
        if mark is not None and not opened:
            opened = mark[1]
        elif mark is not None and mark[1].startswith(opened):
            opened = ""
        parts.append(" " * len(line) if inside or CODE_LINE.match(line) else line)
        at += len(line) + 1
    return "\n".join(parts)
