"""A statement, or a file that a cell writes, as a tree whose places are characters of the cell."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from functools import lru_cache

from harness.notebooks import magics, syntax
from harness.steering.guards.support import closing
from harness.steering.guards.support.closing import Closed
from harness.steering.guards.support.code import Code

WRITES_FILE = re.compile(
    r"[ \t\n]*%%(?:writefile|file)[ \t]+(?:-a[ \t]+)?['\"]?[^\s'\"]+\.py['\"]?[ \t]*\n"
)
LONGEST = 100_000  # characters of a statement that are looked at
FUNCTIONS = (ast.FunctionDef, ast.AsyncFunctionDef)
DEFINITIONS = (*FUNCTIONS, ast.ClassDef)
COMPREHENSIONS = (ast.ListComp, ast.SetComp, ast.DictComp, ast.GeneratorExp)
BLOCKS = (ast.For, ast.AsyncFor, ast.While, ast.If, ast.With, ast.AsyncWith, ast.Try, ast.Match)
TESTS = re.compile(r"\b(?:hasattr|getattr|isinstance|dir|vars|globals|locals|__version__)\b")


class Statement:
    """What is judged: a tree, where its nodes are, and what stands around them."""

    def __init__(self, code: Code, offset: int, source: str, tree: ast.Module) -> None:
        self.code = code
        self.source = source
        self.tree = tree
        self.is_file = offset != code.start or WRITES_FILE.match(code.cell) is not None
        self.closed: Closed | None = None  # where it is still being written
        self._offset = offset
        self._lines = _line_starts(source)
        self.parents: dict[ast.AST, ast.AST] = {}
        self.nodes: list[ast.AST] = []
        pending: list[ast.AST] = [tree]
        while pending:
            node = pending.pop()
            self.nodes.append(node)
            for child in ast.iter_child_nodes(node):
                self.parents[child] = node
                pending.append(child)
        self.is_simple = (
            not self.is_file
            and len(tree.body) == 1
            and not isinstance(tree.body[0], (*BLOCKS, *DEFINITIONS))
        )

    def at(self, line: int, column: int) -> int:
        """Characters of the cell before a place of the tree."""
        start, end = self._lines[line - 1], self._lines[line]
        text = self.source[start:end].encode()[:column]
        return self._offset + start + len(text.decode(errors="replace"))

    def span(self, node: ast.expr | ast.keyword | ast.alias) -> tuple[int, int]:
        """Where a node begins and ends, in characters of the cell."""
        last, end = node.end_lineno or node.lineno, node.end_col_offset or 0
        return self.at(node.lineno, node.col_offset), self.at(last, end)

    def inner(self, node: ast.Constant) -> tuple[int, int] | None:
        """Where a constant's text stands between its quotes; None where it is no plain one."""
        at, end = self.span(node)
        text = self.code.cell[at:end] if self.closed is None else self.source[at - self._offset :]
        text = text[: end - at]
        if len(text) < 2 or text[0] not in "'\"" or text[-1] != text[0] or text[1:-1] != node.value:
            return None
        return at + 1, end - 1

    def is_tail(self, at: int) -> bool:
        """Whether what begins there is to be judged: all, or only what is being written."""
        return self.closed is None or at == self._offset + self.closed.tail.at

    def begins_line(self, node: ast.expr) -> bool:
        """Whether nothing stands before a node that makes it something to be read."""
        start = self.at(node.lineno, node.col_offset)
        before = self.code.cell[self.code.start : start].rpartition("\n")[2]
        open_before = self.closed is not None and any(
            self._offset + at < start for at in self.closed.opened
        )
        reads = re.search(
            r"(?<![=!<>])=(?!=)|\b(?:return|if|while|elif|print|in|assert|raise)\b", before
        )
        return not open_before and reads is None

    def above(self, node: ast.AST) -> Iterator[tuple[ast.AST, ast.AST]]:
        """The way from a node to the root: each child with its parent."""
        while (parent := self.parents.get(node)) is not None:
            yield node, parent
            node = parent

    def is_deferred(self, node: ast.AST) -> bool:
        """Whether it is in the body of a function, and so runs later, if at all."""
        return any(
            isinstance(parent, FUNCTIONS) and child in parent.body
            for child, parent in self.above(node)
        )

    def is_lambda(self, node: ast.AST) -> bool:
        """Whether it is in the body of a lambda."""
        return any(
            isinstance(parent, ast.Lambda) and child is parent.body
            for child, parent in self.above(node)
        )

    def is_caught(self, node: ast.AST) -> bool:
        """Whether the code expects that it may fail: in a ``try``, or after asking for it."""
        return any(_expects(child, parent) for child, parent in self.above(node))

    def is_conditional(self, node: ast.AST) -> bool:
        """Whether it runs only in some cases, which nobody knows here."""
        return any(
            (isinstance(parent, ast.If | ast.While | ast.IfExp) and child is not parent.test)
            or (isinstance(parent, ast.BoolOp) and child is not parent.values[0])
            or isinstance(parent, ast.Try | ast.Match | ast.ExceptHandler)
            or (isinstance(parent, COMPREHENSIONS) and _asks(parent))
            for child, parent in self.above(node)
        )


