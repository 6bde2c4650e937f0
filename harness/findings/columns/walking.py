"""A notebook walked from top to bottom: what its names stand for before each statement.

What stands in a branch, a loop or a cell that failed may run or not: what it makes is taken to be
there, and what it drops is taken to be still there. Functions are not entered; columns that they
make are taken to be there always.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import NamedTuple

from harness.findings.columns import makers, refused
from harness.findings.columns.holding import Held
from harness.findings.columns.reading import LONGEST_NAME, Reader
from harness.findings.columns.values import (
    NONE,
    element,
)
from harness.findings.running import ran_before
from harness.findings.subject import Subject
from harness.notebooks import syntax
from harness.records import Cell

Block = ast.If | ast.For | ast.AsyncFor | ast.While | ast.Try | ast.With | ast.AsyncWith | ast.Match
FUNCTIONS = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)
MADE = re.compile(r"\[\s*(['\"])([^'\"\n]{1,300})\1\s*\]\s*=(?!=)")
DEEPEST = 20  # blocks within blocks
LONGEST_CELL = 100_000  # characters


class Seen(NamedTuple):
    """A statement that was read, or the head of a block."""

    reader: Reader
    statement: ast.stmt
    cell: Cell
    ran: bool  # whether it surely ran to its end
    caught: bool  # whether what goes wrong in it is caught
    guarded: frozenset[str]  # texts of the conditions that it stands under
    refused: frozenset[str] = NONE  # columns that the kernel did not find in it


@dataclass
class Walk:
    """Reads the cells in order, and yields what it saw."""

    subject: Subject
    loose: set[str] = field(default_factory=set)  # columns that may be made anywhere

    def __post_init__(self) -> None:
        self.held = Held(makers.Tables(self.subject.profile))
        self.refused = NONE  # columns that the kernel did not find in the next statement
        self.splits: list[ast.Assign] = []  # of rows, wherever they stand

    def __iter__(self) -> Iterator[Seen]:
        trees = {cell.id: _tree(cell) for cell in self.subject.notebook.code}
        for cell in self.subject.notebook.code:
            self.loose |= self._made_somewhere(cell, trees[cell.id])
            self.splits += _splits(trees[cell.id])
        step = None
        for cell in self.subject.notebook.code:
            if cell.step != step:
                self.held.observe(self.subject.observations.get(cell.step))
                step = cell.step
            tree = trees[cell.id]
            if tree is None:
                for name in syntax.bound_names(cell.source[:LONGEST_CELL]):
                    self.held.scope.pop(name, None)
                continue
            yield from self._cell(cell, tree)

    def _cell(self, cell: Cell, tree: ast.Module) -> Iterator[Seen]:
        result = self.subject.results.get(cell.id)
        line = ran_before(cell, result)
        for statement in tree.body:
            ran = (statement.end_lineno or 0) < line
            self.held.maybe = result is not None and result.failed and not ran
            self.refused = refused.note(statement, line, result, self.held.scope)
            yield from self._statement(statement, cell, ran, 0, NONE)
        self.held.maybe = False

    def _statement(
        self, node: ast.stmt, cell: Cell, ran: bool, depth: int, guarded: frozenset[str]
    ) -> Iterator[Seen]:
        if isinstance(node, ast.Import | ast.ImportFrom):
            self.held.take(node)
        elif isinstance(node, FUNCTIONS):
            if isinstance(node, ast.FunctionDef):
                self.held.functions[node.name] = (node, cell)
            self.held.scope[node.name] = None
        elif isinstance(node, Block):
            if depth < DEEPEST:
                yield from self._block(node, cell, ran, depth, guarded)
        else:
            reader = self.held.reader(cell)
            reader.read(node)
            yield Seen(reader, node, cell, ran, False, guarded, self.refused)
            self.held.give_away(reader)
            self.held.effect(node, reader)

    def _block(
        self, node: Block, cell: Cell, ran: bool, depth: int, guarded: frozenset[str]
    ) -> Iterator[Seen]:
        before = self.held.maybe
        certain = isinstance(node, ast.With | ast.AsyncWith)
        self.held.maybe = before or not certain
        caught = isinstance(node, ast.Try)
        reader = self.held.reader(cell)
        for head in _heads(node):
            reader.read(head)
            if isinstance(node, ast.If | ast.While):
                guarded |= _texts(head)
        yield Seen(reader, node, cell, ran, False, NONE)
        if isinstance(node, ast.For | ast.AsyncFor):
            self.held.maybe = False  # within the loop, it surely is that
            self.held.bind(node.target, element(reader.known.get(node.iter)), reader)
            self.held.maybe = True
        for inner in _bodies(node):
            for seen in self._statement(inner, cell, ran, depth + 1, guarded):
                yield seen._replace(caught=seen.caught or caught)
        self.held.maybe = before

    def _made_somewhere(self, cell: Cell, tree: ast.Module | None) -> set[str]:
        """Columns that a cell makes where nobody can say when: in functions, or where it failed."""
        result = self.subject.results.get(cell.id)
        if tree is None or (result is not None and result.failed):
            return {found for _, found in MADE.findall(cell.source[:LONGEST_CELL])}
        return {name for one in tree.body if isinstance(one, FUNCTIONS) for name in _made(one)}


def _tree(cell: Cell) -> ast.Module | None:
    return syntax.tree_before_break(cell.source) if len(cell.source) <= LONGEST_CELL else None


def _splits(tree: ast.Module | None) -> list[ast.Assign]:
    return [
        one
        for one in (ast.walk(tree) if tree is not None else ())
        if isinstance(one, ast.Assign)
        and isinstance(one.value, ast.Call)
        and ast.unparse(one.value.func).rpartition(".")[2] == "train_test_split"
    ]


def _made(root: ast.AST) -> Iterator[str]:
    """Texts that are set, or that functions are given as the names of what they make."""
    for node in ast.walk(root):
        if isinstance(node, ast.Subscript) and isinstance(node.ctx, ast.Store):
            for one in ast.walk(node.slice):
                if isinstance(one, ast.Constant) and isinstance(one.value, str):
                    yield one.value[:LONGEST_NAME]


def _texts(root: ast.AST) -> frozenset[str]:
    constants = [one.value for one in ast.walk(root) if isinstance(one, ast.Constant)]
    return frozenset(one for one in constants if isinstance(one, str))


def _heads(node: Block) -> Iterator[ast.expr]:
    if isinstance(node, ast.If | ast.While):
        yield node.test
    elif isinstance(node, ast.For | ast.AsyncFor):
        yield node.iter
    elif isinstance(node, ast.With | ast.AsyncWith):
        yield from (one.context_expr for one in node.items)
    elif isinstance(node, ast.Match):
        yield node.subject


def _bodies(node: Block) -> Iterator[ast.stmt]:
    if isinstance(node, ast.Match):
        for case in node.cases:
            yield from case.body
        return
    yield from node.body
    if isinstance(node, ast.Try):
        for handler in node.handlers:
            yield from handler.body
    if not isinstance(node, ast.With | ast.AsyncWith):
        yield from node.orelse
    if isinstance(node, ast.Try):
        yield from node.finalbody
