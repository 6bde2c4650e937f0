"""Names that a notebook's code says, with their places: what calls are found by."""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple

from harness.findings import places
from harness.findings.deprecations import notes
from harness.findings.places import Span
from harness.findings.subject import Subject
from harness.notebooks import syntax
from harness.records import Cell

LONGEST_CELL = 100_000  # characters
MOST_NODES = 20_000  # of a cell
DEEPEST = 10  # attributes of attributes


class Said(NamedTuple):
    """A name at a place: an attribute, an argument, a name, or what is imported."""

    name: str
    line: int
    node: ast.expr | ast.keyword | ast.alias
    dotted: str = ""  # of an import, ``sklearn.metrics.f1_score``; empty where it is of none
    call: str = ""  # of an argument, what is called, dotted where it is of an import


@dataclass(frozen=True)
class Code:
    """A code cell, and what names stand for imports in it."""

    cell: Cell
    imports: Mapping[str, str]

    @cached_property
    def tree(self) -> ast.Module | None:
        """None where it is no Python, or too much of it."""
        return _tree(self.cell)

    @cached_property
    def lines(self) -> list[str]:
        """Its lines."""
        return self.cell.source.split("\n")

    @cached_property
    def said(self) -> tuple[Said, ...]:
        """All names in it, in the order of their lines."""
        if self.tree is None:
            return ()
        found: list[Said] = []
        for number, node in enumerate(ast.walk(self.tree)):
            if number > MOST_NODES:
                break
            found += self._of(node)
        return tuple(sorted(found, key=lambda one: (one.line, one.node.col_offset)))

    @cached_property
    def caught(self) -> list[range]:
        """The lines of what stands in a ``try``, or under an ``if``: it may be for old versions."""
        walked = ast.walk(self.tree) if self.tree is not None else ()
        return [
            range(node.lineno, (node.end_lineno or 0) + 1)
            for node in walked
            if isinstance(node, ast.Try | ast.If)
        ]

    def find(self, names: Iterable[str], line: int | None = None) -> Said | None:
        """The first place of the first of some names that is said, on a line or anywhere."""
        near = [one for one in self.said if line is None or self._spans(one, line)]
        for name in names:
            for one in near:
                if one.name == name:
                    return one
        return None

    def span(self, said: Said) -> Span:
        """Where a name stands: an import's with all that leads to it, a method's alone."""
        whole = places.of_node(self.cell.source, said.node)
        if isinstance(said.node, ast.Attribute) and not said.dotted:
            return whole._replace(
                line=whole.end_line, column=max(0, whole.end_column - len(said.name))
            )
        return whole

    def line_span(self, line: int) -> Span:
        """A whole line, without its indentation."""
        text = self.lines[line - 1]
        return Span(line, len(text) - len(text.lstrip()), line, len(text.rstrip()))

    def _spans(self, said: Said, line: int) -> bool:
        return said.line <= line <= (said.node.end_lineno or said.line)

    def _of(self, node: ast.AST) -> Iterator[Said]:
        if isinstance(node, ast.Attribute):
            yield Said(node.attr, node.end_lineno or node.lineno, node, self.dotted(node))
        elif isinstance(node, ast.Name) and isinstance(node.ctx, ast.Load):
            yield Said(node.id, node.lineno, node, self.dotted(node))
        elif isinstance(node, ast.Import | ast.ImportFrom):
            yield from _imported(node)
        elif isinstance(node, ast.Call):
            called = self.dotted(node.func)
            if not called and isinstance(node.func, ast.Attribute):
                called = f".{node.func.attr}"
            for argument in node.keywords:
                if argument.arg is not None:
                    yield Said(argument.arg, argument.lineno, argument, call=called)
            for number, value in enumerate(node.args, 1):
                if isinstance(value, ast.Constant) and isinstance(value.value, int):
                    yield Said(notes.POSITIONAL.format(number), value.lineno, value, call=called)

    def dotted(self, node: ast.expr) -> str:
        """The full name of what is imported; nothing of what is not."""
        parts: list[str] = []
        while isinstance(node, ast.Attribute) and len(parts) < DEEPEST:
            parts.append(node.attr)
            node = node.value
        if not isinstance(node, ast.Name) or node.id not in self.imports:
            return ""
        return ".".join([self.imports[node.id], *reversed(parts)])


def of(subject: Subject) -> dict[str, Code]:
    """The code cells of a notebook, by their ids; an import holds for all of them."""
    imports: dict[str, str] = {}
    for cell in subject.notebook.code:
        tree = _tree(cell)
        for node in ast.walk(tree) if tree is not None else ():
            if isinstance(node, ast.Import):
                for one in node.names:
                    bound = one.asname or one.name.partition(".")[0]
                    imports[bound] = one.name if one.asname else bound
            elif isinstance(node, ast.ImportFrom) and not node.level:
                for one in node.names:
                    imports[one.asname or one.name] = f"{node.module}.{one.name}"
    return {cell.id: Code(cell, imports) for cell in subject.notebook.code}


def _imported(node: ast.Import | ast.ImportFrom) -> Iterator[Said]:
    if isinstance(node, ast.ImportFrom) and (node.level or node.module is None):
        return
    module = f"{node.module}." if isinstance(node, ast.ImportFrom) else ""
    if module:  # which may itself be gone, with all that is taken from it
        last = module[:-1].rpartition(".")[2]
        yield Said(last, node.lineno, node.names[0], module[:-1])
    for one in node.names:
        yield Said(one.name.rpartition(".")[2], one.lineno, one, f"{module}{one.name}")


def _tree(cell: Cell) -> ast.Module | None:
    return syntax.tree_before_break(cell.source) if len(cell.source) <= LONGEST_CELL else None