def read(code: Code) -> Statement | None:
    """The statement of ``code``; None where it is no Python, or where its tail says nothing yet."""
    return _read_whole(code) if code.complete else _read_tail(code)


@lru_cache(maxsize=4)
def _read_whole(code: Code) -> Statement | None:
    offset, source = _source(code)
    if source is None or len(source) > LONGEST:
        return None
    tree = syntax.tree(source)
    return None if tree is None else Statement(code, offset, source, tree)


@lru_cache(maxsize=4)
def _read_tail(code: Code) -> Statement | None:
    if closing.tail_of(code.cell[-closing.LONGEST_TAIL :]) is None:
        return None
    offset, source = _source(code)
    if source is None or len(source) > LONGEST or len(code.cell) <= offset:
        return None
    closed = closing.closed(source)
    if closed is None:
        return None
    last = closed.source.rpartition("\n")[2]
    if last.lstrip().startswith(("!", "%")):
        return None
    for end in ("", ": pass", "\n" + last[: len(last) - len(last.lstrip())] + "def f(): pass"):
        tree = magics.plain_python(magics.inert(closed.source + end))
        if tree is not None:
            found = Statement(code, offset, closed.source + end, tree)
            found.closed = closed
            return found
    return None


def _source(code: Code) -> tuple[int, str | None]:
    """What is to be read, and the characters of the cell before it."""
    if (opening := WRITES_FILE.match(code.cell)) is not None:
        # All of a file that is written is read, for its parts belong together.
        return opening.end(), code.cell[opening.end() :]
    lines = code.cell[:200].split("\n")
    first = magics.cell_magic(lines)
    if first is not None:
        words = lines[first][2:].split()
        if not words or words[0] not in magics.PYTHON_CELL_MAGICS:
            return code.start, None
        if code.cell[code.start :].lstrip().startswith("%%"):
            begin = code.cell.index("\n", code.cell.index("%%")) + 1 if "\n" in code.cell else -1
            return (begin, code.cell[begin:]) if begin > 0 else (code.start, None)
    return code.start, code.cell[code.start :]


def _expects(child: ast.AST, parent: ast.AST) -> bool:
    if isinstance(parent, ast.Try):
        return bool(parent.handlers) and child in parent.body
    if isinstance(parent, ast.If | ast.While | ast.IfExp):
        return child is not parent.test and TESTS.search(ast.unparse(parent.test)) is not None
    if isinstance(parent, ast.BoolOp):
        return TESTS.search(ast.unparse(parent)) is not None
    if isinstance(parent, ast.With | ast.AsyncWith) and child in parent.body:
        return any("suppress" in ast.unparse(one.context_expr) for one in parent.items)
    return False


def _asks(node: ast.AST) -> bool:
    return any(one.ifs for one in getattr(node, "generators", ()))


def _line_starts(source: str) -> list[int]:
    starts = [0]
    for line in source.split("\n"):
        starts.append(starts[-1] + len(line) + 1)
    return starts
